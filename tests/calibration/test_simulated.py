"""Worlds of known miscalibration: quadrature, closed forms, and samples agree."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import beta as beta_function

from lab.calibration.simulated import World
from lab.core.errors import InputError
from lab.core.registry import open_shelf


def test_a_power_has_a_closed_form() -> None:
    """E f^γ of a beta is a ratio of beta functions; one sign, so that ECE is the gap of means."""
    world = World(2, 3, "power", 1.7)
    moment = [beta_function(2 + power, 3) / beta_function(2, 3) for power in (1, 1.7, 2, 2.7, 3.4)]
    assert world.integrate(1) == pytest.approx(moment[0] - moment[1], abs=1e-9)
    assert world.integrate(2) == pytest.approx(moment[2] - 2 * moment[3] + moment[4], abs=1e-9)


@pytest.mark.parametrize("world", [World(2, 3, "power", 1.7), World(2, 1, "temperature", 0.6), World(5, 1)])
def test_measures_of_the_population_are_the_integrals(world: World) -> None:
    load = open_shelf("measures").load
    assert world.measure_truth(load("miscalibration")) == pytest.approx(world.integrate(2), abs=1e-7)
    assert world.measure_truth(load("ece_equal_width")) <= world.integrate(1) + 1e-7
    assert world.measure_truth(load("smooth_ece")) <= world.integrate(1) + 1e-7
    assert world.measure_truth(load("debiased_l2")) ** 2 <= world.integrate(2) + 1e-7


def test_one_temperature_mends_a_temperature() -> None:
    world = World(2, 1, "temperature", 0.5)
    kept = open_shelf("measures").load("refinement_loss")
    calibrated = world.measure_truth(kept)
    chance = world.expect(world.population.confidence_C[: len(world.population.confidence_C) // 2])
    entropy = float(np.mean(-chance * np.log(chance) - (1 - chance) * np.log1p(-chance)))
    assert calibrated == pytest.approx(entropy, abs=1e-8)


@pytest.mark.parametrize("distortion", ["power", "temperature"])
def test_a_wanted_error_is_reached(distortion: str) -> None:
    world = World(distortion=distortion).reach(0.079)  # type: ignore[arg-type]
    assert world.integrate(1) == pytest.approx(0.079, abs=1e-9)
    p = world.draw(200_000, np.random.default_rng(0))
    assert p.confidence_N.mean() - p.outcome_N.mean() > 0.03  # overconfident
    assert open_shelf("measures").load("ece_equal_width").of(p) == pytest.approx(0.079, abs=0.004)
    assert World().reach(0).strength == 1
    with pytest.raises(InputError, match="lies between"):
        world.reach(0.9)
    with pytest.raises(InputError, match="positive"):
        World(a=0)
