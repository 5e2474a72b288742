"""From a study's tables to its laws: selection, the standard set, the frontier, refusals that name a command."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lab.analysis import select_runs
from lab.analysis.laws.fits import fit_compute, fit_joint, fit_law_to, fit_size, fit_study, fit_tokens
from lab.analysis.optimum.frontier import find_frontier, fit_optimal_size, optimal_sizes
from lab.core.errors import UnknownNameError
from lab.scaling import Status
from lab.tables import Study, Tables
from lab.tables.frames import tidy_runs
from tests.synthetic import SURFACE, make_tables

SMOKE = {"widths": (16, 24, 32, 48), "horizons": (2**18, 2**19, 2**20), "seeds": (0, 1), "rates": (0.02,)}


@pytest.fixture(scope="module")
def study() -> Tables:
    """Five sizes, four horizons, three seeds, quiet enough that the search finds its rate."""
    return make_tables(rates=(0.005, 0.02, 0.08))


@pytest.fixture(scope="module")
def smoke() -> Tables:
    return make_tables(**SMOKE, preset="smoke")


def edit(tables: Tables, **columns: object) -> Tables:
    return replace(tables, runs=tables.runs.assign(**columns))


def test_only_tuned_finished_runs_are_fitted(study: Tables) -> None:
    runs = study.runs.copy()
    best = runs.index[runs["learning_rate"] == 0.02]
    runs.loc[best[0], "status"] = "diverged"
    runs.loc[best[1], "loss_nats"] = np.nan
    runs.loc[best[2], "unique_tokens"] = 1000
    runs.loc[best[3], "source"] = "markov"
    runs["settings"] = ""
    runs.loc[best[4], "settings"] = "cooldown 0.5"
    selection = select_runs(replace(study, runs=runs))
    told = selection.excluded.set_index("run_key")["reason"]
    assert told[runs["run_key"][best[:5]]].tolist() == [
        "diverged",
        "no positive loss",
        "repeats its data: more than one epoch",
        *2 * ["another family, optimizer, source, dials or settings than most runs"],
    ]
    assert (selection.rows["learning_rate"] == 0.02).all() and len(selection.rows) == 60 - 5
    assert len(selection.rows) + len(selection.excluded) == len(runs)


def test_a_best_rate_on_the_edge_is_not_fitted() -> None:
    tables = make_tables(rates=(0.02, 0.04, 0.08), noise=0.0, trunk_noise=0.0)
    selection = select_runs(tables)
    assert selection.rows.empty
    assert "the best learning rate is on the edge" in set(selection.excluded["reason"])
    fit = fit_size(tables).fit
    assert fit.status is Status.REFUSED and "lab run kaplan_language_models" in fit.next_step


def test_a_stored_rate_is_fitted_as_it_is(smoke: Tables) -> None:
    assert len(select_runs(smoke).rows) == len(smoke.runs) == 24


def test_the_joint_law_finds_the_surface(study: Tables) -> None:
    named = fit_joint(study)
    assert named.fit.status is Status.CONVERGED and named.fit.units == 15 and len(named.rows_used) == 60
    assert named.columns == ("params_total", "tokens")
    for name, value in SURFACE.items():
        assert named.fit.find(name).contains(value), name
    assert named.fit.find("a").contains(SURFACE["beta"] / (SURFACE["alpha"] + SURFACE["beta"]))


def test_one_variable_at_a_time(study: Tables) -> None:
    size, tokens = fit_size(study), fit_tokens(study, law="pure_power")
    held = SURFACE["E"] + SURFACE["B"] * 4e6 ** -SURFACE["beta"]  # what N cannot mend at the longest horizon
    assert size.fit.find("E").contains(held) and size.fit.find("alpha").contains(SURFACE["alpha"])
    assert size.fit.units == 15 and size.columns == ("params_total",)
    assert tokens.fit.units == 3 and "3 seeds" in tokens.fit.find("beta").method
    assert fit_size(study, tokens=500_000).rows_used["tokens"].unique().tolist() == [500_000]
    assert fit_size(study, holdout=True).rows_used["size"].max() == 48
    assert fit_tokens(study, size=24, law="pure_power").rows_used["size"].unique().tolist() == [24]


def test_the_count_of_parameters_is_the_askers(study: Tables) -> None:
    total, body = fit_size(study), fit_size(study, "params_body")
    assert body.columns == ("params_body",) and "body parameters" in body.title
    assert body.fit.find("alpha").value < total.fit.find("alpha").value
    with pytest.raises(UnknownNameError, match="did you mean 'params_body'"):
        fit_size(study, "params_boddy")


def test_the_smoke_study(smoke: Tables) -> None:
    """Four sizes and two seeds: L(N) at every horizon; the joint law by a model of the trunks' luck, its t with 3."""
    for horizon in SMOKE["horizons"]:
        fit = fit_size(smoke, tokens=horizon, law="pure_power").fit
        assert fit.status is Status.CONVERGED and fit.units == 8 and fit.find("alpha").has_interval
    joint = fit_joint(smoke).fit
    assert joint.status is Status.CONVERGED and joint.uncertainty is not None and joint.uncertainty.degrees == 3
    assert "variance components" in joint.find("alpha").method


