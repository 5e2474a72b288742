"""Ways to lay an array out for a code: the order of its cells, the prediction taken off first, and cells per byte.

All can be undone by a decoder that knows the shape and the alphabet. The filters are those of PNG (W3C
Recommendation, second edition 2003, section 9.2), one for the whole plane and modulo the alphabet instead of 256.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lab.complexity.code import Message, Symbols
from lab.core.errors import InputError

Packing = Literal["symbols", "packed"]
Scan = Literal["row", "column", "hilbert", "sub", "up", "average", "paeth"]
PIECE = 2**21  # symbols packed at once; a multiple of 8, so that pieces end at a byte


def list_packings(message: Message) -> tuple[Packing, ...]:
    """One byte a symbol, and packed where a symbol has fewer than 8 bits."""
    return ("symbols", "packed") if message.alphabet <= 128 else ("symbols",)


def list_scans(message: Message) -> tuple[Scan, ...]:
    """Rows for any array; columns, Hilbert's curve and PNG's filters for a plane with at least two rows and columns."""
    if message.symbols.ndim != 2 or min(message.symbols.shape) < 2:
        return ("row",)
    return ("row", "column", "hilbert", "sub", "up", "average", "paeth")


def scan_message(message: Message, scan: Scan) -> Message:
    """The message as a code will see it; 'row' leaves it as it is, so that a code of planes sees a plane."""
    if scan == "row":
        return message
    plane = message.symbols
    if plane.ndim != 2:
        raise InputError("scan", scan, f"is for planes, not for {plane.ndim} dimensions")
    if scan == "column":
        return Message(plane.T.ravel(), message.alphabet)
    if scan == "hilbert":
        return Message(plane.ravel()[order_hilbert(*plane.shape)], message.alphabet)
    left, up, corner = (_shift(plane, *by) for by in ((0, 1), (1, 0), (1, 1)))
    predicted = _FILTERS[scan](left, up, corner)
    return Message(((plane - predicted) % message.alphabet).astype(np.uint8), message.alphabet)


def pack_message(message: Message) -> Message:
    """Symbols of b = ⌈log2 alphabet⌉ bits each, most significant first, eight bits a byte, zeros at the end."""
    width = (message.alphabet - 1).bit_length()
    places = np.arange(width - 1, -1, -1, dtype=np.uint8)
    sequence = message.sequence
    pieces = [
        np.packbits((sequence[start : start + PIECE, None] >> places) & 1) for start in range(0, len(sequence), PIECE)
    ]
    return Message(np.concatenate(pieces) if pieces else np.zeros(0, dtype=np.uint8))


def order_hilbert(rows: int, columns: int) -> NDArray[np.int64]:
    """Row-order indices of the cells in the order of Hilbert's curve (Hilbert 1891) on the enclosing square.

    Cells outside the array are skipped; neighbours in the order are neighbours in the plane where the sides are the
    same power of two.
    """
    y, x = (axis.ravel() for axis in np.indices((rows, columns)))
    index = np.arange(rows * columns)
    place = np.zeros(rows * columns, dtype=np.int64)
    half = 1 << (max(rows, columns, 2) - 1).bit_length() - 1
    while half:
        right, low = (x & half) > 0, (y & half) > 0
        place += half * half * ((3 * right) ^ low)
        turned = ~low
        flipped = turned & right
        x, y = np.where(flipped, half - 1 - x, x), np.where(flipped, half - 1 - y, y)
        x, y = np.where(turned, y, x), np.where(turned, x, y)
        half >>= 1
    ordered: NDArray[np.int64] = index[np.argsort(place, kind="stable")]
    return ordered


def _shift(plane: Symbols, down: int, right: int) -> NDArray[np.int16]:
    """The plane moved down and right, zeros from outside."""
    moved = np.zeros(plane.shape, dtype=np.int16)
    moved[down:, right:] = plane[: plane.shape[0] - down, : plane.shape[1] - right]
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
