"""Learning curves and learning rates."""

import numpy as np
import pytest

from lab.core.errors import UnknownNameError
from lab.figures import draw_figure
from lab.tables import Tables
from tests.synthetic import make_tables


def test_unknown_option_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="view"):
        draw_figure("learning_rates", make_tables(), {"veiw": "drift"})
    with pytest.raises(UnknownNameError, match="drift"):
        draw_figure("learning_rates", make_tables(), {"view": "drfit"})


def test_curves_of_imported_runs_are_missing_and_said_so() -> None:
    study = make_tables()
    frame, drawing = draw_figure("learning_curves", Tables(study.study, study.runs, study.curves.iloc[:0]), {})
    assert frame.empty and "No run of this study carries" in drawing.layout.annotations[0].text


def test_curves_of_the_best_rate_or_of_all() -> None:
    tables = make_tables(rates=(0.01, 0.02, 0.04), noise=0.0, trunk_noise=0.0)
    best, every = (draw_figure("learning_curves", tables, {"rates": rates})[0] for rates in ("best", "all"))
    rates = tables.runs.set_index("run_key")["learning_rate"]
    assert set(rates[best["run_key"].unique()]) == {0.02} and set(rates[every["run_key"].unique()]) == {
        0.01,
        0.02,
        0.04,
    }
    ends = best[best["mark"] == "end"].set_index("run_key")["loss_nats"]
    assert ends.to_dict() == tables.runs.set_index("run_key")["loss_nats"][ends.index].to_dict()


def test_curves_break_between_runs() -> None:
    _, drawing = draw_figure("learning_curves", make_tables(widths=(16,)), {})
    line = next(trace for trace in drawing.data if trace.mode == "lines")
    steps = np.diff(np.asarray(line.x, float))
    assert np.isnan(steps).any() and (steps[~np.isnan(steps)] > 0).all()


def test_parabola_finds_the_known_vertex() -> None:
    tables = make_tables(rates=(0.01, 0.02, 0.04), best_rate=0.02, noise=0.0, trunk_noise=0.0)
    frame, _ = draw_figure("learning_rates", tables, {})
    best, curve = (frame[frame["mark"] == mark] for mark in ("best", "parabola"))
    assert best["learning_rate"].to_numpy() == pytest.approx(0.02)
    for horizon, rows in curve.groupby("tokens"):
        assert rows["loss_nats"].min() == pytest.approx(best.set_index("tokens")["loss_nats"][horizon], abs=1e-4)


def test_best_rate_on_the_edge_is_open_and_counted() -> None:
    tables = make_tables(widths=(16, 24), rates=(0.02, 0.04), best_rate=0.02, noise=0.0, trunk_noise=0.0)
    for view in ("parabola", "drift"):
        frame, drawing = draw_figure("learning_rates", tables, {"view": view})
        assert "8 with the best rate on the edge" in " ".join(frame.attrs["notes"])
        opened = [trace for trace in drawing.data if trace.name.endswith("edge") and len(trace.x)]
        assert sum(len(trace.x) for trace in opened) == (frame["mark"] == "best").sum()
        assert all(trace.marker.symbol.endswith("-open") for trace in opened)


def test_optimizers_of_one_size_stay_apart() -> None:
    tables = make_tables(widths=(16, 24))
    runs = tables.runs.assign(optimizer=np.where(tables.runs["seed"] == 1, "adamw", "muon"))
    for view in ("parabola", "drift"):
        frame, _ = draw_figure("learning_rates", Tables(tables.study, runs, tables.curves), {"view": view})
        assert {name.split()[0] for name in frame["series"]} == {"adamw", "muon"}


def test_a_single_rate_tilts_beta_only_where_the_best_rate_drifts() -> None:
    tables = make_tables(rates=(0.01, 0.02, 0.04), noise=0.0, trunk_noise=0.0)
    frame, drawing = draw_figure("learning_rates", tables, {"view": "tilt"})
    at_best = frame[(frame["mark"] == "mean") & (frame["learning_rate"] == 0.02)]["tilt"]
    assert at_best.to_numpy() == pytest.approx(0.0, abs=1e-12)  # no drift, so the best rate is best everywhere
    late = tables.runs["tokens"] > 1_000_000
    slower = (
        0.02 * np.log2(tables.runs["learning_rate"] / 0.01) ** 2
        - 0.02 * np.log2(tables.runs["learning_rate"] / 0.02) ** 2
    )
    runs = tables.runs.assign(loss_nats=tables.runs["loss_nats"] + late * slower)  # the long runs want 0.01
    frame, _ = draw_figure("learning_rates", Tables(tables.study, runs, tables.curves), {"view": "tilt"})
    mean = frame[frame["mark"] == "mean"].set_index("learning_rate")["tilt"]
    assert mean[0.04] < mean[0.02] < -0.001 < 0.001 < mean[0.01]
    assert len(drawing.data)
