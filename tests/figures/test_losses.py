"""The figures of loss, fit and forecast: what is drawn, counted, marked, refused; and their files."""

import numpy as np
import pandas as pd
import pytest

from lab.core.errors import UnknownNameError
from lab.figures import draw_figure, list_run_keys
from lab.figures.printing import export_figure, render_matplotlib
from lab.tables import Tables
from tests.synthetic import make_tables


@pytest.fixture(scope="module")
def tables() -> Tables:
    """A study with a floor, a search over three rates, and one run that diverged."""
    study = make_tables(rates=(0.01, 0.02, 0.04), floor_nats=0.9, noise=0.001, trunk_noise=0.001)
    study.runs.loc[study.runs["stage"].eq("search").idxmax(), ["status", "loss_nats"]] = ["diverged", np.nan]
    return study


def test_left_out_runs_are_drawn_and_counted(tables: Tables) -> None:
    frame, drawing = draw_figure("loss_vs_tokens", tables, {})
    out = frame[frame["mark"] == "left out"]
    searched = tables.runs[(tables.runs["learning_rate"] != 0.02) & (tables.runs["status"] == "done")]
    assert set(out["run_key"]) == set(searched["run_key"])
    assert f"left out ({len(searched)})" in [trace.name for trace in drawing.data]
    assert f"Left out: {len(searched) + 1} runs" in " ".join(frame.attrs["notes"])  # the diverged one has no loss


def test_seeds_are_points_beside_their_mean(tables: Tables) -> None:
    frame, _ = draw_figure("loss_vs_tokens", tables, {"law": "none"})
    runs, means = (frame[frame["mark"] == mark] for mark in ("run", "mean"))
    assert len(runs) == 5 * 4 * 3 and len(means) == 5 * 4
    chosen = runs[(runs["series"] == "N = 180 k") & (runs["tokens"] == 4_000_000)]["loss_nats"]
    mean = means[(means["series"] == "N = 180 k") & (means["tokens"] == 4_000_000)].iloc[0]
    half = 4.302653 * chosen.std() / np.sqrt(3)  # Student's t, two degrees of freedom
    assert mean["loss_nats"] == pytest.approx(chosen.mean())
    assert mean["high"] - mean["loss_nats"] == pytest.approx(half, rel=1e-5)


def test_held_out_runs_are_open_markers(tables: Tables) -> None:
    frame, drawing = draw_figure("forecast", tables, {})
    held = frame[frame["mark"] == "held out"]
    assert set(held["run_key"]) == set(
        tables.runs[(tables.runs["size"] == 64) & (tables.runs["learning_rate"] == 0.02)]["run_key"]
    )
    opened = [trace for trace in drawing.data if (trace.marker.symbol or "").endswith("-open")]
    assert len(opened[0].y) == len(held)


def test_known_floor_is_drawn_where_there_is_one(tables: Tables) -> None:
    for name in ("loss_vs_tokens", "fit"):
        assert 0.9 in draw_figure(name, tables, {})[0].query("mark == 'floor'")["loss_nats"].to_numpy()
        assert "floor" not in set(draw_figure(name, make_tables(), {})[0]["mark"])


def test_refused_fit_still_shows_the_runs_and_why() -> None:
    few = make_tables(widths=(16,), horizons=(500_000,), seeds=(0,), rates=(0.02,))
    for name in ("loss_vs_tokens", "loss_vs_parameters", "loss_vs_compute", "fit", "forecast"):
        frame, drawing = draw_figure(name, few, {})
        assert set(frame["run_key"].dropna()) == set(few.runs["run_key"]) and "law" not in set(frame["mark"])
        assert "No " in drawing.layout.annotations[0].text
        render_matplotlib(drawing, (3.5, 3.0))


def test_export_writes_every_format_twice_alike(tables: Tables, tmp_path) -> None:
    first = export_figure("loss_vs_tokens", tables, {}, tmp_path / "a")
    second = export_figure("loss_vs_tokens", tables, {}, tmp_path / "b")
    assert [path.suffix for path in first] == [".pdf", ".svg", ".png", ".html", ".csv", ".md"]
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes(), one.suffix
    behind = pd.read_csv(tmp_path / "a" / "loss_vs_tokens.csv")
    frame, _ = draw_figure("loss_vs_tokens", tables, {})
    assert len(behind) == len(frame) and behind["loss_nats"].to_numpy() == pytest.approx(frame["loss_nats"].to_numpy())
    caption = (tmp_path / "a" / "loss_vs_tokens.md").read_text()
    assert all(key in caption for key in list_run_keys(frame))


def test_export_refuses_an_unknown_format_or_width(tables: Tables, tmp_path) -> None:
    with pytest.raises(UnknownNameError, match="pdf"):
        export_figure("fit", tables, {}, tmp_path, formats=("pfd",))
    with pytest.raises(UnknownNameError, match="double"):
        export_figure("fit", tables, {}, tmp_path, width="duoble")
    assert not list(tmp_path.iterdir())


def test_forecast_of_few_runs_falls_back_and_says_so() -> None:
    smoke = make_tables(widths=(16, 24, 32, 48), horizons=(2**18, 2**19, 2**20), seeds=(0, 1), rates=(0.02,))
    frame, _ = draw_figure("forecast", smoke, {})
    notes = " ".join(frame.attrs["notes"])
    assert "Law chinchilla refused" in notes and "Law pure_power fitted" in notes
    assert (frame["mark"] == "held out").sum() == 6
