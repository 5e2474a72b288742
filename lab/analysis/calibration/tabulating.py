"""An assessment as the tables of a study, which the figures draw, and as rows, one per estimate, to be exported."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any, get_args

import numpy as np
import pandas as pd

from lab.analysis.calibration.assessment import Assessment, estimate_selective
from lab.calibration.reliability import Curve, Reliability, trace_reliability
from lab.calibration.resampling import Evaluation
from lab.core.estimate import Estimate
from lab.core.fingerprint import KEY_LENGTH, hash_literal
from lab.core.registry import open_shelf
from lab.tables import Study, Tables
from lab.tables.frames import CURVE, tidy_runs

AS_IT_CAME = "none"
PARTS = ("miscalibration", "discrimination", "uncertainty")  # of the score, shown of every stage


def tabulate_assessment(assessment: Assessment) -> Tables:
    """A study named after the file: a run per measure, per recalibrator, per kind of set.

    Curves: risk against coverage, and reliability with both bands, of the predictions as they came and as each
    recalibrator moves them; size and coverage of sets against the misses allowed.
    """
    name = assessment.read.name
    runs: list[dict[str, Any]] = []
    curves: list[pd.DataFrame] = []

    def add(identity: dict[str, str], values: dict[str, float], curve: pd.DataFrame | None = None) -> None:
        key = hash_literal([name, *map(list, identity.items())])[:KEY_LENGTH]
        runs.append({"run_key": key, "trunk_key": key, "object": name, "seed": 0, **identity, **values})
        if curve is not None:
            curves.append(curve.assign(run_key=key, trunk_key=key))

    came = assessment.read.predictions
    stages = [(AS_IT_CAME, came, assessment.evaluations, assessment.selective.curve)]
    for one in assessment.recalibrations:
        stages.append((one.name, one.done.after, one.after, estimate_selective(one.done.after).curve))
    for stage, predictions, evaluations, curve in stages:
        add({"recalibrator": stage}, {}, curve)
        for kind in get_args(Curve):
            reliability = _list_reliability(trace_reliability(predictions, kind))
            add({"recalibrator": stage, "reliability_curve": kind}, {}, reliability)
        for evaluation in evaluations:
            add({"recalibrator": stage, "measure": evaluation.measure.name}, _list_values(evaluation))
        for measure in sorted({*PARTS} - {evaluation.measure.name for evaluation in evaluations}):
            value = open_shelf("measures").load(measure).of(predictions)
            add({"recalibrator": stage, "measure": measure}, {"measured": value})
    for method in dict.fromkeys(found.method for found in assessment.sets):
        add({"set_method": method}, {}, _list_sets(assessment, method))
    frame = tidy_runs(pd.DataFrame(runs).assign(study=name, status="done", stage="grid", error=""))
    points = pd.concat(curves, ignore_index=True)
    points = points.reindex(columns=list(dict.fromkeys(["run_key", "trunk_key", *CURVE, *points])))
    return Tables(Study(name, origin="import", counts={"done": len(frame)}), frame, points)


def list_estimates(assessment: Assessment) -> pd.DataFrame:
    """Every number with its interval, one per row: of, estimate, value, low, high, level, unit, method, n, nulls."""
    rows: list[dict[str, Any]] = []

    def add(of: str, estimates: Iterable[Estimate], **more: Any) -> None:
        for one in estimates:
            facts = one.to_dict()
            rows.append({"of": of, "estimate": facts.pop("name"), **facts, **more})

    for of, evaluations in (
        (AS_IT_CAME, assessment.evaluations),
        *((one.name, one.after) for one in assessment.recalibrations),
    ):
        for evaluation in evaluations:
            values = _list_values(evaluation)
            add(of, [evaluation.estimate], **{k: values[k] for k in ("measured", "null_expected", "null_quantile")})
    add(AS_IT_CAME, [assessment.temperature, *assessment.selective.estimates])
    for found in assessment.sets:
        add(f"{found.method} sets, {found.alpha:g} may miss", [found.estimate_coverage(), found.estimate_size()])
    for one in assessment.recalibrations:
        add(f"before − after {one.name}", one.contrasts)
    return pd.DataFrame(rows)


def is_flagged(evaluation: Evaluation) -> bool:
    """Whether a measure that vanishes under calibration is what calibrated models often have."""
    return evaluation.measure.vanishes and evaluation.null is not None and evaluation.null.indistinguishable


def _list_values(evaluation: Evaluation) -> dict[str, float]:
    estimate, null = evaluation.estimate, evaluation.null
    known = null is not None and evaluation.measure.vanishes
    return {
        "measured": evaluation.value,
        "corrected": estimate.value,
        "low": estimate.low,
        "high": estimate.high,
        "null_expected": null.expected.value if known and null else math.nan,
        "null_quantile": null.quantile if known and null else math.nan,
    }


def _list_reliability(traced: Reliability) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "confidence": traced.confidence_P,
            "frequency": traced.frequency_P,
            "share": traced.share_P,
            "consistent_low": traced.consistent_low_P,
            "consistent_high": traced.consistent_high_P,
            "low": traced.low_P,
            "high": traced.high_P,
        }
    )


def _list_sets(assessment: Assessment, method: str) -> pd.DataFrame:
    def list_rows() -> Iterator[dict[str, float]]:
        for found in assessment.sets:
            if found.method == method:
                size, coverage = found.estimate_size(), found.estimate_coverage()
                foreseen = found.law.bound(len(found.held_N))
                yield {
                    "miss_rate": found.alpha,
                    "set_size": size.value,
                    "low": size.low,
                    "high": size.high,
                    "set_coverage": coverage.value,
                    "coverage_low": coverage.low,
                    "coverage_high": coverage.high,
                    "foreseen_low": foreseen[0],
                    "foreseen_high": foreseen[1],
                }

    return pd.DataFrame(list_rows()).astype(np.float64)
