"""LZ76 and LZ78 against independent parsers, and their lengths against Kraft's inequality."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.complexity.code import Message
from lab.complexity.phrases import (
    bound_phrases,
    count_elias_bits,
    count_lz76,
    count_lz78,
    normalise_count,
    parse_lz76,
)
from lab.core.errors import RefusedError
from lab.core.registry import open_shelf

WORDS = st.integers(2, 12).flatmap(
    lambda k: st.tuples(st.just(k), st.lists(st.integers(0, k - 1), max_size=80).map(bytes))
)


def make_message(symbols: bytes | str | list[int], alphabet: int = 2) -> Message:
    values = [int(s) for s in symbols]
    return Message(np.array(values, np.uint8), alphabet)


def parse_naively(data: bytes) -> list[bytes]:
    """The definition: the shortest word that does not occur in all that stands before its last symbol."""
    phrases, start = [], 0
    while start < len(data):
        end = start + 1
        while end < len(data) and data[start:end] in data[: end - 1]:
            end += 1
        phrases.append(data[start:end])
        start = end
    return phrases


def parse_incrementally(data: bytes) -> list[bytes]:
    seen, phrases, start = set(), [], 0
    for end in range(1, len(data) + 1):
        if data[start:end] not in seen or end == len(data):
            seen.add(data[start:end])
            phrases.append(data[start:end])
            start = end
    return phrases


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("0001101001000101", 6),
        ("1001111011000010", 6),
        ("01111000011001", 5),
        ("1010", 3),
        ("0" * 50, 2),
        ("1" * 7, 2),
        ("0", 1),
        ("", 0),
    ],
)
def test_lz76_counts_the_published_phrases(text: str, count: int) -> None:
    assert count_lz76(make_message(text)) == count


@settings(max_examples=400, deadline=None)
@given(WORDS)
def test_lz76_is_its_definition_and_names_a_source(word: tuple[int, bytes]) -> None:
    alphabet, data = word
    phrases = parse_lz76(make_message(data, alphabet))
    expected = parse_naively(data)
    assert phrases[:, 0].tolist() == [0, *itertools.accumulate(map(len, expected[:-1]))][: len(expected)]
    for (start, matched, source), phrase in zip(phrases.tolist(), expected, strict=True):
        assert data[source : source + matched] == data[start : start + matched]
        assert matched in (len(phrase) - 1, len(phrase)) and (not matched or source < start)


@settings(max_examples=400, deadline=None)
@given(WORDS)
def test_lz78_is_its_definition(word: tuple[int, bytes]) -> None:
    alphabet, data = word
    expected = parse_incrementally(data)
    cut = bool(expected) and expected[-1] in expected[:-1]
    assert count_lz78(make_message(data, alphabet)) == (len(expected), cut)


@pytest.mark.parametrize("alphabet", [2, 3, 256])
def test_long_sequences_agree_with_the_definition(alphabet: int) -> None:
    chance = np.random.default_rng(alphabet)
    noise = chance.integers(0, alphabet, 1500, dtype=np.uint8)
    symbols = np.concatenate([noise, noise[200:900], np.zeros(300, np.uint8), noise])
    message = Message(symbols, alphabet)
    assert count_lz76(message) == len(parse_naively(symbols.tobytes()))
    assert count_lz78(message)[0] == len(parse_incrementally(symbols.tobytes()))


def test_rows_and_blocks_are_one_parse() -> None:
    symbols = np.random.default_rng(1).integers(0, 5, 3000, dtype=np.uint8)
    assert (parse_lz76(Message(symbols, 5)) == parse_lz76(Message(symbols, 256))).all()


@given(st.integers(0, 5000), st.integers(2, 256))
def test_no_sequence_has_more_distinct_phrases_than_the_bound(length: int, alphabet: int) -> None:
    symbols = np.random.default_rng(length).integers(0, alphabet, length, dtype=np.uint8)
    message = Message(symbols, alphabet)
    assert max(count_lz76(message), count_lz78(message)[0]) <= bound_phrases(length, alphabet)


def test_the_bound_on_phrases_is_reached() -> None:
    words = ["".join(word) for size in (1, 2, 3, 4) for word in itertools.product("01", repeat=size)]
    assert count_lz78(make_message("".join(words))) == (30, False)
    assert bound_phrases(len("".join(words)), 2) == 31  # one for a cut end


@pytest.mark.parametrize("name", ["lz76", "lz78"])
@pytest.mark.parametrize(("alphabet", "length"), [(2, 1), (2, 6), (2, 12), (3, 7), (9, 3)])
def test_lengths_keep_krafts_inequality(name: str, alphabet: int, length: int) -> None:
    code = open_shelf("codes").load(name)()
    words = itertools.product(range(alphabet), repeat=length)
    total = sum(2.0 ** -code.count_bits(make_message(list(word), alphabet)) for word in words)
    assert 0 < total <= 1 + 1e-12


@pytest.mark.parametrize("name", ["lz76", "lz78"])
def test_lengths_tend_to_the_entropy_from_above_and_see_repetition(name: str) -> None:
    code = open_shelf("codes").load(name)()
    chance = np.random.default_rng(3)
    rates = [code.count_bits(Message(chance.integers(0, 2, n, dtype=np.uint8))) for n in (2000, 200_000)]
    assert 1 < rates[1] / 200_000 < rates[0] / 2000 < 2.5
    noise = chance.integers(0, 2, 50_000, dtype=np.uint8)
    once, twice = (code.count_bits(Message(np.tile(noise, times), 2)) for times in (1, 2))
    assert (twice - once < 60) if name == "lz76" else (twice > 1.5 * once)


def test_integers_cost_what_their_decisions_do() -> None:
    def krichevsky(counts: dict[tuple[object, ...], list[int]], place: tuple[object, ...], bit: int) -> float:
        seen = counts.setdefault(place, [0, 0])
        seen[bit] += 1
        return -math.log2((seen[bit] - 0.5) / sum(seen))

    values = np.random.default_rng(4).geometric(0.1, 300)
    counts: dict[tuple[object, ...], list[int]] = {}
    bits = 0.0
    for value in values.tolist():
        binary = f"{value:b}"
        for i in range(len(binary)):
            bits += krichevsky(counts, ("unary", i), int(i < len(binary) - 1))
        for i in range(1, len(binary)):
            bits += krichevsky(counts, (len(binary), binary[:i]), int(binary[i]))
    assert count_elias_bits(values) == pytest.approx(bits, rel=1e-12)


def test_normalised_counts_have_their_known_bias() -> None:
    message = Message(np.random.default_rng(0).integers(0, 2, 10**6, dtype=np.uint8))
    count = count_lz78(message)[0]
    assert normalise_count(count_lz76(message), 10**6) == pytest.approx(1.012, abs=0.002)
    assert normalise_count(count, 10**6) == pytest.approx(1.387, abs=0.004)
    assert math.isnan(normalise_count(1, 1))


def test_what_memory_cannot_hold_is_refused_before_it_is_taken() -> None:
    with pytest.raises(RefusedError, match="GiB"):
        parse_lz76(Message(np.broadcast_to(np.uint8(0), 10**8)))
