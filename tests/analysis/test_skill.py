"""Skill of a forecast against the nearest run one already has."""

from __future__ import annotations

from lab.analysis import select_runs
from lab.analysis.forecasts.forecasts import forecast_largest
from lab.analysis.forecasts.skill import measure_skill
from tests.synthetic import make_tables


def test_a_law_that_holds_has_skill_and_one_that_is_flat_has_none() -> None:
    steep = make_tables(noise=0.001, trunk_noise=0.001)
    skill = measure_skill(forecast_largest(steep), select_runs(steep).rows)
    assert list(skill.index) == [0, 1, 2]
    assert (skill > 0.01).all()
    flat = make_tables(surface={"E": 0.9, "A": 0.0, "alpha": 0.4, "B": 0.0, "beta": 0.5})
    assert measure_skill(forecast_largest(flat, law="pure_power"), select_runs(flat).rows).abs().max() < 0.01


def test_a_refused_law_has_no_skill() -> None:
    few = make_tables(seeds=(0,), rates=(0.02,))
    assert measure_skill(forecast_largest(few), select_runs(few).rows).empty
