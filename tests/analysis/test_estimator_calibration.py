"""Bias with its interval, the trusted length, the error's exponent, and the coverage of a mean over sources."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from lab.analysis.complexity.estimator_calibration import (
    assess_methods,
    average_sources,
    collect_points,
    find_trusted_lengths,
    fit_convergence,
    measure_bias,
)
from lab.core.seeds import open_stream
from lab.tables import Tables
from tests import synthetic
from tests.studies.estimators import LENGTHS, METHODS, TRUTHS, make_tables


def test_points_are_what_was_measured_and_no_truth_is_no_error() -> None:
    tables = make_tables()
    points = collect_points(tables)
    assert len(points) == len(TRUTHS) * len(METHODS) * 3 * len(LENGTHS)
    unknown = points["source"].str.startswith("elementary")
    assert points.loc[unknown, "error_bits"].isna().all()
    own = points[(points["method"] == "kt") & (points["source"] == "bernoulli") & (points["seed"] == 1)]
    np.testing.assert_allclose(own["error_bits"], own["estimate_bits"] - 1.0)
    assert collect_points(synthetic.make_tables()).empty
    assert measure_bias(collect_points(synthetic.make_tables())).empty


def test_branches_of_one_trunk_count_once() -> None:
    tables = make_tables(sources=("bernoulli",))
    runs = tables.runs.assign(run_key="b" + tables.runs["run_key"], length=LENGTHS[-2])
    curves = tables.curves[tables.curves["length"] < LENGTHS[-1]]
    curves = curves.assign(run_key="b" + curves["run_key"])
    both = Tables(tables.study, pd.concat([tables.runs, runs]), pd.concat([tables.curves, curves]))
    assert len(collect_points(both)) == len(collect_points(tables))


def test_bias_is_the_mean_over_seeds_with_students_interval() -> None:
    bias = measure_bias(collect_points(make_tables(seeds=5)))
    own = bias[(bias["method"] == "deflate") & (bias["source"] == "even_process")]
    true = 6.0 * LENGTHS**-0.45
    assert ((own["low"] < true) & (true < own["high"])).mean() >= 5 / 7
    assert (own["seeds"] == 5).all()
    single = measure_bias(collect_points(make_tables(seeds=1)))
    assert single["low"].isna().all()


def test_the_trusted_length_is_where_the_interval_stays_inside() -> None:
    bias = measure_bias(collect_points(make_tables(noise=0.02, seeds=5)))
    trusted = find_trusted_lengths(bias, 0.1).set_index(["method", "source"])["trusted"]
    assert trusted["deflate", "bernoulli"] == LENGTHS[(6.0 * LENGTHS**-0.45) < 0.1].min()
    assert trusted["kt", "bernoulli"] == 256
    assert trusted.loc[["block_decomposition"]].isna().all(), "30/√n is above 0.1 at every length"
    assert trusted.xs("prng", level="source").isna().all(), "nothing is trusted where no truth is known"


def test_one_seed_without_an_answer_is_no_trust() -> None:
    tables = make_tables(noise=0.001, seeds=5, sources=("bernoulli",))
    hit = tables.curves["run_key"].eq(tables.runs.loc[tables.runs["method"] == "kt", "run_key"].iloc[0])
    tables.curves.loc[hit & (tables.curves["length"] == LENGTHS[3]), "estimate_bits"] = np.nan
    trusted = find_trusted_lengths(measure_bias(collect_points(tables)), 0.2).set_index("method")["trusted"]
    assert trusted["kt"] == LENGTHS[4]


def test_a_slow_method_is_judged_as_far_as_it_was_asked() -> None:
    tables = make_tables(noise=0.001, seeds=5, sources=("bernoulli",))
    slow = tables.curves["run_key"].isin(tables.runs.loc[tables.runs["method"] == "kt", "run_key"])
    tables.curves.loc[slow & (tables.curves["length"] > LENGTHS[2]), "estimate_bits"] = np.nan
    trusted = find_trusted_lengths(measure_bias(collect_points(tables)), 0.1).set_index("method")
    assert (trusted.loc["kt", "trusted"], trusted.loc["kt", "longest"]) == (256, LENGTHS[2])


def test_the_engine_finds_the_exponent_of_the_error() -> None:
    found = fit_convergence(collect_points(make_tables(noise=1e-3, seeds=5, sources=("bernoulli", "prng"))))
    by_method = {c.method: c for c in found}
    assert {c.source for c in found} == {"bernoulli"}
    for method, (_, _, _, exponent) in METHODS.items():
        assert by_method[method].status == "converged", by_method[method].reason
        assert by_method[method].exponent.value == pytest.approx(exponent, abs=0.02)
        assert by_method[method].exponent.has_interval


def test_no_error_is_exact_and_few_lengths_are_refused() -> None:
    exact = make_tables(scale=0.0, noise=0.0, sources=("bernoulli",))
    assert {c.status for c in fit_convergence(collect_points(exact))} == {"exact"}
    points = collect_points(make_tables(sources=("bernoulli",)))
    short = fit_convergence(points[points["length"] <= LENGTHS[2]])
    assert {c.status for c in short} == {"refused"}
    assert all(math.isnan(c.exponent.value) for c in short)


@pytest.mark.parametrize("shared", [0.0, 0.9])
def test_the_interval_of_a_mean_over_sources_covers_whatever_a_seeds_sources_share(shared: float) -> None:
    """Sources of one seed are drawn from the same numbers: taken for independent, the interval would be too short."""
    rng, held, trials = open_stream(0, "sources"), 0, 600
    means, spreads = np.array([0.3, -0.1, 2.0, 0.0]), np.array([0.1, 0.5, 1.0, 3.0])
    for _ in range(trials):
        luck = shared**0.5 * rng.standard_normal((1, 12)) + (1 - shared) ** 0.5 * rng.standard_normal((4, 12))
        found = average_sources("x", stack(means[:, None] + spreads[:, None] * luck))
        assert found.n == 12
        held += found.contains(means.mean())
    assert 0.95 - 3 * (0.95 * 0.05 / trials) ** 0.5 <= held / trials <= 0.95 + 3 * (0.95 * 0.05 / trials) ** 0.5


def stack(values: np.ndarray) -> pd.Series:
    """A value per (source, seed)."""
    names = pd.MultiIndex.from_product([[f"s{k}" for k in range(len(values))], range(values.shape[1])])
    return pd.Series(values.ravel(), names.set_names(["source", "seed"]))


def test_a_seed_without_one_of_the_sources_is_left_out_and_so_is_a_source_without_values() -> None:
    values = stack(np.array([[1.0, 2.0, math.nan], [5.0, 5.0, 5.0], [math.nan] * 3]))
    found = average_sources("x", values)
    assert (found.value, found.n) == (3.25, 2)
    assert not average_sources("x", values.iloc[:0]).has_interval


def test_an_assessment_holds_bias_trust_and_law_of_every_pair_of_known_truth() -> None:
    points = collect_points(make_tables(noise=1e-3, seeds=5, sources=("bernoulli", "prng")))
    found = {one.method: one for one in assess_methods(points, 0.1)}
    assert set(found) == set(METHODS)
    kt = found["kt"]
    assert (kt.source, kt.length, kt.trusted) == ("bernoulli", LENGTHS[-1], 256)
    assert kt.bias.contains(3.0 * LENGTHS[-1] ** -0.8)
    assert kt.convergence.exponent.value == pytest.approx(0.8, abs=0.02)
    assert math.isnan(found["block_decomposition"].trusted)
    assert assess_methods(collect_points(synthetic.make_tables()), 0.1) == []
