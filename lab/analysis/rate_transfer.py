"""A learning rate carried from small nets and short runs to larger and longer ones, and what it costs there.

The best rate falls with the horizon and, under one recipe, with the width (Porian et al. 2024, arXiv 2406.19146,
section 3.4; Yang et al. 2022, arXiv 2203.03466, would have it stand still under μP). The rule is a power law of both,

    ln η* = a + p·ln size + q·ln tokens,

fitted to the vertices of bracketed cells. It is tested where it was not fitted: at the largest size and at the longest
horizon.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from lab.analysis.learning_rates import CELL, compare_rates, summarize_rates
from lab.core.estimate import Estimate

FEWEST_SPARE = 2  # cells beyond the coefficients of the rule
DIGITS = 3  # significant, of a rate that the rule gives
TERMS = ("size", "tokens")


@dataclass(frozen=True)
class RateRule:
    """ln η* = `intercept` + Σ exponent · ln term, over `TERMS`; of a term that did not vary it is 0, without interval.

    `cells`: how many vertices it was fitted to; `scatter`: their residual standard deviation, octaves.
    """

    intercept: float
    exponents: tuple[Estimate, ...]
    cells: int
    scatter: float

    def rate_at(self, size: float, tokens: float) -> float:
        """The rate at a size (the family's dial) and a horizon (tokens), to three digits."""
        terms = zip(self.exponents, (size, tokens), strict=True)
        log_rate = self.intercept + sum(exponent.value * math.log(at) for exponent, at in terms)
        return float(f"{math.exp(log_rate):.{DIGITS}g}")


@dataclass(frozen=True)
class TransferTest:
    """`rule`, fitted to the cells below the largest size and the longest horizon, and what it says of the others.

    `frame`: size, tokens, `best` (vertex), `transferred`, `octaves` (log2 of their ratio) and `penalty_nats`: loss
    there above the vertex, NaN where that rate lies outside of what was tried. `reason` says why there is no rule.
    """

    rule: RateRule | None
    frame: pd.DataFrame
    reason: str = ""


def fit_rule(runs: pd.DataFrame) -> RateRule | None:
    """The rule of these runs, which are of one recipe; None where their cells are too few.

    A cell whose best rate is on the edge of what was tried, or that had one rate, is left out.
    """
    cells = summarize_rates(runs).dropna(subset=["vertex"])
    varied = [name for name in TERMS if len(cells[name].unique()) > 1]
    if len(cells) < 1 + len(varied) + FEWEST_SPARE:
        return None
    logs, target = cells[varied].astype(float).apply(np.log), np.log(cells["vertex"].to_numpy(float))
    design = np.column_stack([np.ones(len(cells)), logs])
    coefficients, *_ = np.linalg.lstsq(design, target, rcond=None)
    spare = len(cells) - design.shape[1]
    variance = float(((target - design @ coefficients) ** 2).sum() / spare)
    errors = np.sqrt(variance * np.diag(np.linalg.inv(design.T @ design)))
    reach = stats.t.ppf(0.975, spare) * errors
    found = dict(zip(varied, zip(coefficients[1:], reach[1:], strict=True), strict=True))
    exponents = tuple(_tell_exponent(name, found.get(name), len(cells)) for name in TERMS)
    return RateRule(float(coefficients[0]), exponents, len(cells), math.sqrt(variance) / math.log(2))


def measure_transfer(runs: pd.DataFrame) -> TransferTest:
    """The rule without the largest size and the longest horizon, against the cells of either that were searched."""
    columns = ["size", "tokens", "best", "transferred", "octaves", "penalty_nats"]
    nothing = pd.DataFrame(columns=columns)
    cells = summarize_rates(runs)
    searched = cells[~cells["stored"].astype(bool)]
    if searched[TERMS[0]].nunique() < 2 or searched[TERMS[1]].nunique() < 2:
        return TransferTest(None, nothing, "rates were not searched at two sizes and two horizons")
    largest, longest = searched["size"].max(), searched["tokens"].max()
    rule = fit_rule(runs[(runs["size"] < largest) & (runs["tokens"] < longest)])
    if rule is None:
        return TransferTest(None, nothing, "fewer than five bracketed cells below the largest size and horizon")
    tested = searched[((searched["size"] == largest) | (searched["tokens"] == longest)) & searched["vertex"].notna()]
    groups = dict(tuple(runs[runs["learning_rate"].notna()].groupby(CELL, dropna=False)))
    rows = []
    for row in tested.to_dict("records"):
        rate = rule.rate_at(row["size"], row["tokens"])
        losses = compare_rates(groups[tuple(row[name] for name in CELL)])
        penalty = _interpolate(losses, rate) - row["vertex_loss"]
        octaves = math.log2(rate / row["vertex"])
        rows.append((row["size"], row["tokens"], row["vertex"], rate, octaves, penalty))
    return TransferTest(rule, pd.DataFrame(rows, columns=columns).sort_values(["size", "tokens"], ignore_index=True))


def _tell_exponent(name: str, found: tuple[float, float] | None, cells: int) -> Estimate:
    told = f"exponent of {name}"
    if found is None:
        return Estimate(told, 0.0, math.nan, math.nan, 0.95, "", f"all cells had one {name}", cells)
    value, reach = map(float, found)
    return Estimate(
        told,
        value,
        value - reach,
        value + reach,
        0.95,
        "",
        "least squares on the vertices, cells taken as independent",
        cells,
    )


def _interpolate(losses: pd.Series, rate: float) -> float:
    """The loss at a rate between those tried, by the parabola in ln η through the nearest three; NaN outside."""
    finite = losses[np.isfinite(losses)]
    rates = finite.index.to_numpy(float)
    if len(rates) < 3 or not rates[0] <= rate <= rates[-1]:
        return math.nan
    middle = int(np.clip(np.argmin(np.abs(np.log(rates / rate))), 1, len(rates) - 2))
    around = slice(middle - 1, middle + 2)
    logs = np.log(rates[around] / rate)
    return float(np.polyfit(logs, finite.to_numpy(float)[around], 2)[2])
