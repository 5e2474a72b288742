"""Numbers behind the figures of calibration."""

from __future__ import annotations

import numpy as np
import pytest

from lab.figures import draw_figure
from lab.tables import Tables
from tests.studies.calibration import SIZES, make_tables


def test_isolines_join_equal_scores() -> None:
    frame, drawn = draw_figure("miscalibration_discrimination", make_tables(), {})
    models, lines = (frame[frame["mark"] == mark] for mark in ("model", "isoline"))
    assert len(models) == 2 * len(SIZES) and models["series"].nunique() == 2
    parts = models["miscalibration"] - models["discrimination"] + models["uncertainty"]
    assert models["score"].tolist() == pytest.approx(parts.tolist())
    held = lines["miscalibration"] - lines["discrimination"] + 0.24
    assert held.tolist() == pytest.approx(lines["score"].tolist()) and lines["score"].nunique() >= 3
    joined = [trace for trace in drawn.data if trace.name == "lstm" and trace.mode == "lines"]
    assert list(joined[0].y) == sorted(joined[0].y)  # from the smallest on


def test_a_single_model_has_lines_around_it() -> None:
    tables = make_tables()
    one = tables.runs[tables.runs["object"] == "lstm 10,000"]
    frame, _ = draw_figure("miscalibration_discrimination", Tables(tables.study, one, tables.curves), {})
    lines = frame[frame["mark"] == "isoline"]["score"]
    assert lines.min() < frame["score"].iloc[0] < lines.max()


def test_differing_uncertainties_are_said() -> None:
    tables = make_tables()
    runs = tables.runs.copy()
    changed = (runs["measure"] == "uncertainty") & (runs["family"] == "lstm")
    runs.loc[changed, "measured"] = 0.2
    frame, _ = draw_figure("miscalibration_discrimination", Tables(tables.study, runs, tables.curves), {})
    assert any("0.220" in note for note in frame.attrs["notes"])


def test_a_panel_per_model_with_both_bands() -> None:
    frame, drawn = draw_figure("reliability_diagram", make_tables(), {"curve": "equal_width"})
    curves = frame[frame["mark"] == "curve"]
    assert curves["panel"].nunique() == 2 and set(curves["reliability_curve"]) == {"equal_width"}
    bands = [trace for trace in drawn.data if trace.fill == "toself"]
    assert len(bands) == 4 and {band.name for band in bands} == {"consistency band", "confidence band"}
    assert np.all(curves["low"] <= curves["frequency"]) and np.all(curves["high"] >= curves["frequency"])
