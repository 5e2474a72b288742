"""Which law fits best by what one can know beforehand, and whether that tells which one will forecast best.

All criteria see what the forecaster saw: everything but the largest runs. With residuals r of the log loss, n rows in K
independent units, p parameters and k = p + 1 (the scatter is one more), least squares has the log-likelihood

    ln L = −K/2 · (ln(2π Σr²/n) + 1):

the rows of one unit count together as one, because they share their luck; that is exact where every row is a run of its
own and cautious where it is not. AICc = 2k − 2 ln L + 2k(k + 1)/(K − k − 1) (Hurvich & Tsai 1989, doi
10.1093/biomet/76.2.297) and BIC = k ln K − 2 ln L (Schwarz 1978). The error left out is the RMSLE of the rows of every
group (a size, a horizon), foretold by a fit without them. The held-out error is that of the largest, which nobody saw.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import spearmanr

from lab.analysis.comparisons.backtest import find_optimum, fit_together
from lab.analysis.comparisons.curves import Collection
from lab.analysis.comparisons.scores import average
from lab.analysis.laws.named import load_law
from lab.analysis.selection import select_runs
from lab.core.columns import COLUMNS
from lab.core.estimate import Estimate
from lab.core.registry import open_shelf
from lab.scaling import Data, Law, LeastSquares
from lab.scaling.intervals import refit
from lab.scaling.problem import Problem
from lab.tables import Tables

Array = NDArray[Any]

CRITERIA = ("aicc", "bic", "left_out")
TITLES = {"aicc": "AICc", "bic": "BIC", "left_out": "error left out", "held_out": "held-out error"}
FEWEST_LAWS = 3  # whose order says anything
TOGETHER = 32  # splits that are searched together; their fits of every law stay in the cache
MOST_BLOCKS = 5  # of a curve, left out in turn


@dataclass(frozen=True)
class Split:
    """Rows a law may see, rows it must foretell, and the groups (n,) of the seen rows that are left out in turn."""

    name: str
    seen: Data
    held: Data
    groups: Array = field(repr=False)


@dataclass(frozen=True)
class LawComparison:
    """`frame` has a row per split and law: split, law, parameters, units, status, reason, aicc, bic, left_out and
    held_out (both RMSLE; NaN where there is none) and the rank among the laws of the split by each of the four, 1
    being best: rank_aicc … rank_held_out. `agreement` says how well the order of each criterion foretold the held-out
    order.
    """

    frame: pd.DataFrame
    agreement: tuple[Estimate, ...]


def compare_laws(
    splits: Sequence[Split], laws: Sequence[str | Law], advance: Callable[[], None] = lambda: None
) -> LawComparison:
    """Every law on every split, by least squares on the log loss. Raises `UnknownNameError` for no law."""
    forms = [load_law(name) for name in laws]
    frames = []
    for at, split in enumerate(splits):
        if at % TOGETHER == 0:
            for law in forms:
                fit_together(law, [_rename(s.seen, law) for s in splits[at : at + TOGETHER]], LeastSquares())
        frame = pd.DataFrame([_assess(law, split) for law in forms])
        ranks = {f"rank_{name}": frame[name].rank(method="min") for name in TITLES}
        frames.append(frame.assign(**ranks))
        advance()
    frame = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
    return LawComparison(frame, tuple(_agree(frames, name) for name in CRITERIA))


def average_ranks(frame: pd.DataFrame) -> pd.DataFrame:
    """Per law: law, answered, and the mean over splits of each rank of a comparison's frame; best forecaster first."""
    ranks = [f"rank_{name}" for name in TITLES]
    table = frame.groupby("law", sort=False).agg(answered=("held_out", "count"), **{r: (r, "mean") for r in ranks})
    return table.reset_index().sort_values("rank_held_out", kind="stable")


def split_curves(collection: Collection) -> list[Split]:
    """A split per curve; its groups are blocks of neighbouring x, at most five: checkpoints close by are too alike."""
    return [
        Split(
            " ".join(part for part in (curve.group, curve.name) if part != collection.name),
            curve.seen("x"),
            Data({"x": curve.x[~curve.fitted]}, curve.y[~curve.fitted]),
            _block(curve.x[curve.fitted]),
        )
        for curve in collection.curves
    ]


def split_joint(tables: Tables, convention: str = "params_total") -> list[Split]:
    """One split: every size but the largest, to foretell the largest at all horizons; every size is a group."""
    rows = select_runs(tables).rows
    size = rows[convention].to_numpy(float)
    if len(np.unique(size)) < 2:
        return []
    known = [name for name in COLUMNS if name in rows and COLUMNS[name].kind == "axis" and name != "size"]
    x = {name: rows[name].to_numpy(float) for name in known if rows[name].gt(0).all()}
    held = size == size.max()
    y, trunks = rows["loss_nats"].to_numpy(float), rows["trunk_key"].to_numpy(str)
    seen, ahead = (
        Data({"size": size[part]} | {n: v[part] for n, v in x.items()}, y[part], trunks[part]) for part in (~held, held)
    )
    return [Split("all but the largest size", seen, ahead, size[~held])]


