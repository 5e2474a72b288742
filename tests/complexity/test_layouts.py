"""Packings, scans and lengths of integers: undone by a decoder that knows the shape and the alphabet."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.complexity.code import Message
from lab.complexity.integers import LOG_CONSTANT, count_integer_bits, count_shape_bits
from lab.complexity.scans import list_packings, list_scans, order_hilbert, pack_message, scan_message
from lab.core.errors import InputError


def predict(scan: str, plane: np.ndarray, y: int, x: int) -> int:
    """The standard's prediction from the neighbours already decoded (W3C PNG 2003, section 9.2)."""
    a = int(plane[y, x - 1]) if x else 0
    b = int(plane[y - 1, x]) if y else 0
    c = int(plane[y - 1, x - 1]) if x and y else 0
    if scan == "paeth":
        p = a + b - c
        return min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]
    return {"sub": a, "up": b, "average": (a + b) // 2}[scan]


def undo_scan(scan: str, sequence: np.ndarray, shape: tuple[int, int], alphabet: int) -> np.ndarray:
    plane = np.zeros(shape, dtype=np.uint8)
    if scan == "row":
        return sequence.reshape(shape)
    if scan == "column":
        return sequence.reshape(shape[::-1]).T
    if scan == "hilbert":
        plane.reshape(-1)[order_hilbert(*shape)] = sequence
        return plane
    for index, residual in enumerate(sequence.tolist()):
        y, x = divmod(index, shape[1])
        plane[y, x] = (residual + predict(scan, plane, y, x)) % alphabet
    return plane


@settings(max_examples=40, deadline=None)
@given(rows=st.integers(2, 12), columns=st.integers(2, 12), alphabet=st.integers(2, 256), seed=st.integers(0, 99))
def test_every_layout_is_undone(rows: int, columns: int, alphabet: int, seed: int) -> None:
    plane = np.random.default_rng(seed).integers(0, alphabet, (rows, columns)).astype(np.uint8)
    message = Message(plane, alphabet)
    assert len(list_scans(message)) == 7
    for scan in list_scans(message):
        scanned = scan_message(message, scan)
        np.testing.assert_array_equal(undo_scan(scan, scanned.sequence, plane.shape, alphabet), plane)
    assert list_packings(message) == (("symbols", "packed") if alphabet <= 128 else ("symbols",))
    width = math.ceil(math.log2(alphabet))
    bits = np.unpackbits(pack_message(message).symbols)[: plane.size * width].reshape(-1, width)
    np.testing.assert_array_equal(bits @ (1 << np.arange(width)[::-1]), plane.ravel())


@pytest.mark.parametrize("side", [2, 8, 32])
def test_hilberts_curve_steps_from_neighbour_to_neighbour(side: int) -> None:
    y, x = np.divmod(order_hilbert(side, side), side)
    np.testing.assert_array_equal(np.abs(np.diff(y)) + np.abs(np.diff(x)), 1)


def test_a_long_strip_is_scanned_too() -> None:
    np.testing.assert_array_equal(np.sort(order_hilbert(2, 100_000)), np.arange(200_000))


def test_only_planes_have_scans() -> None:
    line = Message(np.zeros(5, dtype=np.uint8), 2)
    assert list_scans(line) == ("row",)
    assert list_scans(Message(np.zeros((1, 5), dtype=np.uint8), 2)) == ("row",)
    with pytest.raises(InputError, match="planes"):
        scan_message(line, "up")


def test_integers_meet_krafts_inequality_with_equality() -> None:
    """Below 2^16 summed; above, the integral of 2^−log*: with f(x) = f(log2 x) / x it is (ln 2)^4 ∫_1^∞ f, and that
    integral is ln 2 / (1 − ln 2).
    """
    below = sum(2.0 ** -count_integer_bits(n) for n in range(1, 2**16))
    above = math.log(2) ** 5 / (1 - math.log(2)) / 2.0**LOG_CONSTANT
    assert below + above == pytest.approx(1.0, abs=1e-7)
    assert below + above <= 1
    assert count_integer_bits(1) == pytest.approx(LOG_CONSTANT)
    assert count_integer_bits(16) == pytest.approx(4 + 2 + 1 + LOG_CONSTANT)
    with pytest.raises(InputError, match="starts at 1"):
        count_integer_bits(0)


def test_a_shape_costs_its_sides() -> None:
    assert count_shape_bits((100, 100)) > count_shape_bits((100,)) > count_shape_bits(()) > 0
    assert count_shape_bits((0,)) > 0
