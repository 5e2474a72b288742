"""The page Calibration: predictions simulated, uploaded and hostile, and a study without evaluations."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dashboard.pages.calibration import assess_file, assess_sample, read_evaluations
from lab.core.errors import InputError
from lab.core.registry import ROOT
from lab.tables import load_tables
from tests.dashboard.test_pages import open_page, read


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LAB_STORE", str(tmp_path / "lab.db"))
    monkeypatch.setenv("LAB_ARCHIVES", str(tmp_path))
    monkeypatch.setattr("dashboard.pages.calibration.REPLICATES", 60)
    monkeypatch.setattr("lab.analysis.calibration.studies.MOST_MODELS", 2)
    return tmp_path


def test_a_world_of_known_truth_is_judged_and_the_study_is_asked_for() -> None:
    page = open_page("calibration", **{"world.sharpness": "0.5"})
    told = {metric.label: metric.value for metric in page.metric}
    assert abs(float(told["Calibration error, bias off"]) - float(told["True error"])) < 0.05
    assert float(told["True error"]) > 0.05
    measures = page.dataframe[0].value.set_index("measure")
    assert measures.loc["Brier score", "low"] < measures.loc["Brier score", "high"]
    assert len(page.get("plotly_chart")) == 3, "no sets without classes"
    assert "lab run kaplan_language_models" in read(page)


def test_a_calibrated_world_is_said_to_be_one() -> None:
    found = assess_sample(200, 1.0, "platt", 0)
    assert found.metrics["True error (calibrated)"] == "0.0000"
    assert "as calibrated models have" in found.notes[0]


def test_somebodys_file(place: Path) -> None:
    rng = np.random.default_rng(0)
    said = rng.dirichlet(np.ones(3), 300)
    label = (said.cumsum(axis=1) < rng.random(300)[:, None]).sum(axis=1)
    frame = pd.DataFrame(said, columns=["p0", "p1", "p2"]).assign(kind=label)
    content = frame.to_csv(index=False).encode()
    found = assess_file("<b>mine</b>.csv", content, {"label": "kind"}, "temperature")
    assert found.metrics["Predictions"] == "300" and "label: kind" in found.notes[-1]
    assert found.tables.study.name == "<b>mine</b>.csv" and "set_size" in found.tables.curves
    with pytest.raises(InputError, match="the label of every row is needed"):
        assess_file("mine.csv", content, {}, "temperature")
    with pytest.raises(InputError, match="is not an array that NumPy wrote"):
        assess_file("mine.npz", b"PK no", {}, "temperature")


def test_the_evaluations_of_a_study_are_drawn_and_their_law_told() -> None:
    tables = load_tables(ROOT / "results" / "kaplan_language_models-standard.parquet")
    evaluated, laws = read_evaluations(tables)
    assert evaluated is not None and list(laws["against"]) == ["params_total", "tokens", "flops"]
    assert "preferred" in laws["answer"].iloc[0]
    models = evaluated.runs[evaluated.runs["measure"] == "ece_equal_width"]
    assert len(models) == 2 and models["params_total"].is_unique
    assert len(evaluated.runs) > len(tables.runs) and set(tables.runs["run_key"]) < set(evaluated.runs["run_key"])
    other = load_tables(ROOT / "results" / "kolmogorov_bounds-standard.parquet")
    assert read_evaluations(other)[0] is None
