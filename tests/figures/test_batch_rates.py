"""The surface of rate × batch × horizon: the power of the batch is found again, one batch is no surface."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lab.figures import draw_figure
from tests.studies.batch_rates import BATCHES, POWER, make_tables


def test_the_power_of_the_batch_is_found_again() -> None:
    frame, _ = draw_figure("batch_rates", make_tables(), {})
    best = frame[frame["mark"] == "best"]
    assert len(best) == 2 * len(BATCHES)
    for _, rows in best.groupby("tokens"):
        power = np.polyfit(np.log(rows["batch_tokens"].astype(float)), np.log(rows["learning_rate"].astype(float)), 1)[
            0
        ]
        assert power == pytest.approx(POWER, abs=1e-6)
    assert frame.attrs["notes"][1].count(f"{POWER:.2f}") == 2


def test_one_batch_is_no_surface() -> None:
    tables = make_tables()
    one = replace(tables, runs=tables.runs[tables.runs["batch_tokens"] == BATCHES[0]])
    frame, drawing = draw_figure("batch_rates", one, {})
    assert frame.empty and "one batch size" in drawing.layout.annotations[0].text.replace("<br>", " ")
