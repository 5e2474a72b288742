"""Criteria of fit: their closed forms, what counts as a unit, and whether they tell the forecast."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from lab.analysis.comparisons.backtest import run_backtest
from lab.analysis.comparisons.criteria import average_ranks, compare_laws, list_laws, split_curves, split_joint
from lab.analysis.comparisons.curves import Collection, Curve, collect_study
from lab.core.seeds import open_stream
from lab.scaling import Law, Parameter
from tests.synthetic import make_tables


class Constant(Law):
    """L = c: no effect of scale."""

    name = "constant"
    citation = "a control"
    predictors = ("x",)
    parameters = (Parameter("c", "c", linear=True),)

    def predict(self, theta: Any, **x: Any) -> Any:
        (c,) = self.split(theta)
        return c + 0 * x["x"]


LAWS = (Constant(), "pure_power", "power")


def make_collection(count: int = 14, noise: float = 0.005) -> Collection:
    """L = 1 + 30·x^(−0.3) with independent noise; the three dearest of 15 points held out."""
    rng = open_stream(2, "criteria")
    x = np.geomspace(1e4, 1e7, 15)
    y = [(1 + 30 * x**-0.3) * np.exp(noise * rng.standard_normal(15)) for _ in range(count)]
    curves = [Curve("g", f"curve {k}", x, values, np.arange(15) < 12) for k, values in enumerate(y)]
    return Collection("made", "x", "y", "group", tuple(curves))


def test_aicc_and_bic_of_a_line_through_the_logarithms() -> None:
    collection = make_collection(1)
    row = compare_laws(split_curves(collection), ["pure_power"]).frame.iloc[0]
    x, y = (np.log(values[:12]) for values in (collection.curves[0].x, collection.curves[0].y))
    _, (square,), *_ = np.polyfit(x, y, 1, full=True)
    log_likelihood, k = -6 * (np.log(2 * np.pi * square / 12) + 1), 3
    assert row["bic"] == pytest.approx(k * np.log(12) - 2 * log_likelihood)
    assert row["aicc"] == pytest.approx(2 * k - 2 * log_likelihood + 2 * k * (k + 1) / (12 - k - 1))


def test_what_is_left_out_is_not_seen() -> None:
    collection = make_collection(1)
    split = split_curves(collection)[0]
    row = compare_laws([split], ["pure_power"]).frame.iloc[0]
    x, y = (np.log(values[:12]) for values in (collection.curves[0].x, collection.curves[0].y))
    assert len(np.unique(split.groups)) == 5
    errors = []
    for group in np.unique(split.groups):
        out = split.groups == group
        errors.append(np.polyval(np.polyfit(x[~out], y[~out], 1), x[out]) - y[out])
    assert row["left_out"] == pytest.approx(np.sqrt(np.mean(np.concatenate(errors) ** 2)), rel=1e-6)


def test_the_held_out_error_is_that_of_the_backtest() -> None:
    collection = make_collection(3)
    compared = compare_laws(split_curves(collection), ["power"]).frame["held_out"]
    tested = run_backtest(collection, ["power"]).frame.query("estimator == 'power'")["rmsle"]
    np.testing.assert_allclose(compared, tested, rtol=1e-9)


def test_criteria_tell_the_true_law() -> None:
    comparison = compare_laws(split_curves(make_collection()), LAWS)
    assert average_ranks(comparison.frame)["law"].tolist() == ["power", "pure_power", "constant"]
    assert all(rank.low > 0.5 and rank.n == 14 for rank in comparison.agreement)


def test_two_laws_have_no_order_to_compare() -> None:
    comparison = compare_laws(split_curves(make_collection(2)), LAWS[1:])
    assert all(np.isnan(rank.value) and "fewer than 3 laws" in rank.method for rank in comparison.agreement)


def test_rows_of_one_unit_count_as_one() -> None:
    """The same rows twice, in units of two, are no more evidence than once."""
    collection = make_collection(1)
    (curve,) = collection.curves
    units = np.repeat(np.arange(15), 2).astype(str)
    twice = replace(curve, **{name: np.repeat(getattr(curve, name), 2) for name in ("x", "y", "fitted")}, units=units)
    once, doubled = (
        compare_laws(split_curves(replace(collection, curves=(c,))), ["power"]).frame.iloc[0] for c in (curve, twice)
    )
    assert once["units"] == doubled["units"] == 12
    assert doubled["aicc"] == pytest.approx(once["aicc"], rel=1e-6)


def test_joint_laws_foretell_the_largest_size() -> None:
    splits = split_joint(make_tables(rates=(0.02,)))
    names, _ = list_laws(splits)
    assert "chinchilla" in names and "power" not in names
    comparison = compare_laws(splits, ["chinchilla"])
    row = comparison.frame.iloc[0]
    assert row["units"] == 12 and row["held_out"] < 0.03 and row["rank_held_out"] == 1
    assert len(splits[0].seen) == 48 and len(splits[0].held) == 12


def test_curves_are_asked_of_laws_of_one_variable() -> None:
    names, others = list_laws(split_curves(collect_study(make_tables(rates=(0.02,)))))
    assert "pure_power" in names and "pure_power" in others["speedup"]  # a law that stands twice has no rank
    assert {"power", "pure_power"} <= set(names) and "chinchilla" not in names


def test_a_law_without_an_answer_says_why() -> None:
    splits = split_curves(collect_study(make_tables(rates=(0.02,), widths=(16, 24, 32)), "size"))
    frame = compare_laws(splits, ["power"]).frame
    assert frame["held_out"].isna().all() and frame["reason"].str.contains("different values").all()
