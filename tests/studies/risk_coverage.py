"""A study of two models' predictions before and after two recalibrators, with curves of known shape."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from lab.core.fingerprint import hash_literal
from lab.tables import Study, Tables
from lab.tables.frames import tidy_runs

MEASURES = {  # as they came, and at best
    "ece_equal_width": (0.12, 0.01),
    "smooth_ece": (0.11, 0.012),
    "miscalibration": (0.02, 0.001),
    "brier": (0.2, 0.18),
    "log_loss": (0.7, 0.5),
    "aurc": (0.1, 0.1),
}
MODELS = {"small.csv": 0.4, "large.csv": 0.2}  # error rate
MENDED = {"none": 0.0, "temperature": 0.8, "isotonic": 1.0}  # share of the way from the first to the second
MISSES = np.array([0.02, 0.05, 0.1, 0.2, 0.3])
COVERAGES = np.linspace(0.02, 1, 50)


def make_tables() -> Tables:
    """Runs and curves as `lab calibrate` makes them of two files."""
    runs: list[dict[str, Any]] = []
    curves: list[pd.DataFrame] = []

    def add(values: dict[str, Any], curve: pd.DataFrame | None = None) -> None:
        key = hash_literal(["calibration", len(runs)])[:16]
        runs.append({"run_key": key, "trunk_key": key, "seed": 0, **values})
        if curve is not None:
            curves.append(curve.assign(run_key=key, trunk_key=key))

    for model, error in MODELS.items():
        for recalibrator, share in MENDED.items():
            stage = {"object": model, "recalibrator": recalibrator}
            risk = error * COVERAGES**1.5
            bars = {"low": np.maximum(risk - 0.02, 0), "high": risk + 0.02}
            add(stage, pd.DataFrame({"coverage": COVERAGES, "selective_risk": risk, **bars}))
            for measure, (came, best) in MEASURES.items():
                value = (came + share * (best - came)) * (1 + error)
                null = np.nan if measure in ("brier", "log_loss", "aurc") else best
                add({**stage, "measure": measure, "measured": 1.05 * value, "corrected": value, "low": 0.9 * value,
                     "high": 1.1 * value, "null_expected": 0.7 * null, "null_quantile": null})  # fmt: skip
        for k, method in enumerate(("thr", "aps", "raps")):
            size, held = (1 + 0.2 * k) * error * 10 * (1 - MISSES), 1 - MISSES
            sets = {"miss_rate": MISSES, "set_size": size, "low": size - 0.1, "high": size + 0.1, "set_coverage": held}
            ends = {"coverage_low": held - 0.02, "coverage_high": np.minimum(held + 0.02, 1)}
            law = {"foreseen_low": held - 0.015, "foreseen_high": np.minimum(held + 0.015, 1)}
            add({"object": model, "set_method": method}, pd.DataFrame({**sets, **ends, **law}))
    frame = tidy_runs(pd.DataFrame(runs).assign(study="two models", status="done", stage="grid", error=""))
    return Tables(Study("two models", origin="import"), frame, pd.concat(curves, ignore_index=True))
