"""Calibration: may a model's confidence be trusted? Predictions of one's own first, then what a study found."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import pandas as pd
import streamlit as st

from dashboard.controls import choose_options
from dashboard.exhibit import show_topics
from dashboard.grid import offer_csv, show_grid
from dashboard.notices import contain_errors, show_hint
from dashboard.pages import Page
from dashboard.studies import BY_HASH, read_tables
from dashboard.text import escape_markdown
from lab.analysis.calibration.assessment import Assessment, assess_predictions, list_measures
from lab.analysis.calibration.reading import ROLES, ReadPredictions, list_columns, read_predictions
from lab.analysis.calibration.scaling import fit_calibration, load_cells
from lab.analysis.calibration.studies import assess_study
from lab.analysis.calibration.tabulating import is_flagged, tabulate_assessment
from lab.calibration.measure import CellMeasure
from lab.calibration.simulated import World
from lab.core.errors import RefusedError
from lab.core.seeds import open_stream
from lab.figures import Range, draw_figure
from lab.tables import Study, Tables

COMMAND = "lab run kaplan_language_models --preset standard"
KINDS = ("csv", "tsv", "parquet", "npz")
REPLICATES = 300
LARGEST_MEGABYTES = 32
FOUND = "–"
LIVE = ("reliability_diagram", "recalibration", "risk_coverage", "conformal_sets")
COLUMNS = ("measure", "selective_risk", "frequency", "questions")  # any of them: a study that the figures can draw

Recalibrated = Literal["temperature", "platt", "beta", "isotonic", "histogram", "scaling_binning"]


@dataclass(frozen=True)
class Sample:
    """What is judged where no file is: confidences of a beta distribution, right with the probability
    σ(`sharpness` · logit): 1 is calibrated, below it is too sure. `recalibrated`: by which map, fitted by folds.
    """

    predictions: Literal[200, 1000, 5000, 20000] = 1000
    sharpness: Annotated[float, Range(0.2, 2.0, 0.1)] = 0.6
    recalibrated: Recalibrated = "temperature"
    seed: Annotated[int, Range(0, 20, 1)] = 0


@dataclass(frozen=True)
class Mending:
    """`recalibrated`: by which map, fitted by folds."""

    recalibrated: Recalibrated = "temperature"


@dataclass(frozen=True)
class Found:
    """What the page shows of an assessment: metrics by name, a row per measure, the study of it, notes."""

    metrics: dict[str, str]
    measures: pd.DataFrame
    tables: Tables
    notes: tuple[str, ...]


def render(study: Study | None) -> None:
    """Predictions of one's own or of a world whose truth is known; then the study's figures."""
    st.title("Calibration", anchor=False)
    st.header("Can these confidences be trusted?", anchor="predictions")
    with contain_errors():
        st.fragment(_show_predictions)()
    tables = read_tables(study) if study is not None else None
    if study is None or tables is None:
        show_hint("No study here", "A study whose runs were evaluated says how calibration goes with size.", COMMAND)
        return
    with contain_errors():
        _show_study(study, tables)


def _show_study(study: Study, tables: Tables) -> None:
    """The figures of the study's evaluations, and whether their calibration follows a law."""
    evaluated, laws = read_evaluations(tables)
    if evaluated is None and not _holds_any(tables):
        show_hint("No evaluations here", "The runs of this study kept no confidences.", COMMAND)
        return
    st.header("What the study found", anchor="study")
    if len(laws):
        show_grid(laws)
        offer_csv(laws, study.name, "calibration_laws")
        st.caption(
            "Top-1 calibration error as A·x^(−α), each run's error over documents known to the fit. 'If calibrated': "
            "the exponents of models that are calibrated and say the same. `lab calibration-law STUDY` says more."
        )
    show_topics("calibration", study, tables if evaluated is None else evaluated)


@st.cache_data(hash_funcs=BY_HASH, max_entries=8, show_spinner="Reading evaluations …")
def read_evaluations(tables: Tables) -> tuple[Tables | None, pd.DataFrame]:
    """The study with a model per size read from its stored cells, and a row per law; None where none were stored."""
    try:
        cells = load_cells(tables, list(tables.runs["run_key"]))
        evaluated = assess_study(tables, cells)
    except RefusedError:
        return None, pd.DataFrame()
    rows: list[dict[str, Any]] = []
    for against in ("params_total", "tokens", "flops"):
        try:
            law = fit_calibration(tables, cells, "ece", against)
        except RefusedError:
            continue
        alpha, null = law.fit.find("alpha"), law.null_slope
        rows.append({
            "against": against,
            "exponent α": alpha.value,
            "low": alpha.low,
            "high": alpha.high,
            "if calibrated": f"{null.value:.3g} [{null.low:.3g}, {null.high:.3g}]",
            "trunks": len(law.points),
            "answer": law.explain(),
        })  # fmt: skip
    return evaluated, pd.DataFrame(rows)


def _holds_any(tables: Tables) -> bool:
    held = pd.concat([tables.runs.reindex(columns=COLUMNS), tables.curves.reindex(columns=COLUMNS)])
    return bool((held.notna() & (held != "")).any(axis=None))


