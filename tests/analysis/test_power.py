"""Power before running: the judgement, the scene, the shares; more runs see more, and no effect is not seen."""

from __future__ import annotations

import math
from itertools import islice

import numpy as np
import pytest

from lab.analysis.laws.fits import fit_joint
from lab.analysis.laws.luck import Luck, measure_luck
from lab.analysis.laws.named import load_law
from lab.analysis.plans.power import (
    PLANS,
    Effect,
    Plan,
    Scene,
    find_smallest,
    judge_studies,
    set_scene,
    share,
    simulate_false_support,
    simulate_power,
)
from lab.core.errors import InputError, UnknownNameError
from lab.core.estimate import Estimate
from lab.core.verdict import Outcome
from tests.synthetic import SURFACE, make_tables

KAPLAN_OR_CHINCHILLA = Effect("a", 0.50, 0.73)


@pytest.fixture(scope="module")
def scene() -> Scene:
    return set_scene(luck=Luck(0.006, 0.004))


@pytest.mark.parametrize(
    ("interval", "outcome"),
    [
        ((0.45, 0.55), Outcome.SUPPORTED),
        ((0.45, 0.62), Outcome.UNDERPOWERED),
        ((0.62, 0.72), Outcome.NOT_SUPPORTED),
        ((0.74, 0.80), Outcome.REVERSED),
    ],
)
def test_the_rule_is_that_of_a_directional_claim(interval: tuple[float, float], outcome: Outcome) -> None:
    """0.50 against 0.73: the midpoint 0.615 has to be left out."""
    found = Estimate("a", sum(interval) / 2, *interval)
    assert KAPLAN_OR_CHINCHILLA.judge(found) is outcome
    mirrored = Estimate("a", 1.23 - found.value, 1.23 - interval[1], 1.23 - interval[0])
    assert Effect("a", 0.73, 0.50).judge(mirrored) is outcome
    assert KAPLAN_OR_CHINCHILLA.judge(Estimate("a", math.nan)) is Outcome.UNDERPOWERED


@pytest.mark.parametrize(("name", "value"), [("a", 0.73), ("alpha", 0.2), ("beta", 0.1)])
def test_an_exponent_is_moved_and_the_losses_stay(scene: Scene, name: str, value: float) -> None:
    moved, law = scene.move(name, value), load_law("chinchilla")
    found = dict(zip(law.names, moved.theta, strict=True)) | {"a": float(law.derive(moved.theta)["a"])}
    assert found[name] == pytest.approx(value)
    center = {
        n: np.array([math.sqrt(low * high)]) for n, (low, high) in (("size", scene.sizes), ("tokens", scene.tokens))
    }
    assert law.predict(moved.theta, **center) == pytest.approx(law.predict(scene.theta, **center))
    if name == "a":
        assert moved.theta[3:].sum() == pytest.approx(scene.theta[3:].sum())


def test_the_published_law_is_scaled_to_the_sizes() -> None:
    small, large = set_scene(sizes=(1e5, 1e7)), set_scene(sizes=(1e8, 1e10), tokens=(2e9, 2e11))
    law = load_law("chinchilla")
    losses = [
        law.predict(s.theta, size=np.array([n]), tokens=np.array([d]))[0]
        for s, n, d in ((small, 1e6, 2e7), (large, 1e9, 2e10))
    ]
    assert losses[0] == pytest.approx(losses[1]) and small.tokens == (2e6, 2e8)
    assert large.theta == pytest.approx([1.69, 406.4, 410.7, 0.34, 0.28])


def test_a_study_sets_the_scene() -> None:
    named = fit_joint(make_tables(rates=(0.02,)))
    scene = set_scene(named=named)
    assert scene.luck == measure_luck(named) and scene.tokens == (5e5, 4e6)
    assert scene.theta[3] == pytest.approx(SURFACE["alpha"], abs=0.1)
    assert set_scene(named=named, luck=Luck(0.1, 0.0)).luck.row == 0.1
    with pytest.raises(InputError, match="different values"):
        set_scene(named=fit_joint(make_tables(widths=(16, 24), rates=(0.02,))))


