"""The path of a fit from least absolute deviations to least squares."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from lab.analysis.laws.delta_path import DELTAS, follow_delta, tabulate_path
from lab.tables import import_runs
from tests.synthetic import make_tables
from tests.truth import find_truth

NAMES = ["A", "B", "alpha", "beta", "E"]
PUBLISHED = {  # A, B, α, β, E; the first by Besiroglu et al., the others measured with an independent program
    0.0: (482.01, 2085.43, 0.3478, 0.3658, 1.8169),
    1e-6: (481.9, 2085.0, 0.3478, 0.3658, None),
    1e-3: (477.8, 2143.4, 0.34731, 0.36717, 1.81722),
    0.1: (593.0, 4876.0, 0.360, 0.406, 1.8645),
    1.0: (593.0, 4876.0, 0.360, 0.406, 1.8645),
    np.inf: (593.0, 4876.0, 0.360, 0.406, 1.8645),
}


@pytest.fixture(scope="module")
def epoch(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    points = pd.read_csv(find_truth("laws/epoch/epoch_chinchilla_svg_extracted_data.csv"))
    path = tmp_path_factory.mktemp("epoch") / "points.csv"
    points[points["loss"] < points["loss"].nlargest(5).min()].to_csv(path, index=False)
    mapping = {"params_total": "Model Size", "flops": "Training FLOP", "loss_nats": "loss"}
    tables = import_runs(path, mapping)
    assert len(tables.runs) == 240
    return tabulate_path(follow_delta(tables)).pivot_table(index="delta", columns="name", values="value")


@pytest.mark.parametrize("delta", PUBLISHED)
def test_epochs_path(epoch: pd.DataFrame, delta: float) -> None:
    found = epoch.loc[delta, NAMES]
    for name, value in zip(NAMES, PUBLISHED[delta], strict=True):
        if value is not None:
            digits = 0.5 * 10.0 ** -max(0, len(f"{value:g}".partition(".")[2]))  # half of the last one given
            assert abs(found[name] - value) <= max(2 * digits, 3e-4 * value), name


def test_a_hardly_moves(epoch: pd.DataFrame) -> None:
    ratio = (epoch["beta"] / (epoch["alpha"] + epoch["beta"])).round(3)
    assert ratio.min() == 0.513 and ratio.max() == 0.53


def fit_constants(spoilt: float) -> pd.Series:
    """E along the path, where one run in ten went wrong by the factor `spoilt`."""
    tables = make_tables(rates=(0.02,), noise=0.002, trunk_noise=0.0)
    tables.runs["loss_nats"] *= np.where(np.arange(len(tables.runs)) % 10 == 0, spoilt, 1.0)
    path = tabulate_path(follow_delta(tables))
    return path[path["name"] == "E"].set_index("delta")["value"]


def test_outliers_pull_the_squares_and_not_the_absolute_deviations() -> None:
    spoilt = fit_constants(1.2)
    moved = (spoilt - fit_constants(1.0)).abs()
    assert moved[np.inf] > 3 * moved[0.0]
    assert spoilt[1.0] == pytest.approx(spoilt[np.inf], rel=1e-6), "beyond every residual Huber's loss is the square"
    assert spoilt[DELTAS[0]] == pytest.approx(spoilt[0.0], abs=1e-3)


def test_the_change_is_from_the_default() -> None:
    path = tabulate_path(follow_delta(make_tables(rates=(0.02,)), "pure_power"))
    usual = path[path["delta"] == 0.01]
    assert (usual["change_percent"] == 0).all() and (path["change_percent"].abs() > 0).any()
    assert sorted(path["delta"].unique()) == [0.0, *DELTAS, np.inf]


def test_runs_that_do_not_bear_the_law() -> None:
    (named,) = follow_delta(make_tables(widths=(16, 24), seeds=(0,), rates=(0.02,)))
    assert named.fit.status == "refused"
