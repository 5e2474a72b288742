"""Calibration as a law in N, D or C: fitted with what each evaluation's error is known to be, beside the same of models
that are calibrated and of a constant.

Of every run the cells of its last evaluation are stored by document (lab/calibration/accumulator.py), and nothing is
computed again: documents are resampled for the error of each run's number, and outcomes drawn from its confidences for
the null. A slope that calibrated models show too is one of the estimator: its bias falls with the evaluated tokens and
moves with the confidences. Shape suffixes: D documents, C cells, R replicates.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from lab.analysis.selection import select_runs
from lab.core.errors import RefusedError, UnknownNameError
from lab.core.estimate import Estimate
from lab.core.registry import open_shelf
from lab.core.seeds import open_stream
from lab.runs.archive import read_archive
from lab.runs.store import open_store
from lab.scaling import Data, Fit, LeastSquares, fit_law
from lab.tables import Tables

Floats = NDArray[np.float64]
Measured = Literal["ece", "root_gap"]

REPLICATES = 200
CLEAR = 2.0  # of AICc: what one model must gain on the other to be preferred
FEWEST_UNITS = 5


class Cells(NamedTuple):
    """Of the uniform grid, each (D, C): predictions, the sum of their confidences, how many were right."""

    places: Floats
    said: Floats
    right: Floats


@dataclass(frozen=True, eq=False)
class CalibrationLaw:
    """A measure against a predictor. `points`: run_key, trunk_key, x, value, error (of ln value), null.

    `fit`: A x^(−α) of the engine; `null_slope`: α of calibrated models of the same confidences, with their central
    95 %; `gain`: AICc of a constant less that of the power law; `preferred` by 2 or more, else 'neither'.
    """

    measure: Measured
    against: str
    points: pd.DataFrame
    fit: Fit
    null_slope: Estimate
    gain: float
    preferred: Literal["power law", "constant", "neither"]

    def explain(self) -> str:
        """The answer in words."""
        if self.preferred == "constant":
            return "no power law is preferred over a constant"
        if self.preferred == "neither":
            return "neither a constant nor a power law is preferred: more sizes or seeds would tell"
        also = ", and calibrated models show such a slope too" if self.is_the_estimators else ""
        return f"a power law is preferred over a constant{also}"

    @property
    def is_the_estimators(self) -> bool:
        """Whether calibrated models show a slope like this one: its interval meets theirs."""
        alpha = self.fit.find("alpha")
        return alpha.has_interval and alpha.low <= self.null_slope.high and alpha.high >= self.null_slope.low


def measure_ece(cells: Cells, weight_RD: Floats) -> Floats:
    """Σ_cells |Σ f − y| / n: biased upward by chance, about n^−½."""
    gap_RC, count_RC = weight_RD @ (cells.said - cells.right), weight_RD @ cells.places
    return np.asarray(np.abs(gap_RC).sum(axis=1) / count_RC.sum(axis=1))


def measure_root_gap(cells: Cells, weight_RD: Floats) -> Floats:
    """√ of the mean squared gap, each cell's chance taken off (Bröcker 2012; Kumar et al. 2019); NaN where below 0."""
    count_RC, right_RC = weight_RD @ cells.places, weight_RD @ cells.right
    known = count_RC > 1
    safe_RC = np.where(known, count_RC, 2.0)
    gap_RC, share_RC = (weight_RD @ (cells.said - cells.right)) / safe_RC, right_RC / safe_RC
    square_RC = gap_RC**2 - share_RC * (1 - share_RC) / (safe_RC - 1)
    mean_R = np.where(known, count_RC * square_RC, 0.0).sum(axis=1) / count_RC.sum(axis=1)
    return np.sqrt(np.where(mean_R > 0, mean_R, np.nan))


MEASURES: Mapping[Measured, Callable[[Cells, Floats], Floats]] = {"ece": measure_ece, "root_gap": measure_root_gap}


def load_cells(tables: Tables, keys: list[str]) -> dict[str, Cells]:
    """The stored cells of runs by key; runs that kept none are left out."""
    study = tables.study
    if study.origin == "import":
        raise RefusedError(f"study {study.name}", None, "a file of runs holds no evaluations", "name a study of runs")
    kept = read_archive(study.path) if study.origin == "archive" and study.path else open_store(read_only=True)
    found: dict[str, Cells] = {}
    for key in keys:
        try:
            parts = [kept.array(key, f"calibration_{part}")[0] for part in ("counts", "confidence", "correct")]
        except UnknownNameError:
            continue
        found[key] = Cells(*(part.astype(np.float64) for part in parts))
    return found


def keep_longest(tables: Tables, cells: Mapping[str, Cells]) -> pd.DataFrame:
    """Of each trunk the longest run that a law is fitted to and that kept its cells, so that rows are independent."""
    rows = select_runs(tables).rows
    rows = rows[rows["run_key"].isin(list(cells))].sort_values("tokens")
    return rows.groupby("trunk_key", sort=False).tail(1)


