"""Recipes compared: slope or offset, units of evidence, pooling, refusals; on surfaces that are known."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from scipy import stats

from lab.analysis import select_runs
from lab.analysis.comparisons.pooling import pool_estimates
from lab.analysis.comparisons.recipes import Contrast, RecipeComparison, choose_units_over, compare_recipes
from lab.analysis.laws.grouped import GROUP, group_law
from lab.analysis.laws.named import load_law
from lab.core.errors import InputError, UnknownNameError
from lab.core.verdict import Outcome
from lab.tables import Tables
from tests.synthetic import SURFACE, join_tables, make_tables

HORIZONS = (500_000, 1_000_000, 2_000_000, 4_000_000)


@cache
def make_recipes(noise: float = 0.002, seed: int = 0, horizons: tuple[int, ...] = HORIZONS, **changed: float) -> Tables:
    """Three seeds of five sizes at all horizons by adamw, and by muon with `changed` parameters of the surface."""
    settings = {"rates": (0.02,), "noise": noise, "trunk_noise": noise, "horizons": horizons}
    plain = make_tables(optimizer="adamw", rng_seed=seed, **settings)
    return join_tables(plain, make_tables(surface={**SURFACE, **changed}, rng_seed=seed + 1000, **settings))


def find(found: RecipeComparison, exponent: str, group: str = "muon") -> Contrast:
    return next(c for c in found.contrasts if (c.group, c.exponent) == (group, exponent))


def test_selection_within_every_recipe_drops_none_of_them() -> None:
    tables = make_recipes()
    assert set(select_runs(tables).rows["optimizer"]) == {"adamw"} and len(select_runs(tables).excluded) == 60
    both = select_runs(tables, "optimizer")
    assert len(both.rows) == 120 and both.excluded.empty
    quiet = {"noise": 0.0, "trunk_noise": 0.0}
    tuned = join_tables(make_tables(optimizer="adamw", best_rate=0.01, **quiet), make_tables(**quiet))
    rates = select_runs(tuned, "optimizer").rows.groupby("optimizer")["learning_rate"].unique()
    assert {name: list(own) for name, own in rates.items()} == {"adamw": [0.01], "muon": [0.02]}
    with pytest.raises(UnknownNameError, match="optimizer"):
        select_runs(tables, "optimiser")


def test_an_offset_is_seen_as_one_exactly() -> None:
    found = compare_recipes(make_recipes(noise=0.0, A=SURFACE["A"] * 0.8, B=SURFACE["B"] * 0.7))
    alpha, beta = find(found, "alpha"), find(found, "beta")
    assert [alpha.difference.value, beta.difference.value] == pytest.approx([0.0, 0.0], abs=1e-9)
    assert [alpha.ratio.value, beta.ratio.value] == pytest.approx([0.8, 0.7], rel=1e-8)
    equal = [0.8 ** (1 / SURFACE["alpha"]), 0.7 ** (1 / SURFACE["beta"])]
    assert [alpha.equivalent.value, beta.equivalent.value] == pytest.approx(equal, rel=1e-7)
    assert found.judge("muon") is Outcome.SUPPORTED and "offset only" in found.describe("muon")


def test_a_slope_is_told_from_an_offset() -> None:
    found = compare_recipes(make_recipes(alpha=0.56, A=280.0))
    assert find(found, "alpha").difference.contains(0.14)
    assert find(found, "alpha").outcome is Outcome.NOT_SUPPORTED
    assert found.judge("muon") is Outcome.NOT_SUPPORTED and "alpha" in found.describe("muon")
    assert found.wald[3] < 1e-3


def test_contrasts_cover_at_their_level() -> None:
    """Studies with a common slope and half the tokens needed: as many intervals hold as 95 % intervals would."""
    truth, count, ends = 0.5, 16, (HORIZONS[0], HORIZONS[-1], HORIZONS[1])
    held = {"alpha": 0, "beta": 0, "offset": 0, "wald": 0}
    for seed in range(count):
        found = compare_recipes(make_recipes(seed=seed, horizons=ends, B=SURFACE["B"] * truth ** SURFACE["beta"]))
        held["alpha"] += find(found, "alpha").difference.contains(0.0)
        held["beta"] += find(found, "beta").difference.contains(0.0)
        held["offset"] += find(found, "beta").equivalent.contains(truth)
        held["wald"] += found.wald[3] > 0.05
    least = stats.binom.ppf(0.01, count, 0.95)
    assert min(held.values()) >= least, f"{held} of {count}; {least:g} or more in 99 of 100 cases"


def test_pairs_are_the_units_where_trunks_pair() -> None:
    tables = make_recipes()
    rows = select_runs(tables, "optimizer").rows
    assert choose_units_over(rows, "optimizer", 9)[0] == "pair"
    assert choose_units_over(rows, "optimizer", 13)[0] == "trunk"  # fifteen pairs do not bear thirteen parameters
    odd = rows[~((rows["optimizer"] == "muon") & (rows["seed"] == 2) & (rows["size"] == 16))]
    unit, labels = choose_units_over(odd, "optimizer", 9)
    assert unit == "trunk" and len(set(labels)) == 29
    assert compare_recipes(tables).own.units == 15


def test_luck_shared_by_a_pair_cancels_in_the_contrast() -> None:
    tables = make_recipes(noise=0.0005, B=SURFACE["B"] * 0.8)
    luck = {(size, seed): 0.01 * np.sin(7 * size + 3 * seed) for size in tables.runs["size"] for seed in (0, 1, 2)}
    runs = tables.runs.copy()
    runs["loss_nats"] *= np.exp([luck[pair] for pair in zip(runs["size"], runs["seed"], strict=True)])
    paired = find(compare_recipes(replace(tables, runs=runs)), "alpha").difference
    alone = compare_recipes(replace(tables, runs=runs.assign(size=runs["size"] + 0.1 * (runs["optimizer"] == "muon"))))
    assert alone.own.units == 30
    assert paired.high - paired.low < 0.5 * (find(alone, "alpha").difference.high - find(alone, "alpha").difference.low)


def test_grouped_law_is_the_base_in_every_group_and_its_gradient_is_right() -> None:
    base = load_law("chinchilla")
    law = group_law(base, ("a", "b"), ("E",), ((1.0, 60.0, 900.0, 0.4, 0.5), (2.0, 30.0, 700.0, 0.3, 0.6)))
    assert law.names == ("E", "A[a]", "A[b]", "B[a]", "B[b]", "alpha[a]", "alpha[b]", "beta[a]", "beta[b]")
    x = {"size": np.array([1e4, 1e5, 1e4]), "tokens": np.array([1e6, 1e6, 4e6]), GROUP: np.array([1.0, 2.0, 2.0])}
    starts = law.propose(x, np.ones(3))
    assert starts[0] == pytest.approx([math.sqrt(2), 60.0, 30.0, 900.0, 700.0, 0.4, 0.3, 0.5, 0.6])
    own = {name: x[name] for name in base.predictors}
    first, second = (base.predict(starts[0][[0, g + 1, g + 3, g + 5, g + 7]], **own) for g in (0, 1))
    assert law.predict(starts[0], **x).tolist() == [first[0], second[1], second[2]]
    step = 1e-6 * np.diag(starts[0])
    slope = (law.predict(starts[0] + step, **x) - law.predict(starts[0] - step, **x)).T / (2 * np.diag(step))
    assert law.gradient(starts[0], **x) == pytest.approx(slope, rel=1e-6, abs=1e-12)


def test_what_else_differs_is_said_and_other_data_have_their_own_floor() -> None:
    tables = make_recipes()
    lstm = tables.runs["optimizer"].eq("muon")
    runs = tables.runs.assign(family=np.where(lstm, "lstm", "transformer"))
    found = compare_recipes(replace(tables, runs=runs), by="family")
    assert any(note.startswith("optimizer differs too") for note in found.notes)
    assert "E" in found.own.form.names
    other = compare_recipes(
        replace(tables, runs=runs.assign(source=np.where(lstm, "markov", "bytes_text"))), by="family"
    )
    assert {"E[lstm]", "E[transformer]"} <= set(other.own.form.names)
    assert (compare_recipes(tables).margin, compare_recipes(tables, law="power").margin) == (0.05, 0.02)
    single = compare_recipes(tables, law="power", against="size")
    assert {"E[muon]", "E[adamw]"} <= set(single.own.form.names)  # holds what the tokens cost


def test_exponents_of_several_recipes_are_pooled() -> None:
    parts = [
        make_tables(
            rates=(0.02,), noise=0.002, trunk_noise=0.002, rng_seed=i, optimizer=f"o{i}", surface={**SURFACE, "B": b}
        )
        for i, b in enumerate((700.0, 900.0, 1100.0))
    ]
    found = compare_recipes(join_tables(*parts))
    alpha, beta = found.pooled
    assert alpha.mean.n == 3 and alpha.mean.contains(SURFACE["alpha"]) and beta.mean.contains(SURFACE["beta"])
    assert alpha.next_group.high >= alpha.mean.high and len(alpha.drawn) == 3


def test_refusals_say_why() -> None:
    alone = compare_recipes(make_tables(rates=(0.02,)))
    assert "1 optimizer" in alone.reason and alone.own is None and not alone.contrasts
    few = join_tables(
        make_tables(rates=(0.02,), optimizer="adamw"), make_tables(widths=(16, 24), rates=(0.02,), seeds=(0,))
    )
    found = compare_recipes(few)
    assert "bear no fit" in found.reason and "muon" in found.dropped
    assert "reference" in compare_recipes(few, reference="muon").reason
    nothing = make_tables(rates=(0.02,))
    own_column = nothing.runs.assign(recipe="new").iloc[:0]
    assert "0 recipe" in compare_recipes(Tables(nothing.study, own_column, nothing.curves), by="recipe").reason
    with pytest.raises(UnknownNameError, match="did you mean 'muon'"):
        compare_recipes(make_recipes(), reference="moun")
    with pytest.raises(UnknownNameError, match="did you mean 'optimizer'"):
        compare_recipes(make_recipes(), by="optimiser")
    with pytest.raises(InputError, match="above 0"):
        compare_recipes(make_recipes(), margin=-0.1)
    with pytest.raises(InputError, match="sum of powers"):
        compare_recipes(make_recipes(), law="multiplicative")


def test_random_effects_of_a_textbook_case() -> None:
    """Equal variances: μ is the mean, τ² the sample variance less the error's, and the interval Student's."""
    values, error = np.array([0.30, 0.36, 0.42, 0.40]), 0.01
    pooled = pool_estimates("alpha", values, error**2 * np.eye(4))
    assert pooled.mean.value == pytest.approx(values.mean())
    assert pooled.spread == pytest.approx(np.sqrt(values.var(ddof=1) - error**2), rel=1e-5)
    half = 3.182446305284263 * values.std(ddof=1) / 2
    assert pooled.mean.high - pooled.mean.value == pytest.approx(half, rel=1e-5)
    shrunk = values.mean() + (1 - error**2 / values.var(ddof=1)) * (values - values.mean())
    assert pooled.drawn == pytest.approx(shrunk, rel=1e-5)
    same = pool_estimates("alpha", np.array([0.4, 0.4, 0.4]), error**2 * np.eye(3))
    assert (
        same.spread == pytest.approx(0.0, abs=1e-8) and same.drawn == pytest.approx([0.4] * 3) and same.mean.high > 0.4
    )
    assert "3 are needed" in pool_estimates("alpha", values[:2], np.eye(2)).reason


def test_the_interval_of_one_group_more_holds_it() -> None:
    """Four groups that differ by three times their errors, and a fifth."""
    rng, count, held = np.random.default_rng(0), 300, np.zeros(2)
    for _ in range(count):
        truth = 0.4 + 0.03 * rng.standard_normal(5)
        pooled = pool_estimates("alpha", truth[:4] + 0.01 * rng.standard_normal(4), 1e-4 * np.eye(4))
        held += [pooled.mean.contains(0.4), pooled.next_group.contains(truth[4])]
    assert (held >= stats.binom.ppf(0.01, count, 0.95)).all(), held
