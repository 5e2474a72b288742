"""The contract of a code: it decodes or sums to one, and no message of a known source is described too shortly."""

from __future__ import annotations

import ast
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.complexity.code import ByteCode, Code, ConditionalByteCode, ConditionalCode, Message
from lab.core.registry import open_shelf
from tests.contracts.test_entries import YEAR

SHELF = open_shelf("codes")
CODES: dict[str, Code] = {name: SHELF.load(name)() for name in SHELF.names()}
DECODING = {name: code for name, code in CODES.items() if code.proof == "decodes"}
KRAFT = {name: code for name, code in CODES.items() if code.proof == "kraft"}
EVERY = pytest.mark.parametrize("name", CODES)
SLACK_BITS = 64.0
"""A code is shorter than −log2 p(message) by c bits with probability at most 2^−c (Barron 1985)."""

REPETITIVE = st.builds(
    lambda block, times, tail: block * times + tail, st.binary(max_size=40), st.integers(0, 200), st.binary(max_size=20)
)


@pytest.mark.parametrize("name", DECODING)
@settings(max_examples=60, deadline=None)
@given(data=st.one_of(st.binary(max_size=3000), REPETITIVE))
def test_what_it_describes_is_decoded(name: str, data: bytes) -> None:
    code = DECODING[name]
    assert isinstance(code, ByteCode)
    assert code.decode(code.encode(data), len(data)) == data


@pytest.mark.parametrize("name", [n for n, code in CODES.items() if isinstance(code, ConditionalByteCode)])
@settings(max_examples=60, deadline=None)
@given(data=st.one_of(st.binary(max_size=3000), REPETITIVE), known=st.one_of(st.binary(max_size=3000), REPETITIVE))
def test_what_it_describes_beside_other_bytes_is_decoded(name: str, data: bytes, known: bytes) -> None:
    code = CODES[name]
    assert isinstance(code, ConditionalByteCode)
    assert code.decode_given(code.encode_given(data, known), len(data), known) == data


@pytest.mark.parametrize("name", DECODING)
def test_the_header_it_drops_is_in_every_description(name: str) -> None:
    code = DECODING[name]
    assert isinstance(code, ByteCode)
    rng = np.random.default_rng(0)
    messages = [b"a", b"\0", b"\xff" * 5, bytes(70_000), b"abc" * 1000, rng.bytes(1), rng.bytes(100), rng.bytes(70_000)]
    described = [code.encode(message) for message in messages]
    assert code.header_bytes == count_common(described) + count_common([d[::-1] for d in described])
    assert all(code.decode(d, len(m)) == m for d, m in zip(described, messages, strict=True))


@pytest.mark.parametrize("name", KRAFT)
@pytest.mark.parametrize(("alphabet", "length"), [(2, 1), (2, 9), (3, 5), (5, 3), (256, 1)])
def test_kraft_holds_over_all_messages_of_a_length(name: str, alphabet: int, length: int) -> None:
    code = KRAFT[name]
    messages = itertools.product(range(alphabet), repeat=length)
    lengths = [code.count_bits(Message(np.array(message, dtype=np.uint8), alphabet)) for message in messages]
    assert np.exp2(-np.array(lengths)).sum() <= 1 + 1e-9


@pytest.mark.parametrize("name", [n for n, code in KRAFT.items() if isinstance(code, ConditionalCode)])
@pytest.mark.parametrize(("alphabet", "length"), [(2, 7), (3, 4), (256, 1)])
@pytest.mark.parametrize("known", [[], [1, 0, 1, 1, 0, 1, 0], [0] * 30])
def test_kraft_holds_beside_whatever_is_known(name: str, alphabet: int, length: int, known: list[int]) -> None:
    code, before = KRAFT[name], Message(np.array(known, np.uint8), alphabet)
    assert isinstance(code, ConditionalCode)
    drawn = [Message(np.array(m, np.uint8), alphabet) for m in itertools.product(range(alphabet), repeat=length)]
    lengths = [code.count_bits_given(message, before) for message in drawn]
    assert np.exp2(-np.array(lengths)).sum() <= 1 + 1e-9
    if not known:
        assert lengths == pytest.approx([code.count_bits(message) for message in drawn])


@pytest.mark.parametrize("name", [n for n, code in CODES.items() if isinstance(code, ConditionalCode)])
def test_what_is_known_helps_where_it_can_and_nothing_is_had_for_free(name: str) -> None:
    """A chain beside another of its law costs no less than it carries; beside itself, less than alone."""
    code = CODES[name]
    assert isinstance(code, ConditionalCode)
    for message, ideal_bits in _draw_known():
        half = len(message) // 2
        first, rest = (Message(part, 2) for part in (message.sequence[:half], message.sequence[half:]))
        assert code.count_bits_given(rest, first) >= ideal_bits / 2 - 6 * np.sqrt(ideal_bits) - SLACK_BITS
        assert code.count_bits_given(first, first) <= code.count_bits(first) + SLACK_BITS


@EVERY
def test_no_known_source_is_beaten(name: str) -> None:
    code = CODES[name]
    if code.proof == "estimate":
        pytest.skip("an estimate claims no bound")
    for message, ideal_bits in _draw_known():
        assert code.count_bits(message) >= ideal_bits - SLACK_BITS


@EVERY
def test_lengths_are_sane(name: str) -> None:
    code = CODES[name]
    assert code.count_bits(Message(np.zeros(0, dtype=np.uint8), 2)) >= 0
    rng = np.random.default_rng(3)
    fair = Message(rng.integers(0, 2, 4096).astype(np.uint8), 2)
    constant = Message(np.zeros(4096, dtype=np.uint8), 2)
    assert 0 <= code.count_bits(constant) < code.count_bits(fair) / 4
    if code.proof != "estimate":  # which may see a plane as one
        assert code.count_bits(fair) == code.count_bits(Message(fair.symbols.reshape(64, 64), 2))


@EVERY
def test_it_cites_where_it_comes_from(name: str) -> None:
    text = ast.get_docstring(ast.parse(SHELF.find(name).path.read_text(encoding="utf-8"))) or ""
    assert YEAR.search(text)


def count_common(strings: list[bytes]) -> int:
    """How many first bytes all of them share."""
    return sum(1 for _ in itertools.takewhile(lambda column: len(set(column)) == 1, zip(*strings, strict=False)))


def _draw_known() -> list[tuple[Message, float]]:
    """Messages with −log2 of their probability under the source they were drawn from."""
    drawn = []
    rng = np.random.default_rng(1)
    for share in (0.1, 0.5):
        bits = (rng.random(20_000) < share).astype(np.uint8)
        ones = int(bits.sum())
        drawn.append((Message(bits, 2), -ones * np.log2(share) - (len(bits) - ones) * np.log2(1 - share)))
    stay = 0.9
    same = rng.random(20_000) < stay
    chain = (np.cumsum(~same) % 2).astype(np.uint8)
    drawn.append((Message(chain, 2), -same.sum() * np.log2(stay) - (~same).sum() * np.log2(1 - stay)))
    return drawn
