"""Intervals over replicates, and token needs on a surface where they are known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import brentq

from lab.analysis.replicates import average_replicates
from lab.analysis.sample_efficiency import compare_token_needs
from lab.core.seeds import open_stream
from tests.synthetic import chinchilla_loss, make_tables


def test_interval_covers_at_its_level() -> None:
    rng = open_stream(0, "replicates")
    covered = [average_replicates("x", rng.normal(1.0, 0.3, 3)).contains(1.0) for _ in range(4000)]
    assert np.mean(covered) == pytest.approx(0.95, abs=0.012)


def test_one_replicate_has_no_interval_and_a_missing_one_does_not_count() -> None:
    lonely = average_replicates("x", [2.0, math.nan])
    assert lonely.value == 2.0 and not lonely.has_interval and lonely.n == 1
    assert math.isnan(average_replicates("x", []).value)


def test_token_needs_on_a_noise_free_surface() -> None:
    tables = make_tables(noise=0.0, trunk_noise=0.0, rates=(0.02,), horizons=tuple(2**k for k in range(15, 25)))
    needs = compare_token_needs(tables.runs)
    assert set(needs["seed"]) == {0, 1, 2}
    sizes = tables.runs.groupby("size")["params_total"].first()
    for row in needs.itertuples():
        target = lambda d, n=sizes[row.size_large], loss=row.loss_nats: float(  # noqa: E731
            chinchilla_loss(np.array(n), np.array(d)) - loss
        )
        assert row.tokens_large == pytest.approx(brentq(target, 1e3, 1e9), rel=0.05)
        assert row.exponent > 0


def test_models_that_never_meet_are_left_out() -> None:
    tables = make_tables(noise=0.0, trunk_noise=0.0, rates=(0.02,))
    rows = tables.runs[tables.runs["size"].isin([16, 64])].copy()
    rows.loc[rows["size"] == 64, "loss_nats"] -= 10.0
    assert compare_token_needs(rows).empty
