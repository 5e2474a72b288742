"""Residuals as they are drawn: against the law, against replicates, against the normal."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

from lab.figures import draw_figure
from lab.tables import Tables
from tests.synthetic import chinchilla_loss, make_tables


def make_study(heavy: bool = False, bent: float = 0.0) -> Tables:
    """Independent runs: normal or Student's t(2) scatter of 0.3 %, and a term the law lacks."""
    tables = make_tables(rates=(0.02,), noise=0.0, trunk_noise=0.0)
    rng, runs = np.random.default_rng(3), tables.runs
    size, tokens = runs["params_total"].to_numpy(float), runs["tokens"].to_numpy(float)
    luck = rng.standard_t(2, len(runs)) if heavy else rng.standard_normal(len(runs))
    wave = bent * np.cos(3 * np.log(size)) * np.cos(3 * np.log(tokens))
    loss = chinchilla_loss(size, tokens) * np.exp(0.003 * luck + wave)
    return replace(tables, runs=runs.assign(loss_nats=loss, trunk_key=runs["run_key"]))


def test_residuals_are_those_of_the_fit_in_order() -> None:
    frame, _ = draw_figure("residuals", make_study(), {})
    runs = frame[frame["mark"] == "run"].sort_values("residual_percent")
    expected = norm.ppf((np.arange(len(runs)) + 0.5) / len(runs))
    assert runs["normal_quantile"].to_numpy() == pytest.approx(expected)
    assert runs["residual_percent"].std() == pytest.approx(0.3, rel=0.25)
    line = frame[frame["mark"] == "line"]
    slope = np.ptp(line["residual_percent"]) / np.ptp(line["normal_quantile"])
    assert slope == pytest.approx(0.3, rel=0.35), "percent per standard deviation"


@pytest.mark.parametrize("heavy", [False, True])
def test_heavy_tails_are_named(heavy: bool) -> None:
    frame, drawing = draw_figure("residuals", make_study(heavy), {})
    assert drawing.layout.annotations[0].text.startswith("heavy tails" if heavy else "tails like")
    assert ("look at the runs furthest off" in " ".join(frame.attrs["notes"])) == heavy


def test_lack_of_fit_shows_against_replicates() -> None:
    sound, bent = (" ".join(draw_figure("residuals", make_study(bent=b), {})[0].attrs["notes"]) for b in (0.0, 0.02))
    assert "20 means over seeds" in sound and "does not fit" not in sound
    assert "does not fit" in bent and "F test, p = " in bent


def test_one_seed_has_no_means() -> None:
    tables = make_tables(seeds=(0,), rates=(0.02,), widths=(8, 12, 16, 24, 32, 48, 64))
    tables = replace(tables, runs=tables.runs.assign(trunk_key=tables.runs["run_key"]))
    frame, _ = draw_figure("residuals", tables, {"against": "flops"})
    assert set(frame["mark"]) == {"run", "line"}
