"""The figures of the best size show the numbers of the approaches, and a study that has none says so."""

from __future__ import annotations

import numpy as np
import pytest

from lab.analysis.optimum.approaches import compare_approaches
from lab.analysis.optimum.comparison import LAW
from lab.figures import draw_figure
from tests.analysis.isoflop import CHINCHILLA, find_best, make_valleys


def test_the_corrected_vertex_stands_beside_the_published_one() -> None:
    frame, drawing = draw_figure("isoflop_valleys", make_valleys(), {})
    by_mark = {mark: rows.set_index("flop")["params_total"] for mark, rows in frame.groupby("mark")}
    true = [find_best(CHINCHILLA, flop) for flop in by_mark["corrected"].index]
    assert by_mark["corrected"].to_numpy() == pytest.approx(true, rel=1e-8)
    assert (by_mark["vertex"] / by_mark["corrected"]).to_numpy() == pytest.approx(1 / (1 - 0.0510), abs=1e-4)
    assert by_mark["flat"].groupby("flop").min().lt(true).all() and by_mark["flat"].groupby("flop").max().gt(true).all()
    assert len(frame[frame["mark"] == "run"]) == 75
    assert {"vertex, as published", "vertex, corrected"} <= {trace.name for trace in drawing.data}


def test_a_refused_valley_has_points_and_no_parabola() -> None:
    frame, _ = draw_figure("isoflop_valleys", make_valleys(shift=40.0), {})
    assert set(frame["mark"]) == {"run", "size"}
    assert any("No best size at" in note and "at the smallest size" in note for note in frame.attrs["notes"])


def test_no_two_sizes_share_a_budget() -> None:
    frame, drawing = draw_figure("isoflop_valleys", make_valleys(count=1, reach=1), {})
    assert set(frame["mark"]) == {"run"} and "0 budgets" in drawing.layout.annotations[0].text


def test_the_approaches_lie_on_the_truth_and_between_the_flat_ends() -> None:
    tables = make_valleys(noise=0.001)
    frame, _ = draw_figure("optimal_size", tables, {})
    law = frame[(frame["mark"] == "approach") & frame["series"].str.startswith("3 joint law")]
    true = np.array([find_best(CHINCHILLA, flop) for flop in law["flops"]])
    assert (law["low"] < true).all() and (true < law["high"]).all()
    flat = frame[frame["mark"] == "flat"]
    assert (flat["low"].to_numpy() < true).all() and (true < flat["high"].to_numpy()).all()
    a = compare_approaches(tables).estimate_exponent(LAW)
    assert f"a = {a.value:.2g}" in law["series"].iloc[0]
    assert any("envelope refused" in note for note in frame.attrs["notes"])
