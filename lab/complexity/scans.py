"""Ways to lay an array out for a code: the order of its cells, the prediction taken off first, and cells per byte.

All can be undone by a decoder that knows the shape and the alphabet. The filters are those of PNG (W3C
Recommendation, second edition 2003, section 9.2), modulo the alphabet instead of 256: one for the whole array, or one
for each row, chosen by the least sum of differences (section 12.8) and told. Sides of one cell are left out first.

Shapes: … are the axes before the last two, R rows, X cells of a row.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lab.complexity.code import Message, Symbols
from lab.complexity.krichevsky import count_adaptive_bits
from lab.core.errors import InputError

Packing = Literal["symbols", "packed"]
Scan = Literal["row", "column", "hilbert", "sub", "up", "average", "paeth", "by_row", "before", "lorenzo"]
PLANE: tuple[Scan, ...] = ("row", "column", "hilbert", "sub", "up", "average", "paeth", "by_row")
VOLUME: tuple[Scan, ...] = ("row", "column", "hilbert", "sub", "up", "before", "lorenzo", "by_row")
PIECE = 2**21  # symbols packed or placed at once; a multiple of 8, so that pieces end at a byte
MOST_SCANNED = 2**24  # cells of the largest array that is laid out otherwise than in rows, for its memory
PLACE_BITS = 63  # of a place on Hilbert's curve
ROW_FILTERS = 5  # a row as it is, and four filters


@dataclass(frozen=True, eq=False)
class Scanned:
    """An array as a code will see it. `choices` (…, R): the filter of each row, in the order none, sub, up, average,
    paeth, where each row has its own.
    """

    message: Message
    choices: NDArray[np.intp] | None = None

    @property
    def told_bits(self) -> float:
        """What the decoder is told beside the name of the scan: the choices, by the code of Krichevsky and Trofimov."""
        if self.choices is None:
            return 0.0
        counts = np.bincount(self.choices.ravel(), minlength=ROW_FILTERS)
        return count_adaptive_bits(counts, np.array([self.choices.size]), ROW_FILTERS)


def list_packings(message: Message) -> tuple[Packing, ...]:
    """One byte a symbol, and packed where a symbol has fewer than 8 bits."""
    return ("symbols", "packed") if message.alphabet <= 128 else ("symbols",)


def list_scans(message: Message) -> tuple[Scan, ...]:
    """Rows for any array; the others for one with two sides or more of at least two cells, up to `MOST_SCANNED`."""
    sides = message.symbols.squeeze().shape
    if len(sides) < 2 or not 0 < len(message) <= MOST_SCANNED:
        return ("row",)
    scans = PLANE if len(sides) == 2 else VOLUME
    fits = len(sides) * _count_levels(sides) <= PLACE_BITS
    return tuple(scan for scan in scans if scan != "hilbert" or fits)


def scan_message(message: Message, scan: Scan) -> Scanned:
    """The message as a code will see it; 'row' leaves it as it is, so that a code of planes sees a plane.

    'column' lets the first index run fastest; 'before' takes off the cell before it along the first axis, 'lorenzo' the
    sum of all neighbours before it with alternating signs, which is a difference along every axis (Ibarria, Lindstrom,
    Rossignac and Szymczak 2003, Computer Graphics Forum 22). Raises `InputError` for an array of less than two sides.
    """
    if scan == "row":
        return Scanned(message)
    array = message.symbols.squeeze()
    if array.ndim < 2:
        raise InputError("scan", scan, f"is for planes and more, not for {array.ndim} dimensions")
    if scan == "by_row":
        return _filter_rows(array, message.alphabet)
    if scan == "column":
        laid_out = array.T.ravel()
    elif scan == "hilbert":
        laid_out = array.ravel()[order_hilbert(*array.shape)]
    elif scan == "lorenzo":
        laid_out = array
        for axis in range(array.ndim):
            laid_out = _subtract(laid_out, _shift(laid_out, axis), message.alphabet)
    elif scan == "before":
        laid_out = _subtract(array, _shift(array, 0), message.alphabet)
    else:
        laid_out = _subtract(array, _FILTERS[scan](*_find_neighbours(array)), message.alphabet)
    return Scanned(Message(laid_out, message.alphabet))


def pack_message(message: Message) -> Message:
    """Symbols of b = ⌈log2 alphabet⌉ bits each, most significant first, eight bits a byte, zeros at the end."""
    width = (message.alphabet - 1).bit_length()
    places = np.arange(width - 1, -1, -1, dtype=np.uint8)
    sequence = message.sequence
    pieces = [
        np.packbits((sequence[start : start + PIECE, None] >> places) & 1) for start in range(0, len(sequence), PIECE)
    ]
    return Message(np.concatenate(pieces) if pieces else np.zeros(0, dtype=np.uint8))


def order_hilbert(*sides: int) -> NDArray[np.intp]:
    """Row-order indices of the cells in the order of Hilbert's curve (Hilbert 1891) through the enclosing cube.

    Cells outside the array are skipped; neighbours in the order are neighbours in the array where the sides are the
    same power of two. Any number of axes, as long as a place on the curve has at most 63 bits.
    """
    cells, levels = int(np.prod(sides)), _count_levels(sides)
    place = np.empty(cells, dtype=np.int64)
    for start in range(0, cells, PIECE):
        stop = min(start + PIECE, cells)
        place[start:stop] = _place_cells(np.stack(np.unravel_index(np.arange(start, stop), sides)), levels)
    order: NDArray[np.intp] = np.argsort(place)
    return order


def _count_levels(sides: tuple[int, ...]) -> int:
    """Halvings of the smallest cube of a power of two that holds the array."""
    return (max(*sides, 2) - 1).bit_length()


def _place_cells(axes: NDArray[np.int64], levels: int) -> NDArray[np.int64]:
    """Places on the curve of cells (axes, cells): Skilling 2004, Programming the Hilbert curve (AIP Conf. Proc. 707).

    The coordinates are turned, level by level, as the curve turns; their Gray code, bit by bit, is the place.
    """
    for level in range(levels - 1, 0, -1):
        below = (1 << level) - 1
        for axis in range(len(axes)):
            high = axes[axis] >> level & 1
            exchanged = (axes[0] ^ axes[axis]) & below & (high - 1)
            axes[0] ^= exchanged | below * high
            axes[axis] ^= exchanged
    for axis in range(1, len(axes)):
        axes[axis] ^= axes[axis - 1]
    flipped = np.zeros_like(axes[0])
    for level in range(levels - 1, 0, -1):
        flipped ^= ((1 << level) - 1) * (axes[-1] >> level & 1)
    axes ^= flipped
    place: NDArray[np.int64] = np.zeros_like(axes[0])
    for level in range(levels - 1, -1, -1):
        for axis in range(len(axes)):
            place = place << 1 | (axes[axis] >> level & 1)
    return place


def _filter_rows(array: Symbols, alphabet: int) -> Scanned:
    """Every row by the filter whose differences, taken as positive or negative, have the least sum."""
    near = _find_neighbours(array)
    laid_out = np.stack([array, *(_subtract(array, predict(*near), alphabet) for predict in _FILTERS.values())])
    sums = np.minimum(laid_out, alphabet - laid_out.astype(np.int16)).sum(axis=-1, dtype=np.int64)
    choices = sums.argmin(axis=0)
    chosen = np.take_along_axis(laid_out, choices[None, ..., None], axis=0)[0]
    return Scanned(Message(chosen, alphabet), choices)


def _subtract(array: Symbols, predicted: NDArray[np.int16], alphabet: int) -> Symbols:
    return ((array - predicted) % alphabet).astype(np.uint8)


def _find_neighbours(array: Symbols) -> tuple[NDArray[np.int16], NDArray[np.int16], NDArray[np.int16]]:
    """The cells to the left, above, and above to the left, (…, R, X); zeros from outside."""
    left = _shift(array, -1)
    return left, _shift(array, -2), _shift(left, -2)


def _shift(array: NDArray[np.uint8] | NDArray[np.int16], axis: int) -> NDArray[np.int16]:
    """The array moved by one cell along an axis, zeros from outside."""
    moved = np.zeros(array.shape, dtype=np.int16)
    np.moveaxis(moved, axis, 0)[1:] = np.moveaxis(array, axis, 0)[:-1]
    return moved


def _predict_paeth(left: NDArray[np.int16], up: NDArray[np.int16], corner: NDArray[np.int16]) -> NDArray[np.int16]:
    """Of the three neighbours the one nearest to left + up − corner; ties go in that order."""
    sum_ = left + up - corner
    to_left, to_up, to_corner = (np.abs(sum_ - near) for near in (left, up, corner))
    return np.where(
        (to_left <= to_up) & (to_left <= to_corner), left, np.where(to_up <= to_corner, up, corner)
    )  # PNG section 9.4


_FILTERS: dict[str, Callable[..., NDArray[np.int16]]] = {
    "sub": lambda left, _up, _corner: left,
    "up": lambda _left, up, _corner: up,
    "average": lambda left, up, _corner: (left + up) // 2,
    "paeth": _predict_paeth,
}
