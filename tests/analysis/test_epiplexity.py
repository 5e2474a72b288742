"""Code lengths of runs and structure of laws, on curves whose area is known; refusals; flags."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from lab.analysis.complexity.code_lengths import compare_rates, describe_rates, measure_runs, trace_hull
from lab.analysis.complexity.epiplexity import DrawnLaw, check_areas, draw_given, draw_law, estimate_split, read_law
from lab.analysis.laws.fits import fit_joint, fit_law_to
from lab.analysis.laws.named import fit_again
from lab.complexity.epiplexity import split_tokens
from lab.core.errors import InputError, RefusedError
from lab.core.registry import open_shelf
from lab.core.units import NATS_PER_BIT
from lab.figures import draw_figure
from lab.scaling import Huber
from lab.tables import Tables, import_runs
from tests.studies.epiplexity import LAW, make_tables
from tests.truth import find_truth


@cache
def study() -> Tables:
    return make_tables()


def change(tables: Tables, **columns: object) -> Tables:
    return replace(tables, runs=tables.runs.assign(**columns))


def test_areas_of_known_curves() -> None:
    """Within 1 % of the truth, luck of the trunk aside: that is a factor of the whole loss and of the area."""
    rows = measure_runs(study()).rows
    assert len(rows) == len(study().runs) == 60
    lucky = rows["loss_nats"] / LAW.loss(rows["params_total"], rows["tokens"])
    truth = lucky * LAW.structure(rows["area_tokens"]) / NATS_PER_BIT
    assert_allclose(rows["area_bits"], truth, rtol=0.01)
    assert (rows["area_tokens"] < 0.8 * rows["tokens"]).all(), "before the cooling"
    floor = 0.85 * rows["tokens"] / NATS_PER_BIT
    assert_allclose(rows["excess_bits"], rows["online_bits"] - floor)


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("unique_tokens", 1000.0, "repeats its data"),
        ("unique_tokens", np.nan, "how many tokens are new is not known"),
        ("status", "diverged", "diverged and not done"),
    ],
)
def test_what_is_no_prequential_code_is_refused(column: str, value: object, reason: str) -> None:
    wrong = measure_runs(change(study(), **{column: value}))
    assert wrong.rows.empty and wrong.refused["reason"].str.contains(reason).all() and reason in wrong.reason


def test_curves_that_cannot_say_are_refused() -> None:
    bare = replace(study(), curves=study().curves.assign(learning_rate=np.nan))
    assert "where it was cooled is not known" in measure_runs(bare).reason
    assert "without a curve" in measure_runs(replace(study(), curves=study().curves.iloc[:0])).reason
    assert trace_hull(bare, 1e6).reason
    short = study().curves.groupby("run_key").tail(5)
    assert "fewer than 3 points" in measure_runs(replace(study(), curves=short)).reason


def test_structure_with_an_interval_that_holds_the_truth() -> None:
    drawn = draw_law(study(), fit_joint(study()))
    truth = split_tokens(LAW, 1e13, 4e6)
    found = {e.name: e for e in estimate_split(drawn, 1e13, 4e6)}
    assert found["structural_bits"].contains(truth.structure / NATS_PER_BIT)
    assert found["random_bits"].contains(truth.random / NATS_PER_BIT)
    assert found["tokens"].contains(truth.tokens) and "pairs bootstrap" in found["tokens"].method
    assert 1.02 < found["structural_bits"].high / found["structural_bits"].low < 1.5
    fixed = {e.name: e for e in estimate_split(drawn, 1e13, 4e6, tokens=4e6)}
    assert fixed["tokens"].low == fixed["tokens"].high == 4e6


def test_law_and_area_agree_and_a_wrong_law_is_flagged() -> None:
    named = fit_joint(study())
    found = check_areas(study(), named, draw_law(study(), named))
    assert found.agrees and found.ratio.n == 15 and len(found.cells) == 20 and (found.cells["seeds"] == 3).all()
    assert 0.9 < found.ratio.low < 1 < found.ratio.high < 1.1
    stretched = study().curves.assign(online_bits=study().curves["online_bits"] + 2e5)
    flagged = check_areas(replace(study(), curves=stretched), named, draw_law(study(), named))
    assert flagged.agrees is False and flagged.ratio.low > 1
    assert "they disagree" in flagged.verdict and "do not tell them apart" in found.verdict
    assert " agree" not in found.verdict


def test_a_size_and_horizon_apart_is_flagged_where_the_mean_is_not() -> None:
    named, runs = fit_joint(study()), study().runs
    one = runs[runs["params_total"].eq(runs["params_total"].max()) & runs["tokens"].eq(runs["tokens"].max())]
    curves = study().curves.copy()
    curves.loc[curves["run_key"].isin(one["run_key"]), "online_bits"] += 2e5
    found = check_areas(replace(study(), curves=curves), named, draw_law(study(), named))
    apart = found.cells[found.cells["apart"]]
    told = found.describe_apart()
    assert found.agrees and len(apart) < 3 and apart["tokens"].max() == runs["tokens"].max()
    assert "(area above)" in told and f"{len(apart)} of 20" in told


def test_the_area_over_the_rates_that_were_tried() -> None:
    slow = study().runs.assign(learning_rate=0.08, run_key=study().runs["run_key"] + "slow")
    curves = study().curves.assign(run_key=study().curves["run_key"] + "slow")
    curves["online_bits"] += 1e5
    both = Tables(
        study().study, pd.concat([study().runs, slow], ignore_index=True), pd.concat([study().curves, curves])
    )
    rates = compare_rates(measure_runs(both))
    assert compare_rates(measure_runs(study())).empty and describe_rates(rates.iloc[:0]) == ""
    assert len(rates) == 20 and (rates["rates"] == 2).all()
    assert_allclose(rates["area_bits_high"] - rates["area_bits_low"], 1e5, rtol=0.01)
    assert rates["params_total"].iloc[0] == study().runs["params_total"].max()
    assert "learning rate" in describe_rates(rates) and "2 rates" in describe_rates(rates)


def test_the_loss_curve_drawn_is_that_of_the_best_rate() -> None:
    slow = study().runs.assign(learning_rate=0.001, run_key=study().runs["run_key"] + "slow")
    slow["loss_nats"] += 1.0
    fast = slow.assign(learning_rate=0.4, run_key=study().runs["run_key"] + "fast")
    names = ["", "slow", "fast"]
    curves = pd.concat([study().curves.assign(run_key=study().curves["run_key"] + name) for name in names])
    frame, _ = draw_figure(
        "loss_area", Tables(study().study, pd.concat([study().runs, slow, fast], ignore_index=True), curves), {}
    )
    assert set(frame["run_key"]) <= set(study().runs["run_key"])


@pytest.mark.filterwarnings("error")
def test_no_bound_where_beta_is_one_or_more() -> None:
    law = replace(LAW, beta=1.2)
    (found,) = estimate_split(DrawnLaw(law, None, "given"), 1e13, 4e6)
    assert found.value == np.inf and "β = 1.2 ≥ 1" in found.method
    assert split_tokens(law, 1e13, 4e6).share == 1.0
    draws = replace(LAW, beta=np.r_[np.full(90, 0.5), np.full(10, 1.2)])
    wide = estimate_split(DrawnLaw(LAW, draws, "drawn"), 1e13, 4e6)[0]
    assert np.isfinite(wide.low) and wide.high == np.inf


def test_no_ratio_where_a_run_has_no_area() -> None:
    """Left out, the runs that remain would be those with an area."""
    named, one = fit_joint(study()), study().runs["run_key"].iloc[-1]
    curves = study().curves.copy()
    own = curves["run_key"].eq(one)
    curves.loc[own, "online_bits"] = curves.loc[own, "tokens"] ** 1.1  # a loss that rises
    found = check_areas(replace(study(), curves=curves), named, draw_law(study(), named))
    assert found.agrees is None and "1 of 60 runs" in found.ratio.method and len(found.cells) == 20


def test_the_hull_of_the_shortest_codes() -> None:
    hull = trace_hull(study(), 4e6)
    assert hull.seeds == 3 and not hull.reason
    structural, random, total = (hull.estimates[name] for name in ("structural_bits", "random_bits", "total_bits"))
    for s, h, t in zip(structural, random, total, strict=True):
        assert s.value + h.value == pytest.approx(t.value) and t.has_interval and t.n == 3
    assert (np.diff([t.value for t in total]) <= 0).all(), "more compute never makes the code longer"
    assert structural[-1].value > structural[1].value
    points = hull.points[hull.points["seed"] == 0]
    for k in (3, 20):
        least = points.loc[points["coding_flops"] <= hull.compute[k] * (1 + 1e-9), "total_bits"].min()
        assert least >= total[k].low, "the hull lies below every checkpoint"
    run = points.iloc[0]
    per_token = study().runs.set_index("run_key").loc[run["run_key"], ["flops", "tokens"]]
    work = per_token["flops"] / per_token["tokens"] * (run["tokens"] + 4e6 / 3)
    assert run["coding_flops"] == pytest.approx(work)


def test_laws_without_the_two_powers_are_refused() -> None:
    with pytest.raises(InputError, match="power of the size"):
        draw_law(study(), fit_law_to(study(), "multiplicative"))
    few = replace(study(), runs=study().runs.iloc[:2])
    with pytest.raises(RefusedError):
        draw_law(few, fit_joint(few))
    tied = open_shelf("laws").load("tied")
    assert pytest.approx(900**2.5) == read_law(tied, np.array([1.0, 50.0, 900.0, 0.4])).D0


@cache
def chinchilla(folder: Path) -> Tables:
    """Besiroglu et al. 2024, arXiv 2404.10102: their 240 points, the five highest losses left out."""
    raw = pd.read_csv(find_truth("laws/epoch/epoch_chinchilla_svg_extracted_data.csv"))
    raw = raw[raw["loss"] < raw["loss"].nlargest(5).min()]
    runs = {"params_total": raw["Model Size"], "flops": raw["Training FLOP"], "loss_nats": raw["loss"]}
    frame = pd.DataFrame({**runs, "tokens": raw["Training FLOP"] / 6 / raw["Model Size"]})
    frame.to_csv(folder / "epoch.csv", index=False)
    return import_runs(folder / "epoch.csv", {})


def test_chinchilla_with_its_interval(tmp_path: Path) -> None:
    """The language row of the paper's table, from Hoffmann's parameters, with the interval 240 runs can give it."""
    tables = chinchilla(tmp_path)
    named = fit_joint(tables)
    theta = np.array([1.693, 4.915e7**0.3392, 1.491e9**0.2849, 0.3392, 0.2849])
    given = {e.name: e for e in estimate_split(draw_given(tables, named, theta), 1e25, 1e12)}
    assert_allclose(given["structural_bits"].value, 7.95e10, rtol=5e-3)
    assert_allclose(given["random_bits"].value, 2.725e12, rtol=5e-3)
    assert all(given[name].low < given[name].value < given[name].high for name in ("structural_bits", "random_bits"))
    refitted = draw_law(tables, fit_again(tables, named, Huber(1e-3)))
    structure = estimate_split(refitted, 1e25, 1e12, tokens=1e12)[0]
    assert_allclose(structure.value, 7.1e10, rtol=0.01)
    assert structure.low < 0.9 * structure.value and 1.1 * structure.value < structure.high < 1.01e11


def test_given_parameters_spread_as_refits_do() -> None:
    """The twin without the runs of others: at the true law the interval holds what it was drawn about."""
    named = fit_joint(study())
    drawn = draw_given(study(), named, np.array([0.9, 60.0, 900.0, 0.42, 0.5]))
    structure = estimate_split(drawn, 1e13, 4e6)[0]
    assert structure.contains(split_tokens(LAW, 1e13, 4e6).structure / NATS_PER_BIT)
    assert "parametric bootstrap" in structure.method and structure.high / structure.low < 1.5
