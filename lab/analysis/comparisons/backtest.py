"""Backtests: fit the cheaper points of every curve, forecast the dearer, and count what the forecasts were worth.

The error of a curve is the root mean squared logarithmic error of its held-out points (RMSLE; Alabdulmohsin et al.
2022, arXiv 2209.06640; Caballero et al. 2022, arXiv 2210.14891), and the curve is the independent unit.
An interval is worth what it holds: at nominal levels p its calibration error is the mean of (share held − p)² (MSCE;
Kuleshov et al. 2018, arXiv 1807.00263).

The lab's one default, `default`, was fixed before it was run on any benchmark, for reasons that are not its scores:
which form a curve follows cannot be told from the curve's cheap end, laws that fit it equally well part beyond it, and
combinations of forecasts are seldom worse than the best member and never as bad as the worst (Bates & Granger 1969;
Timmermann 2006, doi 10.1016/S1574-0706(05)01004-9; the winners of Makridakis et al. 2020, doi
10.1016/j.ijforecast.2019.04.014). So it takes the median, at every held-out point, of what the laws foretell that can
level out, one of each kind: `power` (above a constant), `m3` (saturating), `m4` (sigmoidal) and `broken_1` (one change
of slope). The ends of its intervals are the medians of theirs (quantile averaging; Lichtendahl et al. 2013, doi
10.1287/mnsc.1120.1667). All are fitted by least squares on the log loss, because the score is a squared log error.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lab.analysis.comparisons.curves import Collection, Curve
from lab.analysis.laws.cache import fit_once, fit_sets_once
from lab.analysis.laws.named import load_law
from lab.core.errors import InputError
from lab.scaling import Data, Fit, Law, LeastSquares, Loss

Array = NDArray[Any]

DEFAULT = "default"
MEMBERS = ("power", "m3", "m4", "broken_1")  # of the default; see above before touching it
ESTIMATORS = (DEFAULT, "pure_power", "power", "m3", "m4", "broken_1")
LAST = "last value"  # the naive forecast: the dearest point one has already
LEVELS = (0.5, 0.8, 0.9, 0.95)
TOGETHER = 96  # curves that are searched together; their fits of five laws stay in the cache
INSIDE = tuple(f"inside_{100 * level:.0f}" for level in LEVELS)


@dataclass(frozen=True)
class Ahead:
    """What an estimator foretells for the m held-out points of a curve: `value` (m,), `low` and `high` (LEVELS, m).

    NaN where there is no answer, or no interval; `status` and `reason` say why.
    """

    value: Array
    low: Array
    high: Array
    status: str
    reason: str = ""


@dataclass(frozen=True)
class Backtest:
    """`frame` has a row per curve and estimator: group, curve, estimator, points_fitted, points_held, status, reason,
    rmsle, width (mean ln high/low at 95 %) and inside_50 … inside_95, the share of held-out points that the interval of
    that level held; NaN where the estimator gave none. `points` has a row per held-out point and estimator: run_key, x,
    observed, value, low and high (95 %).
    """

    collection: Collection
    estimators: tuple[str, ...]
    loss: str
    frame: pd.DataFrame
    points: pd.DataFrame = field(repr=False)

    @property
    def laws(self) -> tuple[str, ...]:
        """The estimators that are laws: neither the default nor the naive forecast."""
        return tuple(name for name in self.estimators if name not in (DEFAULT, LAST))


def run_backtest(
    collection: Collection,
    estimators: Sequence[str] = ESTIMATORS,
    loss: Loss | None = None,
    advance: Callable[[], None] = lambda: None,
) -> Backtest:
    """Every curve of `collection` foretold by every one of `estimators` and by the naive forecast.

    `estimators` are laws of one variable by name, or 'default'. `advance` is called after every curve. A law that
    refuses a curve has NaN there. Raises `UnknownNameError` for no law and `InputError` for a law of several variables.
    """
    loss = loss or LeastSquares()
    names = tuple(dict.fromkeys([*estimators, LAST]))
    needed = dict.fromkeys(name for e in names if e != LAST for name in (MEMBERS if e == DEFAULT else (e,)))
    laws = {name: _load(name) for name in needed}
    rows, points = [], []
    for at, curve in enumerate(collection.curves):
        if at % TOGETHER == 0:
            for law in laws.values():
                block = collection.curves[at : at + TOGETHER]
                fit_together(law, [c.seen(law.predictors[0]) for c in block], loss)
        answers = {name: forecast_curve(law, curve, loss) for name, law in laws.items()}
        answers[LAST] = _repeat_last(curve)
        if DEFAULT in names:
            answers[DEFAULT] = combine([answers[name] for name in MEMBERS])
        rows += [{**_name(curve, name), **_grade(curve, answers[name])} for name in names]
        points += [pd.DataFrame({**_name(curve, name), **_list_points(curve, answers[name])}) for name in names]
        advance()
    frame = pd.DataFrame(rows)
    return Backtest(collection, names, str(loss), frame, pd.concat(points, ignore_index=True) if points else frame)


def fit_together(law: Law, sets: Sequence[Data], loss: Loss) -> None:
    """Fits `law` to all sets in one search, for `forecast_curve` and `find_optimum` to read."""
    for clustered in (True, False):
        chosen = [data for data in sets if data.is_clustered is clustered]
        fit_sets_once(law, chosen, loss, interval=_choose_interval(clustered))


def forecast_curve(law: Law, curve: Curve, loss: Loss) -> Ahead:
    """The held-out points foretold by `law` fitted to the others.

    Where nobody said which points are independent runs, each is taken for one: the statement behind the intervals,
    which are then too narrow, and the coverage tells by how much. Where the runs are too few for an interval, the
    forecast stands without one: where a law's optimum lies does not depend on which rows are independent.
    """
    data, x = curve.seen(law.predictors[0]), curve.x[~curve.fitted]
    at: dict[str, Any] = {law.predictors[0]: x}
    fit = _fit_curve(law, data, loss)
    theta, status, reason = find_optimum(law, data, loss)
    ranges = [fit.predict_new_run(level, **at) for level in LEVELS]
    low, high = (np.array([getattr(r, end) for r in ranges]) for end in ("low", "high"))
    value = np.full(len(x), np.nan) if theta is None else law.predict(theta, **at)
    if theta is not None and not (np.isfinite(value).all() and (value > 0).all()):
        nothing = np.full_like(low, np.nan)
        return Ahead(nothing[0], nothing, nothing, "failed", "it foretells a loss that is no positive number")
    return Ahead(value, low, high, status, reason)


def find_optimum(law: Law, data: Data, loss: Loss) -> tuple[Array | None, str, str]:
    """The parameters (p,), also where the units are too few for an interval, with the fit's status and reason; None
    where there is no answer at all.
    """
    fit = _fit_curve(law, data, loss)
    alone = fit
    if fit.theta is None and data.is_clustered:
        alone = _fit_curve(law, replace(data, clusters=np.arange(len(data))), loss)
    return alone.theta, str(fit.status), fit.reason


def _fit_curve(law: Law, data: Data, loss: Loss) -> Fit:
    return fit_once(law, data, loss, interval=_choose_interval(data.is_clustered))


def _choose_interval(clustered: bool) -> str:
    """Points taken for independent have intervals of one scatter: refits without each would cost more than the fit."""
    return "default" if clustered else "t"


def combine(answers: Sequence[Ahead]) -> Ahead:
    """The median of the answers, point by point, and of the ends of their intervals; in the logarithm."""
    given = [answer for answer in answers if np.isfinite(answer.value).all()]
    if not given:
        return Ahead(answers[0].value, answers[0].low, answers[0].high, "refused", answers[0].reason)
    sure = [answer for answer in given if np.isfinite(answer.low).all()] or given[:1]
    value, low, high = (
        np.exp(np.median([np.log(getattr(answer, part)) for answer in answers_], axis=0))
        for part, answers_ in (("value", given), ("low", sure), ("high", sure))
    )
    missing = len(answers) - len(given)
    return Ahead(value, low, high, "converged", f"{missing} of {len(answers)} laws gave no answer" if missing else "")


def _load(name: str) -> Law:
    law = load_law(name)
    if len(law.predictors) != 1:
        raise InputError("law", name, f"a curve has one variable, the law has {len(law.predictors)}", "name another")
    return law


def _repeat_last(curve: Curve) -> Ahead:
    """The loss at the dearest fitted x (a geometric mean over runs) for every held-out point; no interval."""
    x, y = curve.x[curve.fitted], curve.y[curve.fitted]
    count = int((~curve.fitted).sum())
    nothing = np.full((len(LEVELS), count), np.nan)
    last = math.exp(np.log(y[x == x.max()]).mean())
    return Ahead(np.full(count, last), nothing, nothing, "converged")


def _name(curve: Curve, estimator: str) -> dict[str, Any]:
    return {"group": curve.group, "curve": curve.name, "estimator": estimator}


def _grade(curve: Curve, answer: Ahead) -> dict[str, Any]:
    observed = curve.y[~curve.fitted]
    held = (answer.low <= observed) & (observed <= answer.high)
    share = np.where(np.isfinite(answer.low).all(axis=1), held.mean(axis=1), np.nan)
    return {
        "points_fitted": int(curve.fitted.sum()),
        "points_held": len(observed),
        "status": answer.status,
        "reason": answer.reason,
        "rmsle": math.sqrt(np.mean(np.log(answer.value / observed) ** 2)),
        "width": float(np.log(answer.high[-1] / answer.low[-1]).mean()),
        **dict(zip(INSIDE, share, strict=True)),
    }


def _list_points(curve: Curve, answer: Ahead) -> dict[str, Any]:
    held = ~curve.fitted
    keys = np.full(held.sum(), "") if curve.keys is None else curve.keys[held]
    ends = {"low": answer.low[-1], "high": answer.high[-1]}
    return {"run_key": keys, "x": curve.x[held], "observed": curve.y[held], "value": answer.value, **ends}
