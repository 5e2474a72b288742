"""A study of evaluated models: two families that grow, each with its score in parts and its reliability curves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from lab.core.fingerprint import hash_literal
from lab.tables import Study, Tables
from lab.tables.frames import tidy_runs

FAMILIES = {"lstm": 0.3, "transformer": 0.15}  # how overconfident
SIZES = (10_000.0, 40_000.0, 160_000.0)
CURVES = ("isotonic", "equal_width", "equal_mass")


def make_tables() -> Tables:
    """Runs and curves of stored evaluations."""
    runs: list[dict[str, Any]] = []
    curves: list[pd.DataFrame] = []

    def add(values: dict[str, Any], curve: pd.DataFrame | None = None) -> None:
        key = hash_literal(["evaluations", len(runs)])[:16]
        runs.append({"run_key": key, "trunk_key": key, "seed": 0, "recalibrator": "none", **values})
        if curve is not None:
            curves.append(curve.assign(run_key=key, trunk_key=key))

    confidence = np.linspace(0.05, 0.95, 15)
    for family, boldness in FAMILIES.items():
        for k, size in enumerate(SIZES):
            bold = boldness / (k + 1)
            model = {"object": f"{family} {size:,.0f}", "family": family, "params_total": size}
            parts = {"miscalibration": 0.1 * bold, "discrimination": 0.05 + 0.03 * k, "uncertainty": 0.24}
            for measure, value in parts.items():
                add({**model, "measure": measure, "measured": value, "corrected": value, "low": 0.8 * value,
                     "high": 1.2 * value, "null_expected": 0.001, "null_quantile": 0.002})  # fmt: skip
            for kind in CURVES if k == 0 else ():
                true = np.clip(confidence - bold * confidence * (1 - confidence) * 2, 0, 1)
                ends = {"consistent_low": confidence - 0.05, "consistent_high": confidence + 0.05}
                band = {"share": 1 / 15, "low": np.maximum(true - 0.06, 0), "high": np.minimum(true + 0.06, 1)}
                points = pd.DataFrame({"confidence": confidence, "frequency": true, **ends, **band})
                add({**model, "reliability_curve": kind}, points)
    frame = tidy_runs(pd.DataFrame(runs).assign(study="evaluations", status="done", stage="grid", error=""))
    return Tables(Study("evaluations", origin="import"), frame, pd.concat(curves, ignore_index=True))
