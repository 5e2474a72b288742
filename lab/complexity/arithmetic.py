"""Two arithmetic coders that both ends run by the same call: a binary one here, and `constriction`'s for bytes.

What a coder is handed are integers: a float that differs in its last place between the ends would end in rubbish.

Bytes: range coding (Martin 1979) by constriction (Bamler 2022, arXiv 2201.01741). It loses 1.8·10⁻⁴ bits a symbol, for
its range may be as small as 2^8 units of a chance. A byte does not feel that, eight binary decisions do (0.2 % of a
well-predicted file), so bits have a coder of their own: two ends of an interval, equal leading bytes shifted out
(Witten, Neal & Cleary 1987; carry-less as in Mahoney 2005), wide enough to lose less than 10⁻⁵ bits.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import constriction
import numpy as np
from numba import njit
from numpy.typing import NDArray

Places = NDArray[np.int64]
Bytes = NDArray[np.uint8]
Counts = NDArray[np.int64]
Payload = bytes | bytearray | memoryview

CHANCE_BITS = 22
SCALE = 1 << CHANCE_BITS  # what a certain bit would have
WIDTH = 40  # bits of an end of the interval; with the 22 of a chance their product stays below 2^63
_FULL = (1 << WIDTH) - 1
_TOP = WIDTH - 8


class Coder(Protocol):
    """One end, the writing or the reading one."""

    def code(self, places: Places, counts_SV: Counts) -> Bytes:
        """The bytes (S,) at `places` of the file; what a net predicts for them are integers, each at least 1."""


class ByteWriter:
    """The writing end of constriction's range coder."""

    def __init__(self, data: Bytes) -> None:
        self._data, self._encoder = data, constriction.stream.queue.RangeEncoder()

    def code(self, places: Places, counts_SV: Counts) -> Bytes:
        """What stands there, written; counts up to 2^24."""
        found: Bytes = self._data[places]
        self._encoder.encode(found.astype(np.int32), _CATEGORICAL, counts_SV.astype(np.float32))
        return found

    def finish(self) -> bytes:
        """What was written: words of 32 bits, little-endian."""
        return bytes(self._encoder.get_compressed().astype("<u4").tobytes())


class ByteReader:
    """The reading end; `data` is filled as it reads.

    `least_bits`: what a byte costs at the least, for the 255 others have a chance of 2^−24 each.
    """

    least_bits = 255 * 2.0**-24

    def __init__(self, data: Bytes, payload: Payload) -> None:
        words = np.frombuffer(payload[: len(payload) // 4 * 4], "<u4").astype(np.uint32)
        self._data, self._decoder = data, constriction.stream.queue.RangeDecoder(words)

    def code(self, places: Places, counts_SV: Counts) -> Bytes:
        """What was written."""
        self._data[places] = self._decoder.decode(_CATEGORICAL, counts_SV.astype(np.float32))
        found: Bytes = self._data[places]
        return found


_CATEGORICAL = constriction.stream.model.Categorical(perfect=False)


class Interval(NamedTuple):
    """The state of the binary coder: `ends` (low, high, code value), `place` (next byte of `tape`), and `writes`.

    `writes` says which end this is: the interval is narrowed alike at both, only the bit comes from elsewhere.
    """

    ends: NDArray[np.int64]
    place: NDArray[np.int64]
    tape: Bytes
    writes: bool


def open_writer(symbols: int) -> Interval:
    """The writing end; its tape holds what `symbols` bytes can take at most, then it is to be drained."""
    tape = np.zeros(symbols * CHANCE_BITS + 16, np.uint8)  # a bit takes at most 22 bits, for its chance is 2^−22
    return Interval(np.array([0, _FULL, 0], np.int64), np.zeros(1, np.int64), tape, True)


def drain(interval: Interval) -> bytes:
    """What was written since the last time."""
    written = interval.tape[: int(interval.place[0])].tobytes()
    interval.place[0] = 0
    return written


def open_reader(payload: Payload) -> Interval:
    """The reading end; past the payload it reads zeros. A payload that may be written to is read where it stands."""
    tape = np.frombuffer(payload, np.uint8)
    if not tape.flags.writeable:
        tape = tape.copy()  # both ends are compiled for the same kind of tape
    value = int.from_bytes(tape[: WIDTH // 8].tobytes().ljust(WIDTH // 8, b"\0"), "big")
    return Interval(np.array([0, _FULL, value], np.int64), np.full(1, WIDTH // 8, np.int64), tape, False)


def close_writer(interval: Interval) -> bytes:
    """What was written, and the fewest bytes that stay in the last interval whatever follows: no prefix of another."""
    low, high, _ = (int(end) for end in interval.ends)
    sizes = ((kept, WIDTH - 8 * kept) for kept in range(WIDTH // 8 + 1))
    kept, left = next((n, left) for n, left in sizes if _round_up(low, left) + (1 << left) - 1 <= high)
    last = _round_up(low, left).to_bytes(WIDTH // 8, "big")[:kept]
    return drain(interval) + last


def _round_up(number: int, bits: int) -> int:
    return -(-number >> bits) << bits


@njit(cache=True)
def code_bit(interval: Interval, ones: int, bit: int) -> int:
    """Codes a bit whose chance of being one is ones / SCALE, 0 < ones < SCALE; the reading end ignores `bit`."""
    ends = interval.ends
    middle = ends[0] + ((ends[1] - ends[0]) * ones >> CHANCE_BITS)
    if not interval.writes:
        bit = 1 if ends[2] <= middle else 0
    if bit:
        ends[1] = middle
    else:
        ends[0] = middle + 1
    while ends[0] >> _TOP == ends[1] >> _TOP:
        _shift(interval)
    return bit


@njit(cache=True)
def _shift(interval: Interval) -> None:
    ends, place, tape = interval.ends, interval.place, interval.tape
    if interval.writes:
        tape[place[0]] = ends[0] >> _TOP
    elif place[0] < tape.size:
        ends[2] = (ends[2] << 8 & _FULL) | tape[place[0]]
    else:
        ends[2] = ends[2] << 8 & _FULL
    place[0] += 1
    ends[0] = ends[0] << 8 & _FULL
    ends[1] = (ends[1] << 8 & _FULL) | 255
