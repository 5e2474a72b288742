"""Laws of calibration on evaluations whose law is known, and on models that are calibrated."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from lab.analysis.calibration.scaling import CalibrationLaw, Cells, fit_calibration, load_cells, measure_ece
from lab.analysis.calibration.studies import predict_from_cells
from lab.calibration.measures.ece_equal_width import EqualWidthError
from lab.core.errors import RefusedError, UnknownNameError
from lab.core.registry import ROOT
from lab.core.seeds import open_stream
from lab.tables import Study, Tables, load_tables
from lab.tables.frames import tidy_runs

SIZES = 10.0 ** np.arange(3, 7)
DOCUMENTS, CELLS = 40, 50


def evaluate(gap: float, count: int, rng: np.random.Generator) -> Cells:
    """Every cell's confidence is `gap` above how often it comes, at the widths' middles; documents differ in luck."""
    middle_C = (np.arange(CELLS) + 0.5) / CELLS
    count_DC = rng.multinomial(count // DOCUMENTS, np.full(CELLS, 1 / CELLS), size=DOCUMENTS)
    right_DC = rng.binomial(count_DC, np.clip(middle_C - gap, 0, 1))
    return Cells(count_DC.astype(float), count_DC * middle_C, right_DC.astype(float))


def fit(exponent: float, size: float = 0.2, count: int = 40_000, seed: int = 0, **asked: str) -> CalibrationLaw:
    """Four sizes of five trunks whose gap is `size` · (N / 10³)^−exponent."""
    rng = open_stream(seed, "scaling")
    rows, cells = [], {}
    for n in SIZES:
        for trunk in range(5):
            key = f"{int(n)}-{trunk}"
            cells[key] = evaluate(size * (n / SIZES[0]) ** -exponent, count, rng)
            rows.append({"run_key": key, "trunk_key": key, "params_total": n, "tokens": 1e6, "flops": 6e6 * n,
                         "loss_nats": 2.0, "seed": trunk, "family": "lstm", "source": "markov",
                         "optimizer": "adamw", "unique_tokens": 1e6})  # fmt: skip
    runs = tidy_runs(pd.DataFrame(rows).assign(study="made", status="done", stage="grid", error=""))
    tables = Tables(Study("made"), runs, pd.DataFrame(columns=["run_key"]))
    return fit_calibration(tables, cells, **asked)  # type: ignore[arg-type]


def test_a_law_that_is_there_is_found() -> None:
    law = fit(0.2)
    assert law.preferred == "power law" and not law.is_the_estimators
    assert law.fit.find("alpha").value == pytest.approx(0.2, abs=0.02)
    assert law.explain() == "a power law is preferred over a constant"


def test_no_law_is_an_answer() -> None:
    found = [fit(0.0, 0.1, seed=seed) for seed in range(3)]
    assert sum(law.preferred == "power law" for law in found) <= 1
    assert "no power law is preferred over a constant" in {law.explain() for law in found}


def test_the_slope_of_the_estimator_is_told_from_one_of_the_model() -> None:
    """Calibrated models evaluated on ever more tokens: ECE falls as n^−½, and so does the null."""
    rng = open_stream(0, "estimator")
    rows, cells = [], {}
    for n in SIZES:
        for trunk in range(5):
            key = f"{int(n)}-{trunk}"
            cells[key] = evaluate(0.0, int(4 * n), rng)
            rows.append({"run_key": key, "trunk_key": key, "params_total": n, "tokens": 1e6, "loss_nats": 2.0,
                         "family": "lstm", "source": "markov", "optimizer": "adamw", "unique_tokens": 1e6})  # fmt: skip
    runs = tidy_runs(pd.DataFrame(rows).assign(study="made", status="done", stage="grid", error="", seed=0))
    law = fit_calibration(Tables(Study("made"), runs, pd.DataFrame(columns=["run_key"])), cells)
    assert law.preferred == "power law" and law.is_the_estimators
    assert law.null_slope.value == pytest.approx(0.5, abs=0.05)
    assert "calibrated models show such a slope too" in law.explain()


def test_the_debiased_gap_is_the_gap() -> None:
    law = fit(0.0, 0.1, measure="root_gap")
    assert law.points["value"].mean() == pytest.approx(0.1, abs=0.005)


def test_the_archived_language_models() -> None:
    tables = load_tables(ROOT / "results" / "kaplan_language_models-standard.parquet")
    cells = load_cells(tables, list(tables.runs["run_key"]))
    assert len(cells) == len(tables.runs)
    law = fit_calibration(tables, cells)
    assert law.fit.find("alpha").contains(0) and law.preferred != "power law"
    shown = tables.runs.set_index("run_key")["ece_top1"]
    assert law.points["value"].to_numpy() == pytest.approx(shown[law.points["run_key"]].to_numpy(), rel=1e-4)


def test_refusals() -> None:
    with pytest.raises(UnknownNameError, match="predictor"):
        fit(0.2, against="colour")
    with pytest.raises(RefusedError, match="at least 5 trunks"):
        fit(0.2, against="tokens")
    with pytest.raises(RefusedError, match="holds no evaluations"):
        load_cells(Tables(Study("mine", origin="import"), pd.DataFrame(), pd.DataFrame()), [])


def test_cells_as_predictions_keep_their_sums_and_documents() -> None:
    cells = evaluate(0.1, 8_000, open_stream(0, "predictions"))
    predictions = predict_from_cells(cells)
    assert predictions.weight_N.sum() == cells.places.sum() and len(np.unique(predictions.group_N)) == DOCUMENTS
    assert EqualWidthError(bins=CELLS).of(predictions) == pytest.approx(measure_ece(cells, np.ones((1, DOCUMENTS)))[0])
