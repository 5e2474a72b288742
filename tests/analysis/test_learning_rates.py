"""The search for the learning rate: which rate is best, and whether it is bracketed."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from lab.analysis.learning_rates import CELL, summarize_rates
from tests.synthetic import make_tables


def make_cell(losses: dict[float, float | None], seed: int = 0, **columns: object) -> pd.DataFrame:
    """Runs of one cell, a rate each; None is a diverged one."""
    rows = [
        {
            "family": "lstm",
            "dials": "",
            "optimizer": "adamw",
            "source": "bytes_text",
            "settings": "",
            "batch_tokens": 2048.0,
            "window": 128.0,
            "size": 32,
            "tokens": 1000,
            "seed": seed,
            "learning_rate": rate,
            "status": "done" if loss is not None else "diverged",
            "loss_nats": loss if loss is not None else math.nan,
            **columns,
        }
        for rate, loss in losses.items()
    ]
    return pd.DataFrame(rows).astype({"loss_nats": float})


def test_the_best_rate_of_every_cell_is_found() -> None:
    tables = make_tables(noise=0.0, trunk_noise=0.0)
    cells = summarize_rates(tables.runs)
    assert len(cells) == 5 * 4 and (cells["learning_rate"] == 0.02).all()
    assert (cells["rates_tried"] == 5).all() and not cells["on_edge"].any() and not cells["stored"].any()
    np.testing.assert_allclose(cells["vertex"].astype(float), 0.02, rtol=1e-6)
    np.testing.assert_allclose(cells["regret_nats"].astype(float), 0.0, atol=1e-9)


@pytest.mark.parametrize("column", CELL)
def test_runs_that_differ_in_anything_are_no_rivals(column: str) -> None:
    """Without the clip, say, another rate is best: neither is judged by the other's losses."""
    one, other = make_cell({0.01: 2.0, 0.02: 1.9, 0.04: 2.1}), make_cell({0.01: 1.5, 0.02: 1.6, 0.04: 1.7})
    other[column] = other[column] * 2 if other[column].dtype.kind in "if" else "clip_norm 0.0"
    cells = summarize_rates(pd.concat([one, other], ignore_index=True))
    assert sorted(cells["learning_rate"]) == [0.01, 0.02]


def test_a_vertex_between_rates_has_a_regret() -> None:
    best = 0.014
    losses = {rate: 2 + 0.1 * math.log(rate / best) ** 2 for rate in (0.005, 0.01, 0.02, 0.04)}
    (cell,) = summarize_rates(make_cell(losses)).to_dict("records")
    assert cell["vertex"] == pytest.approx(best) and cell["vertex_loss"] == pytest.approx(2)
    assert cell["regret_nats"] == pytest.approx(0.1 * math.log(cell["learning_rate"] / best) ** 2)


@pytest.mark.parametrize(
    ("losses", "on_edge"),
    [({0.01: 2.0, 0.02: 1.9, 0.04: 1.8}, True), ({0.01: 2.0, 0.02: 1.9, 0.04: None}, False), ({0.02: 1.9}, False)],
)
def test_edge(losses: dict[float, float | None], on_edge: bool) -> None:
    """A rate that diverged was tried and was worse; a single stored rate has no edge."""
    (cell,) = summarize_rates(make_cell(losses)).to_dict("records")
    assert cell["on_edge"] == on_edge and cell["stored"] == (len(losses) == 1)


def test_rates_are_compared_on_the_same_seeds() -> None:
    """Bad luck of a second seed that ran the best rate only does not hand the cell to a rival."""
    search = make_cell({0.01: 2.00, 0.02: 1.95, 0.04: 2.01})
    unlucky = make_cell({0.02: 2.20}, seed=1)
    (cell,) = summarize_rates(pd.concat([search, unlucky])).to_dict("records")
    assert cell["learning_rate"] == 0.02


def test_a_cell_without_a_finished_run_has_no_best_rate() -> None:
    assert summarize_rates(make_cell({0.01: None, 0.02: None})).empty
    assert summarize_rates(pd.DataFrame()).empty
