"""The two-step chain: size and tokens foretell the loss, the loss foretells an accuracy, and both errors are carried.

Bhagia et al. 2024 (arXiv 2412.04403), after Gadre et al. 2024 (arXiv 2403.08540). Step two is fitted to the
losses the runs had, not to those a law gives them, so its errors are independent of those of step one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import logit

from lab.analysis.forecasts.outlook import Errors, Outlook, measure_errors
from lab.analysis.forecasts.sealing import Foretold, check_point, choose_fit, find_recipe
from lab.analysis.laws.named import NamedFit, fit_rows, speak
from lab.analysis.selection import select_runs
from lab.core.errors import InputError, RefusedError
from lab.scaling import Huber
from lab.tables import Tables

LAWS = ("downstream_sigmoid", "downstream_logistic")  # the second has its ends known, where the runs do not show them
BEND = Huber(0.01, on="raw")  # one point of accuracy
QUESTION = "How does the accuracy follow from the loss?"


@dataclass(frozen=True)
class Chain:
    """Step one, `loss` from the columns of the point, and step two, `measure` from the loss."""

    loss: NamedFit
    task: NamedFit
    measure: str

    def look_ahead(self, at: Mapping[str, float], runs: int = 1) -> Outlook:
        """What is foretold at the point, on the logit of the measure.

        With L the loss of step one and g step two, Var = (g'(L)·L)²·Var(ln L) + Var(g), for the mean and for the runs
        apart; the degrees of freedom are Welch's (1947). Raises `RefusedError` where g leaves the open interval (0, 1).
        """
        x = {name: at[column] for name, column in zip(self.loss.fit.predictors, self.loss.columns, strict=True)}
        point: dict[str, Any] = dict(x)
        loss = float(self.loss.fit.predict_mean(0.95, **point).value[0])
        value, slope = self._follow(loss)
        if not 0 < value < 1:
            rule = f"at a loss of {loss:.4g} the law {self.task.fit.law} gives {value:.4g}, which no share can be"
            raise RefusedError(f"forecast of {self.measure}", None, rule, "foretell a run nearer to those there are")
        stretch = 1 / (value * (1 - value))  # derivative of the logit
        first = _scale(measure_errors(self.loss.fit, x), slope * loss * stretch)
        second = _scale(measure_errors(self.task.fit, {"loss_nats": loss}), value * stretch)
        return Outlook(
            self.measure,
            "logit",
            float(logit(value)),
            math.hypot(first.mean, second.mean),
            math.hypot(first.run, second.run),
            _combine_degrees(first, second),
            min(self.loss.fit.units, self.task.fit.units),
            runs,
        )

    def _follow(self, loss: float) -> tuple[float, float]:
        """g(L) and its derivative by L."""
        theta, form = self.task.fit.theta, self.task.fit.form
        assert theta is not None
        step = 1e-5 * loss
        around = form.predict(theta, loss_nats=np.array([loss - step, loss, loss + step]))
        return float(around[1]), float(around[2] - around[0]) / (2 * step)


def fit_chain(
    tables: Tables, at: Mapping[str, float], measure: str, laws: Sequence[str], convention: str = "params_total"
) -> Chain:
    """Both steps: the first of `laws` that answers at the point, then the first of `LAWS` of the loss that does.

    Raises `InputError` for a measure that is no share, `RefusedError` where a step has no interval.
    """
    rows = select_runs(tables).rows
    known = np.isfinite(rows[measure].to_numpy(float)) if measure in rows else np.zeros(len(rows), bool)
    rows = rows[known]
    if rows.empty:
        raise InputError("measure", measure, "no run of the study has it", "name a column of the runs: accuracy_top1")
    values = rows[measure].to_numpy(float)
    if not ((values > 0) & (values < 1)).all():
        raise InputError("measure", measure, "the chain foretells a share between 0 and 1", "accuracies, not percent")
    loss = choose_fit(tables, at, laws, convention)
    title = f"{speak(measure)} from the loss"
    columns = {"loss_nats": "loss_nats"}
    refused = []
    for law in LAWS:
        task = fit_rows(tables, rows, law, columns, title, QUESTION, measure, BEND)
        if task.fit.uncertainty is not None:
            return Chain(loss, task, measure)
        refused.append(task.fit)
    raise RefusedError(title, None, "; ".join(f"{fit.law}: {fit.reason}" for fit in refused), refused[0].next_step)


def foretell_measure(
    tables: Tables, at: Mapping[str, float], measure: str, laws: Sequence[str], convention: str, runs: int = 1
) -> Foretold:
    """The mean `measure` of `runs` new runs at the point, ready to be sealed. Raises what `fit_chain` does."""
    check_point(at, convention, runs)
    chain = fit_chain(tables, at, measure, laws, convention)
    return Foretold(tables, at, find_recipe(tables), chain.look_ahead(at, runs), (chain.loss, chain.task))


def _scale(errors: Errors, factor: float) -> Errors:
    return Errors(abs(factor) * errors.mean, abs(factor) * errors.run, errors.degrees)


def _combine_degrees(first: Errors, second: Errors) -> float:
    """Degrees of freedom of a sum of two estimated variances (Welch 1947, Satterthwaite 1946)."""
    parts = [(errors.mean**2 + errors.run**2, errors.degrees) for errors in (first, second)]
    total = sum(variance for variance, _ in parts)
    spent = sum(variance**2 / degrees for variance, degrees in parts)
    return total**2 / spent if spent > 0 else min(degrees for _, degrees in parts)