def fit_calibration(
    tables: Tables,
    cells: Mapping[str, Cells],
    measure: Measured = "ece",
    against: str = "params_total",
    replicates: int = REPLICATES,
    seed: int = 0,
) -> CalibrationLaw:
    """The law of a measure over the runs that laws are fitted to: of each trunk its longest run, so that rows are
    independent.

    Raises `RefusedError` with fewer than five such runs, and `UnknownNameError` for a predictor that is no column.
    """
    if against not in tables.runs:
        raise UnknownNameError.among("predictor", against, ["params_total", "params_body", "tokens", "flops"])
    rows = keep_longest(tables, cells)
    rows = rows[rows[against] > 0]
    rng = open_stream(seed, "calibration", "scaling")
    points, nulls = [], []
    for row in rows.to_dict("records"):
        own = cells[row["run_key"]]
        value, error = _estimate(MEASURES[measure], own, replicates, rng)
        null_R = MEASURES[measure](*_draw_null(own, replicates, rng))
        named = {"run_key": row["run_key"], "trunk_key": row["trunk_key"], "x": row[against]}
        points.append({**named, "value": value, "error": error, "null": float(np.nanmean(null_R))})
        nulls.append(null_R)
    frame = pd.DataFrame(points, columns=["run_key", "trunk_key", "x", "value", "error", "null"])
    known = np.isfinite(frame[["value", "error"]].to_numpy(float)).all(axis=1)
    frame, null_NR = frame[known].reset_index(drop=True), np.array(nulls)[known] if len(frame) else np.empty((0, 1))
    if len(frame) < FEWEST_UNITS or frame["x"].nunique() < 3:
        rule = f"a law takes at least {FEWEST_UNITS} trunks at three values of {against} whose {measure} is above 0"
        raise RefusedError("calibration against scale", f"{len(frame)} trunks", rule, "run more sizes or seeds")
    data = Data({"x": frame["x"].to_numpy(float)}, frame["value"], frame["trunk_key"].to_numpy(str),
                error=frame["error"].to_numpy(float))  # fmt: skip
    fit = fit_law(open_shelf("laws").load("pure_power"), data, LeastSquares())
    gain = _compare_constant(np.log(frame["x"].to_numpy(float)), np.log(data.y), frame["error"].to_numpy(float))
    preferred: Literal["power law", "constant", "neither"] = "neither"
    if abs(gain) >= CLEAR:
        preferred = "power law" if gain > 0 else "constant"
    slope = _fit_null(frame["x"].to_numpy(float), null_NR)
    return CalibrationLaw(measure, against, frame, fit, slope, gain, preferred)


def _estimate(
    measure: Callable[[Cells, Floats], Floats], cells: Cells, replicates: int, rng: np.random.Generator
) -> tuple[float, float]:
    """The measure and the standard error of its logarithm, over documents; NaN where the logarithm is not known."""
    documents = len(cells.places)
    value = float(measure(cells, np.ones((1, documents)))[0])
    drawn_RD = rng.multinomial(documents, np.full(documents, 1 / documents), size=replicates).astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(measure(cells, drawn_RD))
    return value, float(np.std(logs[np.isfinite(logs)])) if np.isfinite(logs).sum() > replicates / 2 else float("nan")


def _draw_null(cells: Cells, replicates: int, rng: np.random.Generator) -> tuple[Cells, Floats]:
    """Replicates as documents of their own: in each cell as many right as its mean confidence lets come."""
    count_C, said_C = cells.places.sum(axis=0), cells.said.sum(axis=0)
    chance_C = np.clip(said_C / np.maximum(count_C, 1), 0, 1)
    right_RC = rng.binomial(count_C.astype(np.int64), chance_C, size=(replicates, len(count_C))).astype(np.float64)
    drawn = Cells(np.tile(count_C, (replicates, 1)), np.tile(said_C, (replicates, 1)), right_RC)
    return drawn, np.eye(replicates)


def _fit_null(x: Floats, null_NR: Floats) -> Estimate:
    """α of calibrated models: least squares on the logarithms, a slope per replicate; its mean and central 95 %."""
    slopes = []
    for null_N in null_NR.T:
        known = np.isfinite(null_N) & (null_N > 0)
        if len(np.unique(x[known])) >= 2:
            slopes.append(-float(np.polyfit(np.log(x[known]), np.log(null_N[known]), 1)[0]))
    if len(slopes) < 20:
        return Estimate("null_alpha", float("nan"), method="calibrated models have no such error above 0", n=len(x))
    low, high = np.quantile(slopes, [0.025, 0.975])
    method = f"{len(slopes)} calibrated models of the same confidences"
    return Estimate("null_alpha", float(np.mean(slopes)), float(low), float(high), 0.95, "", method, len(x))


def _compare_constant(log_x: Floats, log_y: Floats, error: Floats) -> float:
    """AICc(constant) − AICc(power law): normal on the log scale, known errors and a free scatter between trunks."""

    def count_information(design: Floats) -> float:
        def lose(log_scatter: float) -> float:
            variance = error**2 + np.exp(2 * log_scatter)
            root = 1 / np.sqrt(variance)
            left = log_y - design @ np.linalg.lstsq(design * root[:, None], log_y * root, rcond=None)[0]
            return float(np.sum(np.log(variance) + left**2 / variance))

        n, k = len(log_y), design.shape[1] + 1
        least: float = minimize_scalar(lose, bounds=(-12, 3), method="bounded").fun
        return float(least + 2 * k * n / (n - k - 1))

    ones = np.ones((len(log_x), 1))
    return count_information(ones) - count_information(np.column_stack([ones, log_x - log_x.mean()]))
