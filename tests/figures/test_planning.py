"""The figures of planning: what they show is what the plan says; a study that bears none says why."""

from __future__ import annotations

import numpy as np
import pytest

from lab.analysis.laws.fits import fit_joint
from lab.analysis.plans.allocation import allocate
from lab.figures import draw_figure
from lab.tables import Tables
from tests.synthetic import make_tables


@pytest.fixture(scope="module")
def tables() -> Tables:
    return make_tables(widths=(16, 24, 32, 48, 64, 96), rates=(0.02,))


@pytest.mark.parametrize("budget", [1, 100])
def test_the_valley_is_the_plans(tables: Tables, budget: int) -> None:
    frame, drawing = draw_figure("allocation", tables, {"budget": budget})
    named = fit_joint(tables)
    dearest = 6 * float((named.rows_used["params_total"] * named.rows_used["tokens"]).max())
    plan = allocate(named.fit, budget * dearest, rows=named)
    best, law = frame[frame["mark"] == "best"].iloc[0], frame[frame["mark"] == "law"]
    found = plan.find("best size")
    assert (best["params_total"], best["low_size"], best["high_size"]) == (found.value, found.low, found.high)
    assert best["loss_nats"] == pytest.approx(law["loss_nats"].min(), rel=1e-9)
    assert law["loss_nats"].idxmin() == law.index[len(law) // 2]  # drawn around the best size
    assert (law["low"] < law["loss_nats"]).all() and (law["loss_nats"] < law["high"]).all()
    low, high = frame.loc[frame["mark"] == "flat", "params_total"]
    assert low < found.value < high and any("within 1 %" in (trace.name or "") for trace in drawing.data)


def test_the_interval_narrows_from_where_it_is(tables: Tables) -> None:
    frame, _ = draw_figure("design", tables, {"target": 30, "budget": 10})
    for kind in ("run", "mean"):
        widths = frame[(frame["mark"] == "width") & (frame["series"] == kind)].sort_values("flops")[
            "half_width_percent"
        ]
        before = frame.loc[(frame["mark"] == "before") & (frame["series"] == kind), "half_width_percent"].item()
        assert (np.diff([before, *widths]) < 0).all()
    luck = frame.loc[frame["mark"] == "luck", "half_width_percent"].item()
    runs = frame[(frame["mark"] == "width") & (frame["series"] == "run")]["half_width_percent"]
    assert 0 < luck < runs.max()
    new = frame[frame["mark"] == "new"]
    assert new["order"].nunique() <= 12 and set(new["params_total"]) & set(tables.runs["params_total"])


@pytest.mark.parametrize("name", ["allocation", "design"])
def test_too_few_sizes_are_refused_in_the_figure(name: str) -> None:
    frame, drawing = draw_figure(name, make_tables(widths=(16, 24), rates=(0.02,)), {})
    assert "different values" in frame.attrs["refused"] and len(frame) and len(drawing.data) == 1
    assert "different" in drawing.layout.annotations[0].text