def _show_predictions() -> None:
    file = st.file_uploader(
        "Predictions of your own: p0 … pK and a label, or a confidence and whether it was right",
        type=KINDS,
        max_upload_size=LARGEST_MEGABYTES,
        key="calibration.file",
    )
    if file is None:
        found = assess_sample(**choose_options("world", Sample))
    else:
        columns = _choose_columns(file.name, file.getvalue())
        found = assess_file(file.name, file.getvalue(), columns, **choose_options("mending", Mending))
    with st.container(horizontal=True, gap="medium"):
        for name, value in found.metrics.items():
            st.metric(name, value, border=True)
    for name in LIVE:
        frame, drawing = draw_figure(name, found.tables, {})
        if not frame.empty:
            st.plotly_chart(drawing, theme=None, key=f"calibration-{name}", config={"displaylogo": False})
            st.caption(escape_markdown(" ".join(f"{note}." for note in frame.attrs["notes"]), limit=1000))
    show_grid(found.measures)
    offer_csv(found.measures, found.tables.study.name, "measures")
    for note in found.notes:
        st.caption(escape_markdown(f"{note}.", limit=1000))
    st.caption("`lab calibrate FILE` has every recalibrator, measures of all classes, and more resamples.")


def _choose_columns(name: str, content: bytes) -> dict[str, str]:
    """A select per role, of the file's columns; '–' is by the usual names."""
    with st.expander("Columns"), st.container(horizontal=True, gap="small"):
        names = [FOUND, *_list_columns(name, content)]
        chosen = {
            role: st.selectbox(role.capitalize(), names, key=f"calibration.{role}", width=180)
            for role in ROLES
            if role != "probabilities" or name.lower().endswith(".npz")
        }
    return {role: column for role, column in chosen.items() if column not in (FOUND, None)}


@st.cache_data(max_entries=16, show_spinner=False)
def _list_columns(name: str, content: bytes) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        return list_columns(_keep(folder, name, content))


@st.cache_data(max_entries=32, show_spinner="Resampling …")
def assess_sample(predictions: int, sharpness: float, recalibrated: str, seed: int) -> Found:
    """The assessment of simulated predictions, with their true calibration error among the metrics."""
    world = World(distortion="temperature", strength=sharpness)
    drawn = world.draw(predictions, open_stream(seed, "dashboard", "calibration"))
    found = _assess(ReadPredictions("simulated", drawn), recalibrated)
    truth = "True error" if sharpness != 1 else "True error (calibrated)"
    return Found({**found.metrics, truth: f"{world.integrate(1):.4f}"}, found.measures, found.tables, found.notes)


@st.cache_data(max_entries=8, show_spinner="Resampling …")
def assess_file(name: str, content: bytes, columns: dict[str, str], recalibrated: str) -> Found:
    """The assessment of somebody's file; raises `InputError` for what is no predictions."""
    with tempfile.TemporaryDirectory() as folder:
        read = read_predictions(_keep(folder, name, content), columns)
    shown = ReadPredictions(name, read.predictions, read.classes, read.columns, read.notes)
    return _assess(shown, recalibrated)


def _keep(folder: str, name: str, content: bytes) -> Path:
    path = Path(folder) / f"predictions{Path(name).suffix.lower()}"
    path.write_bytes(content)
    return path


def _assess(read: ReadPredictions, recalibrated: str) -> Found:
    measures = [one for one in list_measures(read.predictions) if isinstance(one, CellMeasure)]
    found = assess_predictions(read, (recalibrated,), replicates=REPLICATES, measures=measures)
    p, error = read.predictions, found.find("ece_equal_width")
    flag = " · as calibrated models have" if is_flagged(error) else ""
    metrics = {
        "Predictions": f"{len(p):,}",
        "Right": f"{(p.weight_N @ p.outcome_N) / p.weight_N.sum():.1%}",
        "Mean confidence": f"{(p.weight_N @ p.confidence_N) / p.weight_N.sum():.1%}",
        "Calibration error, bias off": f"{error.estimate.value:.4f}",
        "Best temperature": f"{found.temperature.value:.3g}",
    }
    told = ", ".join(f"{role}: {column}" for role, column in read.columns.items())
    notes = [f"Calibration error {error.estimate}{flag}; best temperature {found.temperature}", *read.notes]
    notes += [f"Read as {told}"] if told else []
    return Found(metrics, tabulate_measures(found), tabulate_assessment(found), tuple(notes))


def tabulate_measures(found: Assessment) -> pd.DataFrame:
    """A row per measure: as measured, bias off, its interval, the null where the measure vanishes, and what to say."""
    rows: list[dict[str, Any]] = []
    for one in sorted(found.evaluations, key=lambda one: not one.measure.vanishes):
        null = one.null if one.measure.vanishes else None
        why = "" if one.estimate.has_interval else one.estimate.method.removeprefix("no valid interval: ")
        rows.append({
            "measure": one.measure.title,
            "as measured": one.value,
            "bias off": one.estimate.value,
            "low": one.estimate.low,
            "high": one.estimate.high,
            "unit": one.measure.unit,
            "calibrated models, mean": null.expected.value if null else float("nan"),
            "and 95 %": null.quantile if null else float("nan"),
            "verdict": "indistinguishable from calibrated" if is_flagged(one) else why,
        })  # fmt: skip
    return pd.DataFrame(rows)


page = Page(title="Calibration", icon="verified", order=10, render=render)
