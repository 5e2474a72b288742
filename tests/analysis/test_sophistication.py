"""The structure function over the runs of a study."""

from __future__ import annotations

import numpy as np
import pytest

from lab.analysis.complexity.sophistication import measure_sophistication
from lab.tables import Tables
from tests import synthetic


def test_parameters_pay_until_they_explain_no_more() -> None:
    tables = synthetic.make_tables(rates=(0.02,), noise=0.0, trunk_noise=0.0)
    found = measure_sophistication(tables, "parameters", bits_per_parameter=16, significance=0.0)
    assert found.tokens == 4_000_000 and found.estimate.n == 3
    assert (np.diff(found.means["least_bits"]) < 0).all()  # here every size lowers the loss
    total = found.means["model_bits"] + found.means["rest_bits"]
    best = found.means.loc[total.idxmin(), "params_total"]
    assert found.estimate.value == found.estimate.low == 16 * best
    cheap, dear = (measure_sophistication(tables, "parameters", bits, 0.0).estimate.value for bits in (1, 64))
    assert cheap / 1 > found.estimate.value / 16 > dear / 64  # the dearer a parameter, the smaller the net


def test_the_prequential_model_is_what_learning_cost() -> None:
    tables = synthetic.make_tables(rates=(0.02,))
    rows = measure_sophistication(tables, "prequential").rows
    np.testing.assert_allclose(rows["model_bits"] + rows["rest_bits"], rows["online_bits"])
    loose, strict = (measure_sophistication(tables, "prequential", significance=s).estimate.value for s in (0.5, 0.0))
    assert loose <= strict


def test_too_few_sizes_are_refused() -> None:
    tables = synthetic.make_tables(widths=(16, 24), rates=(0.02,))
    assert "3 sizes" in measure_sophistication(tables).reason
    nothing = Tables(tables.study, tables.runs.iloc[:0], tables.curves.iloc[:0])
    assert "the most is 0" in measure_sophistication(nothing).reason


def test_runs_without_an_online_code_are_left_out() -> None:
    tables = synthetic.make_tables(rates=(0.02,))
    runs = tables.runs.assign(online_bits=tables.runs["online_bits"].where(tables.runs["tokens"] < 3e6))
    assert measure_sophistication(Tables(tables.study, runs, tables.curves)).tokens == 2_000_000


@pytest.mark.parametrize("model_code", ["parameters", "prequential"])
def test_every_seed_is_a_unit(model_code: str) -> None:
    tables = synthetic.make_tables(rates=(0.02,), seeds=(0, 1, 2, 3))
    assert measure_sophistication(tables, model_code).estimate.n == 4  # type: ignore[arg-type]