def test_too_few_trunks_for_a_joint_law_name_what_to_run() -> None:
    few = make_tables(**{**SMOKE, "seeds": (0,)})
    joint = fit_joint(few).fit
    assert joint.status is Status.REFUSED and "needs 8 independent units, there are 4 (trunks)" in joint.reason
    assert "`lab run kaplan_language_models --preset overnight`" in joint.next_step


def test_the_standard_set(study: Tables) -> None:
    fits = fit_study(study)
    assert {(n.fit.law, n.columns) for n in fits} >= {
        ("pure_power", ("params_total",)),
        ("power", ("params_body",)),
        ("pure_power", ("tokens",)),
        ("pure_power", ("flops",)),
        ("chinchilla", ("params_total", "tokens")),
        ("optimal_size", ("compute",)),
    }
    assert len({(n.title, n.fit.law) for n in fits}) == len(fits)
    assert all(n.fit.reason and n.fit.next_step for n in fits if n.fit.status is not Status.CONVERGED)


def test_an_empty_study_is_refused_and_says_what_to_run() -> None:
    columns = make_tables(**SMOKE).runs.iloc[:0]
    empty = Tables(Study("s-smoke", "known_entropy", "smoke"), columns, pd.DataFrame())
    for named in fit_study(empty):
        assert named.fit.status is Status.REFUSED
        assert named.fit.next_step == "lab run known_entropy --preset smoke"


def test_the_frontier_is_the_lower_hull(study: Tables) -> None:
    rows = select_runs(study).rows
    cells = rows.groupby(["size", "tokens"])[["flops", "loss_nats"]].mean()
    frontier = find_frontier(rows, "flops").groupby(["size", "tokens"])[["flops", "loss_nats"]].mean()
    x, y = np.log(frontier.sort_values("flops")).to_numpy().T
    assert (np.diff(y) < 0).all() and (np.diff(np.diff(y) / np.diff(x)) > 0).all()
    line = np.interp(np.log(cells["flops"]), x, y)
    inside = (np.log(cells["flops"]) >= x[0]) & (np.log(cells["flops"]) <= x[-1])
    assert (np.log(cells["loss_nats"])[inside] >= line[inside] - 1e-12).all()


def test_compute_and_its_approximation(study: Tables) -> None:
    for x in ("flops", "flops_6nd"):
        named = fit_compute(study, x)
        assert named.columns == (x,) and 0 < named.fit.find("gamma").value < 0.3
    with pytest.raises(UnknownNameError):
        fit_compute(study, "flop")


def make_isoflop() -> Tables:
    """Nine sizes at four budgets, no noise: N* known from the surface in closed form."""
    tables = make_tables(widths=(16,), horizons=(1,), seeds=(0, 1), rates=(0.02,), noise=0.0, trunk_noise=0.0)
    template, s = tables.runs.iloc[0].to_dict(), SURFACE
    rows = []
    for seed in (0, 1):
        for budget in (1e13, 4e13, 1.6e14, 6.4e14):
            best = (s["alpha"] * s["A"] / (s["beta"] * s["B"])) ** (1 / (s["alpha"] + s["beta"]))
            best *= (budget / 6) ** (s["beta"] / (s["alpha"] + s["beta"]))
            for n in best * np.geomspace(0.25, 4, 9):
                d = budget / 6 / n
                loss = s["E"] + s["A"] * n ** -s["alpha"] + s["B"] * d ** -s["beta"]
                key = f"{seed}-{budget:g}-{n:.0f}"
                rows.append({**template, "run_key": key, "trunk_key": key, "seed": seed, "size": n, "params_total": n,
                             "tokens": d, "unique_tokens": d, "flops": budget, "loss_nats": loss})  # fmt: skip
    return replace(tables, runs=pd.DataFrame(rows))


