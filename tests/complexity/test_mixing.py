"""Context mixing: lossless, near the entropy where it is known, better than its parts."""

import zlib

import numpy as np
import pytest

from lab.complexity.arithmetic import Bytes, close_writer, open_reader, open_writer
from lab.complexity.code import Message
from lab.complexity.codes.context_mixing import ContextMixing
from lab.complexity.contexts import AFTER, LONG_FILE, MOST_SLOTS, SQUASH, STRETCH, Memory, make_memory
from lab.complexity.mixing import SAYS_NOTHING, MixedReader, MixedWriter, code_places
from lab.data.bytes_text import list_files

RNG = np.random.default_rng(0)
TEXT = list_files("")[0].read_bytes()[:6000]
OBJECTS = {
    "nothing": b"",
    "a byte": b"\x80",
    "zeros": bytes(3000),
    "noise": RNG.integers(0, 256, 2000).astype(np.uint8).tobytes(),
    "text": TEXT,
    "twice": RNG.integers(0, 256, 700).astype(np.uint8).tobytes() * 2,
}


@pytest.mark.parametrize("name", OBJECTS)
def test_it_decodes(name: str) -> None:
    description = ContextMixing().encode(OBJECTS[name])
    assert ContextMixing().decode(description, len(OBJECTS[name])) == OBJECTS[name]


def test_it_is_near_the_entropy_and_never_below() -> None:
    chances = np.array([0.7, 0.2, 0.1])
    symbols = np.random.default_rng(1).choice(3, 8000, p=chances).astype(np.uint8)
    entropy = -(np.bincount(symbols) * np.log2(np.bincount(symbols) / 8000)).sum()
    bits = ContextMixing().count_bits(Message(symbols, 3))
    assert entropy - 16 < bits < 1.06 * entropy + 400


def test_it_learns_what_repeats_and_beats_deflate_on_text() -> None:
    twice = len(ContextMixing().encode(OBJECTS["twice"]))
    assert 700 < twice < 780
    assert len(ContextMixing().encode(OBJECTS["zeros"])) < 40
    assert len(ContextMixing().encode(TEXT)) < 0.9 * len(zlib.compress(TEXT, 9))


def test_what_comes_from_outside_is_believed_where_it_is_right() -> None:
    data = np.frombuffer(OBJECTS["noise"], np.uint8)
    blind, told = MixedWriter(data, 2), MixedWriter(data, 2)
    for place in range(1000):
        places = np.array([place, place + 1000])
        counts = np.ones((2, 256), np.int64)
        counts[[0, 1], data[places]] = 10_000
        told.code(places, counts)
        blind.code(places, np.repeat(SAYS_NOTHING, 2, axis=0))
    assert told.area < 0.2 * blind.area
    assert 8 * len(told.finish()) == pytest.approx(told.area, abs=16)


def test_streams_of_unlike_length_are_read_as_they_were_written() -> None:
    data, counts = np.frombuffer(TEXT[:1001], np.uint8), np.repeat(SAYS_NOTHING, 4, axis=0)
    positions = [(np.arange(4) * 251 + t)[np.arange(4) * 251 + t < 1001] for t in range(251)]
    writer = MixedWriter(data, 4)
    for places in positions:
        writer.code(places, counts[: len(places)])
    found = np.zeros(1001, np.uint8)
    reader = MixedReader(found, 4, writer.finish())
    for places in positions:
        reader.code(places, counts[: len(places)])
    np.testing.assert_array_equal(found, data)


def test_memory_is_taken_as_it_is_needed_and_suffices() -> None:
    """Every pair of slots that a context can reach has a place, and bytes that repeat take few."""
    taken = {}
    for name in ("zeros", "noise"):
        data = np.tile(np.frombuffer(OBJECTS[name], np.uint8), 3)
        memory = make_memory(1, data)
        code_places(memory, open_writer(len(data)), np.zeros(len(data), np.int64), np.arange(len(data)), SAYS_NOTHING)
        taken[name] = int(memory.taken[0])
        assert (memory.pairs > 0).sum() + 1 == taken[name] <= len(memory.checks) // 2
        assert np.unique(memory.pairs).size == taken[name]
        assert memory.coded.sum() and np.unpackbits(memory.coded, bitorder="little")[: len(data)].all()
    assert taken["zeros"] < 40 < taken["noise"]


def test_what_finds_no_place_is_shared_and_read_again() -> None:
    data = np.tile(np.frombuffer(OBJECTS["noise"], np.uint8), 2)

    def make_small(content: Bytes) -> Memory:
        memory = make_memory(1, content)
        few = 1 + memory.pairs.shape[1]
        return memory._replace(
            checks=memory.checks[: 2 * few], chances=memory.chances[: 2 * few], histories=memory.histories[: 2 * few]
        )

    streams, places, writer = np.zeros(len(data), np.int64), np.arange(len(data)), open_writer(len(data))
    memory = make_small(data.copy())
    code_places(memory, writer, streams, places, SAYS_NOTHING)
    assert 2 * memory.taken[0] == len(memory.checks) and (memory.pairs > 0).sum() >= memory.taken[0]
    found = np.zeros_like(data)
    code_places(make_small(found), open_reader(close_writer(writer)), streams, places, SAYS_NOTHING)
    np.testing.assert_array_equal(found, data)


def test_a_long_file_has_half_the_slots() -> None:
    slots = [2 * make_memory(1, np.zeros(n, np.uint8)).pairs.shape[1] for n in (1 << 20, LONG_FILE, LONG_FILE + 1)]
    assert slots == [MOST_SLOTS, MOST_SLOTS, MOST_SLOTS // 2]


def test_the_tables_are_a_logistic_and_its_inverse() -> None:
    chances = (np.arange(4096) + 0.5) / 4096
    np.testing.assert_allclose(STRETCH, np.log(chances / (1 - chances)), atol=1e-9)
    np.testing.assert_allclose(SQUASH[[0, -1]], [1 / (1 + np.exp(12)), 1 / (1 + np.exp(-12))], atol=1e-9)
    assert (np.diff(STRETCH) > 0).all() and (np.diff(SQUASH) > 0).all()


def test_a_history_counts_what_it_saw_and_forgets_what_stopped() -> None:
    state = 0
    for bit in (0, 0, 0, 0, 1):
        state = AFTER[bit, state]
    assert divmod(state, 16) == (3, 1)  # four zeros, cut to half and one by the first one
    assert divmod(AFTER[1, 0x2F], 16) == (2, 15)  # a count ends at fifteen, and two or fewer are not cut
