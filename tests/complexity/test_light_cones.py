"""Light-cone information of fields whose cones share a known number of fair bits."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lab.complexity.light_cones import map_information, measure_light_cones
from lab.core.errors import InputError

FAIR = np.random.default_rng(0).integers(0, 2, 4_000)


def shift(rows: int) -> np.ndarray:
    return np.stack([np.roll(FAIR, -row) for row in range(rows)])


@pytest.mark.parametrize(
    ("field", "depth", "bits"),
    [
        (np.tile(FAIR, (12, 1)), 1, 3.0),  # frozen: the three cells below are the three above
        (np.tile(FAIR, (12, 1)), 2, 5.0),
        (shift(12), 1, 1.0),  # moves left at light speed: the cones share one diagonal
        (np.random.default_rng(1).integers(0, 2, (40, 4_000)), 1, 0.0),
    ],
    ids=["frozen", "frozen, deep", "moving", "noise"],
)
def test_cones_share_what_they_share(field: np.ndarray, depth: int, bits: float) -> None:
    found = measure_light_cones(field, depth)
    assert not found.reason
    assert found.information.value == pytest.approx(bits, abs=0.02)
    assert found.information.high - found.information.low < 0.05
    assert abs(found.null.value) < 0.002
    assert found.excess.value == found.information.value - found.null.value
    assert found.cells == (field.shape[0] - 2 * depth) * (field.shape[1] - 2 * depth)


def test_slower_light_sees_less() -> None:
    field = np.tile(FAIR, (12, 1))
    assert measure_light_cones(field, 1, speed=0).information.value == pytest.approx(1.0, abs=0.01)


def test_the_map_has_the_value_for_its_mean() -> None:
    """The two differ by the correction, (K_past + K_future − K_both − 1) / 2n ln 2 < 0.01."""
    field = shift(12)
    local = map_information(field)
    assert local.shape == (10, 3_998)
    assert local.mean() == pytest.approx(measure_light_cones(field).information.value, abs=0.01)


def test_few_cells_are_refused_with_a_reason() -> None:
    field = np.random.default_rng(2).integers(0, 2, (20, 100))
    found = measure_light_cones(field, depth=2)
    assert "cells are too few" in found.reason
    assert math.isnan(found.information.value) and math.isnan(found.excess.value)
    with pytest.raises(InputError, match="larger field"):
        measure_light_cones(field[:4], depth=2)