def test_the_best_size_grows_as_the_surface_says() -> None:
    tables = make_isoflop()
    sizes = optimal_sizes(tables)
    assert len(sizes) == 8 and sizes["optimal"].notna().all() and (sizes["sizes"] == 9).all()
    named = fit_optimal_size(tables)
    assert named.fit.theta is not None
    assert named.fit.theta[1] == pytest.approx(SURFACE["beta"] / (SURFACE["alpha"] + SURFACE["beta"]), rel=2e-3)


def test_the_best_size_at_an_edge_is_no_best_size() -> None:
    tables = make_isoflop()
    half = replace(tables, runs=tables.runs[tables.runs.groupby(["seed", "flops"])["size"].rank() <= 4])
    assert optimal_sizes(half)["optimal"].isna().all()
    assert fit_optimal_size(half).fit.status is Status.REFUSED


def test_a_users_joint_law_names_its_columns(study: Tables, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A law over N and the batch size is one file; 'size' stands for the convention, other names for their columns."""
    (tmp_path / "scaling/laws").mkdir(parents=True)
    (tmp_path / "scaling/laws/windowed.py").write_text(
        '"""Kaplan 2020 with a window."""\n'
        "from lab.scaling import Parameter, PowerSum, Term\n"
        "class Windowed(PowerSum):\n"
        "    name, citation, predictors = 'windowed', '2020', ('size', 'tokens')\n"
        "    parameters = (Parameter('A', 'A', linear=True, scale='log'), Parameter('alpha', 'α', low=0.0, high=2.0),\n"
        "                  Parameter('B', 'B', linear=True, scale='log'), Parameter('beta', 'β', low=0.0, high=2.0))\n"
        "    terms = (Term('A', 'size', 'alpha'), Term('B', 'tokens', 'beta'))\n"
        "law = Windowed()\n"
    )
    monkeypatch.setenv("LAB_PATH", str(tmp_path))
    named = fit_law_to(study, "windowed", convention="params_body")
    assert named.columns == ("params_body", "tokens") and named.fit.status is Status.CONVERGED
    assert fit_law_to(study, "pure_power", against="compute").columns == ("flops",)
    with pytest.raises(UnknownNameError, match="chinchilla"):
        fit_law_to(study, "chinchila")
    with pytest.raises(UnknownNameError):
        fit_law_to(study, "power", against="sizes")


def test_an_import_without_seeds_or_rates_is_fitted() -> None:
    """Rows that are runs of their own; nothing but N, D and the loss is known."""
    tables = make_tables(**SMOKE, trunk_noise=0.0)
    runs = tables.runs.assign(
        learning_rate=np.nan,
        unique_tokens=np.nan,
        optimizer="unknown",
        floor_nats=np.nan,
        trunk_key=tables.runs["run_key"],
    )
    imported = Tables(Study("theirs", origin="import"), runs, pd.DataFrame())
    assert len(select_runs(imported).rows) == 24
    fit = fit_joint(imported).fit
    assert fit.units == 24 and fit.status in (Status.CONVERGED, Status.UNIDENTIFIED)


def test_a_run_under_a_stop_rule_bounds_the_best_rate_and_is_not_fitted() -> None:
    """The search's run at the best rate is there twice, with the rule and without: one unit, not two."""
    tables = make_tables(rates=(0.01, 0.02, 0.04))
    plain = select_runs(tables)
    searched = tables.runs.assign(stop_nats=9.0, run_key=tables.runs["run_key"] + "s", stage="search")
    stopped = searched["learning_rate"].eq(0.04) & searched["tokens"].gt(searched["tokens"].min())
    searched.loc[stopped, ["status", "loss_nats"]] = ["stopped", np.nan]
    best = tables.runs["run_key"].isin(plain.rows["run_key"])
    assert tidy_runs(tables.runs)["stop_nats"].isna().all(), "no rule is not an empty one"
    both = replace(tables, runs=tidy_runs(pd.concat([searched, tables.runs[best]], ignore_index=True)))
    selection = select_runs(both)
    assert sorted(selection.rows["run_key"]) == sorted(plain.rows["run_key"])
    assert {"stopped", "trained under a stop rule"} <= set(selection.excluded["reason"])
