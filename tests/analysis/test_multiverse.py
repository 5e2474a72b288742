"""The multiverse: the grid is whole, the badge follows its rule, silence is counted."""

from __future__ import annotations

import math

import pytest

from lab.analysis.comparisons.multiverse import (
    CHOICES,
    FAR,
    FORECAST_REACH,
    HIGHEST,
    LOSSES,
    OUTLIERS,
    TARGETS,
    WINDOWS,
    Multiverse,
    Target,
    assess_exponents,
    assess_robustness,
)
from lab.analysis.laws.fits import fit_joint
from lab.core.errors import UnknownNameError
from lab.core.registry import open_shelf
from lab.tables import Tables
from tests.synthetic import SURFACE, make_tables


@pytest.fixture(scope="module")
def study() -> Tables:
    return make_tables(widths=(16, 24, 32, 48), rates=(0.02,), noise=0.001, trunk_noise=0.001)


@pytest.fixture(scope="module")
def alpha(study: Tables) -> Multiverse:
    return assess_robustness(study, "alpha")


def test_grid_is_every_combination_and_the_default_is_the_lab_s_own_fit(study: Tables, alpha: Multiverse) -> None:
    laws = [law for law in TARGETS["alpha"].laws if law in open_shelf("laws").names()]
    size = len(laws) * 3 * len(LOSSES) * len(WINDOWS) * len(OUTLIERS)
    assert len(alpha.frame) == size == len(alpha.frame.drop_duplicates(list(CHOICES)))
    ours = fit_joint(study).fit.find("alpha")
    assert (alpha.default.value, alpha.default.low, alpha.default.high) == (ours.value, ours.low, ours.high)
    assert alpha.default.contains(SURFACE["alpha"])


def test_every_analysis_is_counted_refused_or_a_repetition(alpha: Multiverse) -> None:
    repeats = int(alpha.frame["repeats"].sum())
    assert len(alpha.counted) + len(alpha.refused) + repeats == len(alpha.frame)
    assert alpha.frame.loc[alpha.frame["convention"] == "params_active", "repeats"].all()  # dense: the same as all
    assert (alpha.refused["reason"] != "").all()
    assert "params_active" not in set(alpha.compare_choices()["option"])


def test_an_exponent_without_e_is_another_conclusion(alpha: Multiverse) -> None:
    choices = alpha.compare_choices().set_index("option")
    assert choices.loc["pure_power", "changed"] == 1.0 and choices.loc["pure_power", "highest"] < 0.2
    assert alpha.badge == "fragile" and alpha.share_changed > 0.2


def test_the_badge_turns_at_a_fifth(study: Tables) -> None:
    found = assess_robustness(study, "alpha", conclude=lambda estimate: estimate.value > 0)
    assert (found.badge, found.share_changed) == ("robust", 0.0)
    order = sorted(found.counted["value"])
    for share, badge in ((0.15, "robust"), (0.25, "fragile")):
        cut = order[round(share * len(order))]
        assert found.default.value > cut
        assert assess_robustness(study, "alpha", lambda e, cut=cut: e.value >= cut).badge == badge


def narrow(monkeypatch: pytest.MonkeyPatch, estimate: str) -> None:
    """One law and one count of parameters: what a test asks of the other choices needs no more."""
    monkeypatch.setitem(TARGETS, estimate, Target(("chinchilla",), conventions=("params_total",)))


def test_outlier_rules_drop_what_they_name(study: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    narrow(monkeypatch, "a")
    runs = study.runs.copy()
    middle = runs.index[(runs["size"] == 48) & (runs["tokens"] == 2_000_000)][0]
    runs.loc[middle, "loss_nats"] *= 1.2
    found = assess_robustness(Tables(study.study, runs, study.curves), "a")
    squares = found.frame.query("loss == 'least squares' and window == 'all runs'").set_index("outliers")
    assert squares.loc["no run dropped", "runs"] - squares.loc[HIGHEST, "runs"] == 5
    assert squares.loc["no run dropped", "runs"] - squares.loc[FAR, "runs"] >= 1
    assert squares.loc[FAR, "value"] == pytest.approx(fit_joint(study).fit.find("a").value, abs=0.02)


def test_forecast_is_of_ten_times_the_range(monkeypatch: pytest.MonkeyPatch) -> None:
    narrow(monkeypatch, "forecast")
    quiet = make_tables(rates=(0.02,), noise=1e-9, trunk_noise=0.0)
    found = assess_robustness(quiet, "forecast")
    n, d = FORECAST_REACH * quiet.runs["params_total"].max(), FORECAST_REACH * quiet.runs["tokens"].max()
    truth = SURFACE["E"] + SURFACE["A"] * n ** -SURFACE["alpha"] + SURFACE["B"] * d ** -SURFACE["beta"]
    assert found.default.value == pytest.approx(truth, rel=1e-6)


@pytest.mark.parametrize("estimate", ["beta", "a", "gamma"])
def test_every_exponent_has_a_multiverse(study: Tables, estimate: str) -> None:
    found = assess_robustness(study, estimate)
    assert found.badge in ("robust", "fragile") and len(found.counted) >= 8
    assert math.isfinite(found.default.value)


def test_few_runs_are_not_assessed() -> None:
    few = make_tables(widths=(16, 24), horizons=(500_000, 1_000_000), seeds=(0,), rates=(0.02,))
    found = assess_robustness(few, "alpha")
    assert found.badge == "not assessed" and "no answer" in found.reason
    assert not len(found.counted) and len(found.refused)
    nothing = Tables(few.study, few.runs.iloc[:0], few.curves)
    assert assess_robustness(nothing, "gamma").badge == "not assessed"


def test_the_exponents_of_a_fit_are_assessed_each_once(study: Tables, alpha: Multiverse) -> None:
    found = assess_exponents(study, ["E", "alpha", "A", "alpha"])
    assert list(found) == ["alpha"] and found["alpha"].badge == alpha.badge and found["alpha"].reason == alpha.reason


def test_unknown_estimate() -> None:
    with pytest.raises(UnknownNameError, match="alpha"):
        assess_robustness(make_tables(), "alhpa")
