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


def test_the_excess_is_as_uncertain_as_both_of_its_parts() -> None:
    found = measure_light_cones(np.random.default_rng(3).integers(0, 2, (40, 1_000)))
    assert found.excess.high - found.excess.low > found.information.high - found.information.low


def test_a_strip_goes_with_what_its_cones_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight strips of 5 of the 40 columns that have cones; inner ones take a column more on either side."""
    widths = []

    def measure(past: np.ndarray, future: np.ndarray) -> float:
        widths.append(past.shape[-1] if past.ndim == 2 else 0)
        return 0.0

    monkeypatch.setattr("lab.complexity.light_cones.measure_information", measure)
    measure_light_cones(np.random.default_rng(4).integers(0, 2, (2_000, 42)))
    assert widths[1:9] == [34, 33, 33, 33, 33, 33, 33, 34]


def test_a_narrow_field_has_a_value_and_no_interval() -> None:
    found = measure_light_cones(np.random.default_rng(5).integers(0, 2, (20_000, 5)))
    assert found.excess.value == pytest.approx(0, abs=0.01) and not found.excess.has_interval


def test_few_cells_are_refused_with_a_reason() -> None:
    field = np.random.default_rng(2).integers(0, 2, (20, 100))
    found = measure_light_cones(field, depth=2)
    assert "cells are too few" in found.reason
    assert math.isnan(found.information.value) and math.isnan(found.excess.value)
    with pytest.raises(InputError, match="larger field"):
        measure_light_cones(field[:4], depth=2)
