"""What students of pruned examples show: their error beyond finite dimensions, beside theory, and along the best share.

Sorscher, Geirhos, Shekhar, Ganguli & Morcos 2022 (arXiv 2206.14486), section 2 and appendix A.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lab.core.columns import COLUMNS
from lab.scaling.pruning.band import Band, Side
from lab.scaling.pruning.theory import solve_student
from lab.tables import Tables

BAND = ["kept_side", "kept_share", "probe_degrees"]
ERROR = "test_error"
FEWEST_POINTS = 4  # of a curve, to tell one shape of two parameters from another
FEWEST_SHARES = 3  # of as many examples kept, for a slope


def find_students(tables: Tables) -> pd.DataFrame:
    """The finished runs of pruned perceptrons; none where the study has none, with every column all the same."""
    runs = tables.runs
    if "kept_side" not in runs or "pool_ratio" not in runs:
        return runs.iloc[:0].reindex(columns=list(dict.fromkeys([*runs.columns, *COLUMNS])))
    return runs[runs["status"].eq("done") & runs["pool_ratio"].gt(0) & runs[ERROR].gt(0)]


def select_band(students: pd.DataFrame, side: Side, keep: float, theta: float = 0.0) -> pd.DataFrame:
    """The students of one band; all examples are those of any side with a share of 1."""
    if keep == 1:
        return students[students["kept_share"].eq(1)]
    same = students["kept_side"].eq(side) & students["kept_share"].eq(keep)
    return students[same & (students["probe_degrees"].eq(theta) | (side == "random"))]


def predict_error(student: pd.Series) -> float:
    """The theory's error for a row of a table."""
    band = Band(student["kept_side"], float(student["kept_share"]), float(student["probe_degrees"]))
    return solve_student(float(student["pool_ratio"]), band).error


def keep_dimension(students: pd.DataFrame) -> pd.DataFrame:
    """The students of the dimension that most have."""
    return students[students["dimensions"].eq(students["dimensions"].mode().min())]


def extrapolate_seeds(students: pd.DataFrame) -> pd.Series:
    """By seed, the error of one band and α where 1/d is 0: the line through its dimensions, least squares.

    A seed with one dimension has no value: its bias is not known.
    """
    found = {}
    for seed, own in students.groupby("seed"):
        if len(own["dimensions"].unique()) > 1:
            slope = np.polynomial.polynomial.polyfit(1 / own["dimensions"], own[ERROR], 1)
            found[seed] = float(slope[0])
    return pd.Series(found, dtype=float)


def compare_theory(students: pd.DataFrame) -> pd.DataFrame:
    """A row per band, α and seed that has several dimensions: the `off` of its extrapolated error from the theory's,
    as a share of that.
    """
    columns = ["seed", "expected", "extrapolated", "off", "pool_ratio", *BAND]
    rows = []
    for _, own in students.groupby(["pool_ratio", *BAND]):
        extrapolated, expected = extrapolate_seeds(own), predict_error(own.iloc[0])
        named = own[["pool_ratio", *BAND]].iloc[[0] * len(extrapolated)].reset_index(drop=True)
        values = extrapolated.rename_axis("seed").rename("extrapolated").reset_index()
        rows.append(named.join(values.assign(expected=expected, off=values["extrapolated"] / expected - 1)))
    return pd.concat(rows, ignore_index=True)[columns] if rows else pd.DataFrame(columns=columns)


def trace_envelope(students: pd.DataFrame, theta: float, sides: Sequence[Side] = ("hard",)) -> pd.DataFrame:
    """A row per seed and number of kept examples: the error at the share that is best for the *other* seeds.

    The least of a seed's own errors would be too good by its luck. All pools are used, so fewer kept of more examples
    is a choice too; what has one seed has no others and is left out. The dimension is the one with most students.
    """
    columns = ["seed", "kept_ratio", "kept_side", "kept_share", ERROR, "run_key"]
    kept = students["kept_share"].eq(1) | (students["kept_side"].isin(sides) & students["probe_degrees"].eq(theta))
    rows = []
    for _, cell in keep_dimension(students[kept]).groupby("kept_ratio"):
        errors = np.log(cell.pivot_table(ERROR, "seed", ["kept_side", "kept_share"]).dropna(axis=1))
        if len(errors) < 2:
            continue
        others = (errors.sum() - errors) / (len(errors) - 1)
        best = others.idxmin(axis=1)
        chosen = cell.set_index(["seed", "kept_side", "kept_share"]).loc[[(s, *b) for s, b in best.items()]]
        rows.append(chosen.reset_index()[columns])
    return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=columns)


def compare_shapes(curve: pd.DataFrame, low: float, high: float) -> list[float]:
    """By seed, ½ ln of the residual squares of a power law over those of an exponential, both fitted to ln error over
    `low` ≤ kept per dimension ≤ `high`: what the exponential gains, nats of log-likelihood a point.
    """
    return [(math.log(_leave(np.log(x), y)) - math.log(_leave(x, y))) / 2 for x, y in _list_curves(curve, low, high)]


def compare_rates(curve: pd.DataFrame, low: float, high: float) -> list[float]:
    """By seed, how much faster ln error falls, per example kept and dimension, over the later half of the points than
    over the earlier: 0 for an exponential, negative for a power law.
    """
    return [
        _slope(x[: (len(x) + 1) // 2], y[: (len(y) + 1) // 2]) - _slope(x[len(x) // 2 :], y[len(y) // 2 :])
        for x, y in _list_curves(curve, low, high)
    ]


def fit_exponents(curve: pd.DataFrame, low: float, high: float) -> list[float]:
    """By seed, b of error ∝ kept^−b over the same range."""
    return [-_slope(np.log(x), y) for x, y in _list_curves(curve, low, high)]


def fit_shares(students: pd.DataFrame, theta: float, kept_ratio: float, least: float) -> pd.Series:
    """By seed, c of error ∝ share^c where as many hard examples are kept, of pools that grow to `kept_ratio` / `least`.

    1: of as many kept, any error can be had by choosing them from more; 0 or less: a larger pool is of no use.
    """
    hard = students[students["kept_side"].eq("hard") & students["probe_degrees"].eq(theta)]
    hard = hard[np.isclose(hard["kept_ratio"], kept_ratio) & hard["kept_share"].ge(least)]
    found = {}
    for seed, own in hard.groupby("seed"):
        if len(own) == hard["kept_share"].nunique() >= FEWEST_SHARES:
            shares, errors = own["kept_share"].to_numpy(float), own[ERROR].to_numpy(float)
            found[seed] = _slope(np.log(shares), np.log(errors))
    return pd.Series(found, dtype=float)


def _list_curves(curve: pd.DataFrame, low: float, high: float) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Kept per dimension and ln error, by seed, of the seeds that have every point of the range."""
    near = 1e-6  # of the ends: shares are rounded in a table
    inside = curve[curve["kept_ratio"].between(low * (1 - near), high * (1 + near))]
    points = inside["kept_ratio"].nunique()
    found = []
    for _, own in inside.sort_values("kept_ratio").groupby("seed"):
        if len(own) == points >= FEWEST_POINTS:
            found.append((own["kept_ratio"].to_numpy(float), np.log(own[ERROR].to_numpy(float))))
    return found


def _slope(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    return float(np.polynomial.polynomial.polyfit(x, y, 1)[1])


def _leave(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """The residual sum of squares of a line, by y's rounding at least."""
    line = np.polynomial.polynomial.polyfit(x, y, 1)
    rest = y - np.polynomial.polynomial.polyval(x, line)
    return max(float(rest @ rest), len(y) * np.finfo(float).eps ** 2)
