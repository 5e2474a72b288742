"""The three approaches to the best size at a given compute, side by side, and their disagreement.

Hoffmann et al. 2022 (arXiv 2203.15556), section 3: the envelope of the sizes' losses against compute (1), the valleys
of the loss at equal compute (2), and the joint law L(N, D) (3). Approach 2 stands twice: as published, and with the
bias taken out that the same parabolas have on the losses of the fitted law at the very same runs (Open-Athena 2026,
arXiv 2603.22339); this also takes out what interpolating between horizons does.

Shapes: R = 1 + units rows, the first from all runs, each other without one unit; n runs, K budgets.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lab.analysis.laws.jackknife import Units, find_units
from lab.analysis.laws.named import NamedFit, fit_rows, speak
from lab.analysis.optimum.comparison import (
    CORRECTED,
    ENVELOPE,
    LAW,
    VALLEYS,
    Approach,
    ApproachComparison,
    Reader,
    Valleys,
)
from lab.analysis.optimum.flatness import Exchange, Surface, read_exchange
from lab.analysis.optimum.frontier import find_switches
from lab.analysis.optimum.valleys import FEWEST_SIZES, SizeGrid, Vertices, fit_parabolas, list_budgets, make_grid
from lab.analysis.selection import select_runs
from lab.core.columns import COMPUTES, CONVENTIONS
from lab.core.errors import UnknownNameError
from lab.scaling import Data, Huber, Law
from lab.scaling.intervals import refit
from lab.scaling.laws.chinchilla import law as chinchilla
from lab.scaling.problem import Problem
from lab.tables import Tables

Array = NDArray[Any]

FEWEST_POINTS = 3  # of a line N*(C)
_ISOFLOP = "run smaller and larger sizes at equal compute: `lab run chinchilla_isoflop --preset standard`"


def compare_approaches(tables: Tables, convention: str = "params_total", compute: str = "flops") -> ApproachComparison:
    """All approaches on the runs of a study that may be fitted; what they cannot bear is refused by name.

    Raises `UnknownNameError` for a count of parameters or compute that is none.
    """
    if convention not in CONVENTIONS:
        raise UnknownNameError.among("convention of N", convention, CONVENTIONS)
    if compute not in COMPUTES:
        raise UnknownNameError.among("measure of compute", compute, COMPUTES)
    rows = select_runs(tables).rows.dropna(subset=[convention, compute, "tokens"])
    units = find_units(rows, convention)
    joint = fit_rows(
        tables, rows, chinchilla, {"size": convention, "tokens": "tokens"}, f"L(N, D), {speak(convention)}", _QUESTION
    )
    grid = make_grid(rows, convention, compute)
    exchange = read_exchange(rows, convention, compute) if len(grid.log_sizes) > 1 else None
    surface = fit_surface(chinchilla, joint, units, exchange)
    valleys = survey_valleys(rows, grid, compute, units, surface, convention)
    approaches = {
        ENVELOPE: _follow_envelope(rows, grid, units),
        VALLEYS: _follow_valleys(VALLEYS, valleys, valleys.parabolas.best),
        CORRECTED: _correct_valleys(valleys, surface, joint),
        LAW: Approach(LAW, surface.find_best, basis=f"{len(rows)} runs")
        if surface
        else Approach(LAW, None, _explain(joint), joint.fit.next_step),
    }
    return ApproachComparison(convention, compute, rows, grid, valleys, approaches, exchange, surface, joint, units)


def list_choices(tables: Tables) -> tuple[list[tuple[str, str]], list[str]]:
    """The pairs of a count of parameters and one of compute that the runs tell apart, and a note for each count that
    they do not: unknown, or equal to another in every run.
    """
    rows, notes = select_runs(tables).rows, []
    kept = []
    for columns in (CONVENTIONS, COMPUTES):
        own: list[str] = []
        for column in columns:
            values = rows[column].to_numpy(float)
            twin = next((c for c in own if np.allclose(values, rows[c], rtol=1e-9, atol=0, equal_nan=True)), None)
            if not np.isfinite(values).any():
                notes.append(f"{column} is not known")
            elif twin:
                notes.append(f"{column} is {twin} in every run")
            else:
                own.append(column)
        kept.append(own or [columns[0]])
    return [(convention, compute) for convention in kept[0] for compute in kept[1]], notes


def fit_surface(law: Law, joint: NamedFit, units: Units, exchange: Exchange | None) -> Surface | None:
    """The joint law of `joint` refitted without each unit, with what a token costs; None where there is no such fit."""
    fit = joint.fit
    if fit.theta is None or fit.uncertainty is None or exchange is None:
        return None
    rows = joint.rows_used
    x = {name: rows[column].to_numpy(float) for name, column in zip(law.predictors, joint.columns, strict=True)}
    data = Data(x, rows["loss_nats"].to_numpy(float))
    refits = refit(Problem(law, data, Huber()), fit.theta, units.weights[1:])
    return Surface(np.vstack([fit.theta, refits]), exchange)


def survey_valleys(
    rows: pd.DataFrame, grid: SizeGrid, compute: str, units: Units, surface: Surface | None, convention: str
) -> Valleys:
    """The valleys at every budget that three sizes reach, and the bias of their parabolas."""
    budgets = list_budgets(rows[compute].to_numpy(float))
    log_loss = np.log(rows["loss_nats"].to_numpy(float))
    losses = np.exp(grid.read(log_loss, units.weights, np.log(budgets)))
    reached = np.isfinite(losses[0]).sum(axis=0) >= FEWEST_SIZES
    budgets, losses = budgets[reached], losses[:, :, reached]
    if not len(budgets):
        none = np.empty((len(units.weights), 0))
        return Valleys(budgets, losses, Vertices(none, none, none, none.astype(str)), none)
    parabolas = fit_parabolas(grid.log_sizes, losses)
    if surface is None:
        return Valleys(budgets, losses, parabolas, np.full(parabolas.log_size.shape, np.nan))
    x = {"size": rows[convention].to_numpy(float), "tokens": rows["tokens"].to_numpy(float)}
    foretold = np.log(chinchilla.predict(surface.theta, **x))
    ideal = fit_parabolas(grid.log_sizes, np.exp(grid.read(foretold, units.weights, np.log(budgets))))
    bias = ideal.log_size - surface.find_best(np.log(budgets))
    return Valleys(budgets, losses, parabolas, parabolas.best - bias)


def _correct_valleys(valleys: Valleys, surface: Surface | None, joint: NamedFit) -> Approach:
    if surface is None:
        return Approach(
            CORRECTED, None, f"the bias is known from the joint law: {_explain(joint)}", joint.fit.next_step
        )
    return _follow_valleys(CORRECTED, valleys, valleys.corrected)


def _follow_valleys(name: str, valleys: Valleys, best: Array) -> Approach:
    """The line through the best sizes (R, K) of all valleys."""
    count, found = len(valleys.budgets), int(np.isfinite(best[0]).sum()) if best.size else 0
    if found < FEWEST_POINTS:
        reason = f"{count} budgets that {FEWEST_SIZES} sizes reach, {found} of them with the best size inside"
        return Approach(name, None, f"{reason}; {FEWEST_POINTS} are needed", _ISOFLOP)
    line = _fit_line(np.broadcast_to(np.log(valleys.budgets), best.shape), best)
    return Approach(name, line, basis=f"{found} valleys")


def _follow_envelope(rows: pd.DataFrame, grid: SizeGrid, units: Units) -> Approach:
    """The line through the points where the least loss passes from one size to another."""
    if (grid.horizons < 2).all():
        return Approach(ENVELOPE, None, "no size was trained to two horizons", "train each size to several horizons")
    log_loss = np.log(rows["loss_nats"].to_numpy(float))
    at, sizes = find_switches(grid, log_loss, units.weights)
    found = int(np.isfinite(sizes[0]).sum()) if sizes.size else 0
    if found < FEWEST_POINTS:
        reason = f"the least loss passes from size to size {found} times; {FEWEST_POINTS} are needed"
        return Approach(ENVELOPE, None, reason, "train more sizes, each to several horizons")
    return Approach(ENVELOPE, _fit_line(at, sizes), basis=f"{found} crossings")


def _fit_line(x: Array, y: Array) -> Reader:
    """Least squares in every row of x and y (R, K), NaN left out; rows with fewer than two points read NaN."""
    known = np.isfinite(x) & np.isfinite(y)
    count = np.maximum(known.sum(axis=1), 1)
    x, y = (np.where(known, v, 0.0) for v in (x, y))
    middle, level = x.sum(axis=1) / count, y.sum(axis=1) / count
    u = np.where(known, x - middle[:, None], 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = (u * y).sum(axis=1) / (u * u).sum(axis=1)
    return lambda at: np.asarray(level[:, None] + slope[:, None] * (at - middle[:, None]))


def _explain(joint: NamedFit) -> str:
    return joint.fit.reason or "fewer than two sizes"


_QUESTION = "How do parameters and tokens together determine the loss?"
