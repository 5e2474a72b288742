"""Intervals over replicates, and the tokens a larger model saves."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lab.analysis.sample_efficiency import measure_token_saving
from lab.core.replicates import average_replicates
from lab.core.seeds import open_stream
from tests.synthetic import make_tables


def test_interval_covers_at_its_level() -> None:
    rng = open_stream(0, "replicates")
    covered = [average_replicates("x", rng.normal(1.0, 0.3, 3)).contains(1.0) for _ in range(4000)]
    assert np.mean(covered) == pytest.approx(0.95, abs=0.012)


def test_one_replicate_has_no_interval_and_a_missing_one_does_not_count() -> None:
    lonely = average_replicates("x", [2.0, math.nan])
    assert lonely.value == 2.0 and not lonely.has_interval and lonely.n == 1
    assert math.isnan(average_replicates("x", []).value)


def test_token_saving_of_a_product_law_is_the_ratio_of_its_exponents() -> None:
    rows = make_tables(rates=(0.02,)).runs
    rows["loss_nats"] = 50.0 * rows["params_total"] ** -0.1 * rows["tokens"] ** -0.2
    saved = measure_token_saving(rows)
    assert list(saved.index) == [0, 1, 2]
    np.testing.assert_allclose(saved, 0.5)


def test_token_saving_is_positive_on_a_chinchilla_surface_and_needs_a_grid() -> None:
    rows = make_tables(rates=(0.02,)).runs
    assert (measure_token_saving(rows) > 0).all()
    assert measure_token_saving(rows[rows["size"] == 16]).empty