def test_quiet_runs_see_it_and_loud_ones_do_not(scene: Scene) -> None:
    plan = PLANS[0]
    quiet = simulate_power(set_scene(luck=Luck(1e-4, 1e-4)), plan, KAPLAN_OR_CHINCHILLA, 40)
    loud = simulate_power(set_scene(luck=Luck(0.05, 0.05)), plan, KAPLAN_OR_CHINCHILLA, 40)
    assert quiet.power.value == 1 and loud.power.value < 0.3
    assert sum(quiet.outcomes.values()) == quiet.power.n == 40 and loud.power.n == 20  # sure early


def test_more_runs_see_more(scene: Scene) -> None:
    powers = [simulate_power(scene, plan, Effect("a", 0.5, 0.6), 40, wanted=0.999) for plan in (PLANS[0], PLANS[3])]
    assert powers[0].flops < powers[1].flops and powers[0].plan.trunks < powers[1].plan.trunks
    assert powers[0].power.high < powers[1].power.low
    assert find_smallest(powers, 0.999) is None and find_smallest(powers, 0.2) in powers


def test_a_design_that_is_refused_says_why(scene: Scene) -> None:
    few = simulate_power(scene, Plan(2, 4, 3), KAPLAN_OR_CHINCHILLA, 20)
    assert few.power.value == 0 and few.outcomes["underpowered"] == 20 and "different values" in few.reason
    assert simulate_power(scene, PLANS[1], KAPLAN_OR_CHINCHILLA, 20).reason == ""


def test_without_the_effect_it_is_not_supported(scene: Scene) -> None:
    """At most 2.5 % and its Monte Carlo error, with an effect so small that noise could pass for it."""
    found = simulate_power(scene, PLANS[1], Effect("a", 0.5, 0.52), 20)
    told = simulate_false_support(scene, found, Effect("a", 0.5, 0.52), 100)
    assert told.false_support is not None and told.false_support.low <= 0.025
    assert simulate_false_support(scene, found, Effect("beta", 0.3, 0.0), 20).false_support is None


def test_the_seed_decides(scene: Scene) -> None:
    effect = Effect("a", 0.5, 0.6)
    first, again, other = (list(islice(judge_studies(scene, PLANS[1], effect, seed, ""), 20)) for seed in (0, 0, 1))
    assert first == again and first != other
    assert simulate_power(scene, PLANS[0], effect, 20) == simulate_power(scene, PLANS[0], effect, 20)


def test_wilsons_interval() -> None:
    """8 of 10: 0.490 to 0.943 (Brown, Cai & DasGupta 2001)."""
    found = share("power", 8, 10)
    assert (found.low, found.high) == pytest.approx((0.490, 0.943), abs=5e-4)
    assert share("power", 0, 10).low == 0 and share("power", 10, 10).high == 1


def test_a_plan_is_a_grid_with_its_cost(scene: Scene) -> None:
    plan = Plan(4, 3, 2)
    x, trunks = plan.lay(scene)
    assert len(x["size"]) == 24 and plan.trunks == 8 and (np.bincount(trunks) == 3).all()
    assert (x["size"].min(), x["tokens"].max()) == (1e5, pytest.approx(2e8))
    tokens = np.geomspace(2e6, 2e8, 3)
    expected = 2 * 6 * np.geomspace(1e5, 1e7, 4).sum() * (0.8 * 2e8 + 0.2 * tokens.sum())
    assert plan.cost(scene) == pytest.approx(expected)


def test_what_is_no_effect() -> None:
    for name, truth, against in (("a", 0.5, 0.5), ("a", 1.2, 0.5), ("beta", 0.0, 0.1), ("beta", math.nan, 0.0)):
        with pytest.raises(InputError):
            Effect(name, truth, against)
    with pytest.raises(UnknownNameError, match="did you mean 'alpha'"):
        Effect("alph", 0.5, 0.4)
    with pytest.raises(InputError, match=r"low\.\.high"):
        set_scene(sizes=(1e7, 1e5))