def list_laws(splits: Sequence[Split]) -> tuple[list[str], dict[str, str]]:
    """The laws of the shelf that the columns allow: of one variable for curves, of several for joint data; and of these
    the others, with the reason why they are not asked.
    """
    fitting, others = [], {}
    curves = all(set(split.seen.x) == {"x"} for split in splits)
    for name in open_shelf("laws").names():
        law = load_law(name)
        lacking = [] if curves else [p for p in law.predictors if any(p not in split.seen.x for split in splits)]
        if (len(law.predictors) == 1) != curves:
            continue
        if (response := getattr(law, "response", "loss_nats")) != "loss_nats":
            others[name] = f"it predicts {response}"
        elif getattr(load_law(name), "floor_nats", None) == 0.0:
            others[name] = "it is pure_power while the loss known to be irreducible is 0"
        elif lacking:
            others[name] = f"it needs {', '.join(lacking)}"
        else:
            fitting.append(name)
    return fitting, others


def _assess(law: Law, split: Split) -> dict[str, Any]:
    seen, held = (_rename(data, law) for data in (split.seen, split.held))
    row = {"split": split.name, "law": law.name, "parameters": len(law.parameters), "units": seen.unit_count}
    row |= dict.fromkeys(("aicc", "bic", "left_out", "held_out"), math.nan)
    loss = LeastSquares()
    theta, status, reason = find_optimum(law, seen, loss)
    row |= {"status": status, "reason": reason}
    if theta is None:
        return row
    square = float(np.mean((np.log(seen.y) - np.log(law.predict(theta, **seen.x))) ** 2))
    aicc, bic = _inform(square, len(theta), seen.unit_count)
    left_out = _leave_out(law, loss, seen, theta, split.groups)
    return row | {"aicc": aicc, "bic": bic, "left_out": left_out, "held_out": _grade(law, theta, held)}


def _inform(square: float, size: int, units: int) -> tuple[float, float]:
    """AICc and BIC of a mean squared residual; NaN for an exact fit; no AICc for K ≤ k + 1."""
    k = size + 1
    if square <= 0:
        return math.nan, math.nan
    deviance = units * (math.log(2 * math.pi * square) + 1)
    aicc = 2 * k + deviance + 2 * k * (k + 1) / (units - k - 1) if units > k + 1 else math.nan
    return aicc, k * math.log(units) + deviance


def _leave_out(law: Law, loss: LeastSquares, data: Data, theta: Array, groups: Array) -> float:
    labels, place = np.unique(groups, return_inverse=True)
    if len(labels) < 2:
        return math.nan
    weights = (place != np.arange(len(labels))[:, None]).astype(float)
    fitted = refit(Problem(law, data, loss), theta, weights)
    with np.errstate(all="ignore"):  # a law that foretells no positive loss has no error, and is told as NaN
        foretold = law.predict(fitted, **data.x)[place, np.arange(len(data))]
        return float(np.sqrt(np.mean((np.log(foretold) - np.log(data.y)) ** 2)))


def _grade(law: Law, theta: Array, held: Data) -> float:
    with np.errstate(all="ignore"):
        return float(np.sqrt(np.mean((np.log(law.predict(theta, **held.x)) - np.log(held.y)) ** 2)))


def _block(x: Array) -> Array:
    levels, place = np.unique(x, return_inverse=True)
    return np.asarray(place * min(MOST_BLOCKS, len(levels)) // len(levels))


def _rename(data: Data, law: Law) -> Data:
    """The data with the law's own predictors only, a lone one under the law's name for it."""
    alone = len(law.predictors) == 1 and "x" in data.x
    x = {law.predictors[0]: data.x["x"]} if alone else {name: data.x[name] for name in law.predictors if name in data.x}
    return Data(x, data.y, data.clusters, data.unit)


def _agree(frames: list[pd.DataFrame], criterion: str) -> Estimate:
    """Spearman's correlation of a criterion's order with the held-out order, mean over splits."""
    found = []
    for frame in frames:
        both = frame[[criterion, "held_out"]].dropna()
        if len(both) >= FEWEST_LAWS and both.nunique().min() > 1:
            found.append(float(spearmanr(both[criterion], both["held_out"]).statistic))
    name = f"rank correlation of {TITLES[criterion]} with the held-out error"
    if not found:
        return Estimate(name, math.nan, method=f"fewer than {FEWEST_LAWS} laws answered: there is no order to compare")
    return average(pd.Series(found), name, low=-1.0)
