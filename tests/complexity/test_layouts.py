"""Packings, scans and lengths of integers: undone by a decoder that knows the shape and the alphabet."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.complexity.bounds import bound_message
from lab.complexity.code import Message
from lab.complexity.codes.kt import KrichevskyTrofimov
from lab.complexity.integers import LOG_CONSTANT, count_integer_bits, count_shape_bits
from lab.complexity.scans import (
    PLANE,
    VOLUME,
    Scanned,
    list_packings,
    list_scans,
    order_hilbert,
    pack_message,
    scan_message,
)
from lab.core.errors import InputError

FILTERS = ("none", "sub", "up", "average", "paeth")


def predict(scan: str, array: np.ndarray, at: tuple[int, ...]) -> int:
    """The prediction from the cells already decoded (W3C PNG 2003, section 9.2; Ibarria et al. 2003)."""

    def look(*back: int) -> int:
        place = tuple(i - step for i, step in zip(at, back, strict=True))
        return int(array[place]) if min(place) >= 0 else 0

    plane = (0,) * (len(at) - 2)
    a, b, c = look(*plane, 0, 1), look(*plane, 1, 0), look(*plane, 1, 1)
    if scan == "paeth":
        p = a + b - c
        return min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]
    if scan == "lorenzo":
        steps = [back for back in itertools.product((0, 1), repeat=len(at)) if any(back)]
        return sum((-1) ** (sum(back) + 1) * look(*back) for back in steps)
    before = look(1, *(0,) * (len(at) - 1))
    return {"none": 0, "sub": a, "up": b, "average": (a + b) // 2, "before": before}[scan]


def undo_scan(scan: str, scanned: Scanned, shape: tuple[int, ...], alphabet: int) -> np.ndarray:
    sequence, array = scanned.message.sequence, np.zeros(shape, dtype=np.uint8)
    if scan == "row":
        return sequence.reshape(shape)
    if scan == "column":
        return sequence.reshape(shape[::-1]).T
    if scan == "hilbert":
        array.reshape(-1)[order_hilbert(*shape)] = sequence
        return array
    for residual, at in zip(sequence.tolist(), np.ndindex(*shape), strict=True):
        own = scan if scanned.choices is None else FILTERS[scanned.choices[at[:-1]]]
        array[at] = (residual + predict(own, array, at)) % alphabet
    return array


@settings(max_examples=60, deadline=None)
@given(
    shape=st.lists(st.integers(2, 7), min_size=2, max_size=4).map(tuple),
    alphabet=st.integers(2, 256),
    seed=st.integers(0, 99),
    smooth=st.booleans(),
)
def test_every_layout_is_undone(shape: tuple[int, ...], alphabet: int, seed: int, smooth: bool) -> None:
    array = np.random.default_rng(seed).integers(0, 3 if smooth else alphabet, shape)
    array = (array.cumsum(axis=-1) if smooth else array) % alphabet
    message = Message(array.astype(np.uint8), alphabet)
    assert list_scans(message) == (PLANE if len(shape) == 2 else VOLUME)
    for scan in list_scans(message):
        scanned = scan_message(message, scan)
        np.testing.assert_array_equal(undo_scan(scan, scanned, shape, alphabet), array)
    assert list_packings(message) == (("symbols", "packed") if alphabet <= 128 else ("symbols",))
    width = math.ceil(math.log2(alphabet))
    bits = np.unpackbits(pack_message(message).symbols)[: array.size * width].reshape(-1, width)
    np.testing.assert_array_equal(bits @ (1 << np.arange(width)[::-1]), array.ravel())


def test_a_filter_for_each_row_is_chosen_and_paid_for() -> None:
    """Equal rows of noise need 'up', constant rows of any height need 'sub': no filter serves both."""
    rng = np.random.default_rng(0)
    plane = np.empty((128, 64), np.uint8)
    plane[:64] = rng.integers(0, 256, 64)
    plane[64:] = rng.integers(0, 256, (64, 1))
    message = Message(plane)
    scanned = scan_message(message, "by_row")
    assert set(scanned.choices.ravel().tolist()) >= {1, 2}
    assert 0 < scanned.told_bits < 128 * math.log2(5) + 20
    bound = bound_message(message, {"kt": KrichevskyTrofimov()})
    assert bound.choose("kt").scan == "by_row"
    least = KrichevskyTrofimov().count_bits(scanned.message)
    assert bound.choose("kt").payload_bits == math.ceil(least + scanned.told_bits)


def test_sides_of_one_cell_are_left_out_and_large_arrays_stay_in_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    assert list_scans(Message(np.zeros((3, 1, 4), np.uint8), 2)) == PLANE
    assert list_scans(Message(np.zeros((0, 3), np.uint8), 2)) == ("row",)
    assert "hilbert" not in list_scans(Message(np.zeros((2,) * 15 + (33,), np.uint8), 2))
    monkeypatch.setattr("lab.complexity.scans.MOST_SCANNED", 8)
    assert list_scans(Message(np.zeros((3, 3), np.uint8), 2)) == ("row",)


@pytest.mark.parametrize("sides", [(8, 8, 8), (4, 4, 4, 4)])
def test_hilberts_curve_has_any_number_of_axes(sides: tuple[int, ...]) -> None:
    at = np.stack(np.unravel_index(order_hilbert(*sides), sides))
    np.testing.assert_array_equal(np.abs(np.diff(at, axis=1)).sum(axis=0), 1)


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
