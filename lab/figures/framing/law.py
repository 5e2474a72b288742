"""Rows of a fitted law: its curve with the interval, and sentences that say what was fitted or why not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from lab.analysis.laws.named import NamedFit
from lab.core.estimate import Estimate
from lab.figures.framing.series import LOSS
from lab.scaling import Prediction, Status

_REACH = 1.35  # how far beyond the data, as a factor, the curve is drawn
GREEK = {"alpha": "α", "beta": "β", "gamma": "γ"}  # after what N, D and C are called, not the law's own parameter


def trace_law(named: NamedFit, x: str, values: pd.Series, new_run: bool = False) -> pd.DataFrame:
    """The law at 60 points across `values`: rows marked 'law' with `low` and `high`; none where the fit gives no law.

    The interval is that of the mean, or of one run more (`new_run`).
    """
    if named.fit.theta is None or values.empty:
        return pd.DataFrame()
    at = np.geomspace(values.min() / _REACH, values.max() * _REACH, 60)
    value, low, high = predict_rows(named, at, new_run)
    return pd.DataFrame({"mark": "law", "series": label_law(named), x: at, LOSS: value, "low": low, "high": high})


def predict_rows(named: NamedFit, at: pd.Series | np.ndarray, new_run: bool = False) -> Prediction:
    """The law's loss at values of its one predictor, with the interval of the mean or of one run more."""
    predict = named.fit.predict_new_run if new_run else named.fit.predict_mean
    x: dict[str, Any] = {named.fit.predictors[0]: np.asarray(at, float)}
    return predict(0.95, **x)


def label_law(named: NamedFit) -> str:
    """'power: α = 0.42 [0.31, 0.52]': the first exponent, and the status where the fit did not converge."""
    fit = named.fit
    shapes = {fit.labels.get(p.name, p.name): p.symbol for p in fit.form.parameters if not p.linear}
    told = [f"{GREEK.get(e.name, shapes[e.name])} = {_tell(e, 2)}" for e in fit.estimates if e.name in shapes]
    status = "" if fit.status is Status.CONVERGED else f" ({fit.status})"
    return f"{fit.law.replace('_', ' ')}: {', '.join(told[:1])}{status}"


def label_constant(constant: Estimate) -> str:
    """'fitted E = 1.31 [1.19, 1.42]'."""
    return f"fitted E = {_tell(constant, 3)}"


def describe_fit(named: NamedFit) -> str:
    """The fit in one sentence: estimates with intervals, units of evidence; or the refusal and what to run."""
    fit = named.fit
    if fit.theta is None:
        return f"No law drawn ({fit.status}): {fit.reason}. Next: {fit.next_step}"
    estimates = "; ".join(f"{e.name} = {e}" for e in fit.estimates)
    status = "" if fit.status is Status.CONVERGED else f", {fit.status}: {fit.reason}"
    return f"{named.title}, law {fit.law} ({fit.units} independent units{status}): {estimates}"


def _tell(estimate: Estimate, digits: int) -> str:
    interval = f" [{estimate.low:.{digits}g}, {estimate.high:.{digits}g}]" if estimate.has_interval else ""
    return f"{estimate.value:.{digits}g}{interval}"
