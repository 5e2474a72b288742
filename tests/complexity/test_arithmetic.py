"""The coders: what goes in comes out, and the length is that of the chances."""

import numpy as np
import pytest

from lab.complexity import arithmetic
from lab.complexity.arithmetic import SCALE, ByteReader, ByteWriter, close_writer, code_bit, drain, open_reader


def write_bits(ones: np.ndarray, bits: np.ndarray) -> bytes:
    interval, written = arithmetic.open_writer(1), bytearray()
    for chance, bit in zip(ones, bits, strict=True):
        code_bit(interval, int(chance), int(bit))
        written += drain(interval)
    return bytes(written) + close_writer(interval)


@pytest.mark.parametrize("power", [1, 8, 40], ids=["even", "skewed", "nearly certain"])
def test_bits_come_back_and_cost_what_they_should(power: int) -> None:
    rng = np.random.default_rng(power)
    chances = rng.random(4000) ** power
    ones = np.clip((chances * SCALE).astype(np.int64), 1, SCALE - 1)
    bits = (rng.random(4000) < ones / SCALE).astype(np.int64)
    bits[::400] ^= 1  # the unlikely happens, too
    payload = write_bits(ones, bits)
    reader = open_reader(payload)
    assert [code_bit(reader, int(chance), 0) for chance in ones] == bits.tolist()
    ideal = -np.log2(np.where(bits == 1, ones, SCALE - ones) / SCALE).sum()
    assert ideal <= 8 * len(payload) <= ideal * (1 + 1e-5) + 16


def test_the_least_likely_bits_fill_no_more_than_the_tape() -> None:
    payload = write_bits(np.ones(8, np.int64), np.ones(8, np.int64))
    assert len(payload) == 22
    reader = open_reader(payload)
    assert [code_bit(reader, 1, 0) for _ in range(8)] == [1] * 8


def test_a_payload_that_may_be_written_to_is_read_where_it_stands() -> None:
    payload = write_bits(np.full(800, SCALE // 3), np.tile([0, 1], 400))
    container = bytearray(b"head" + payload)
    reader = open_reader(memoryview(container)[4:])
    assert np.shares_memory(reader.tape, np.frombuffer(container, np.uint8))
    assert [code_bit(reader, SCALE // 3, 0) for _ in range(800)] == [0, 1] * 400
    assert container == b"head" + payload


def test_bytes_come_back_and_cost_what_they_should() -> None:
    rng = np.random.default_rng(0)
    data = rng.integers(0, 256, 3000).astype(np.uint8)
    counts = rng.integers(1, 1 << 16, (3000, 256))
    writer, places = ByteWriter(data), np.arange(3000)
    for some in np.split(places, 30):
        writer.code(some, counts[some])
    payload, found = writer.finish(), np.zeros(3000, np.uint8)
    reader = ByteReader(found, payload)
    for some in np.split(places, 30):
        np.testing.assert_array_equal(reader.code(some, counts[some]), data[some])
    np.testing.assert_array_equal(found, data)
    ideal = -np.log2(counts[places, data] / counts.sum(axis=1)).sum()
    assert abs(8 * len(payload) - ideal) < 1e-4 * ideal + 64
