"""What estimators of complexity are worth: their bias on sources of known truth, and how fast their error falls.

A study of the runner `estimate`. Bias at a length: the mean over seeds of estimate − truth, with Student's interval;
sequences of different lengths are independent. The error's law |error| ~ B n^(−β) is fitted by the lab's engine to
every seed and length. In a mean over sources each counts alike, and the seed is the unit: its sources share their luck.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from lab.analysis.laws.cache import fit_once
from lab.analysis.laws.named import load_law
from lab.core.estimate import Estimate
from lab.core.replicates import average_replicates
from lab.scaling import Data
from lab.tables import Tables

CELL = ["quantity", "method_kind", "method", "source"]
POINT = [*CELL, "length"]
FEWEST_LENGTHS = 4  # below, a slope has no curve to be judged by
EXACT = 1e-9  # bits: an error below is arithmetic, and no law describes it


@dataclass(frozen=True)
class Convergence:
    """The law of one method's error on one source. `exponent` (β) has an interval where `status` is 'converged'."""

    quantity: str
    method: str
    source: str
    exponent: Estimate
    status: str
    reason: str


@dataclass(frozen=True)
class Assessment:
    """One method on one source of known truth: `bias` at the longest sequence it answered for (`length`), `trusted`
    (symbols, NaN for never, see `find_trusted_lengths`) and the law of its error.
    """

    method: str
    source: str
    length: float
    bias: Estimate
    trusted: float
    convergence: Convergence


def collect_points(tables: Tables) -> pd.DataFrame:
    """One row per run and length: the columns of `POINT`, seed, estimate_bits, truth_bits, error_bits, run_key.

    The estimate is NaN where a method has no answer, the truth where it is not known or infinite, the error where
    either is. Empty where the study holds no such runs.
    """
    wanted = [*CELL, "seed", "length", "estimate_bits", "truth_bits", "error_bits", "run_key"]
    own, curves = tables.runs, tables.curves
    if "method" not in own or "estimate_bits" not in curves:
        return pd.DataFrame(columns=wanted)
    done = own.loc[(own["status"] == "done") & (own["method"] != ""), [*CELL, "seed", "truth_bits", "run_key"]]
    points = done.merge(curves[["run_key", "length", "estimate_bits"]], on="run_key")
    # Branches of one trunk share their points: a sequence counts once.
    points = points.drop_duplicates([*POINT, "seed"])
    points["error_bits"] = points["estimate_bits"] - points["truth_bits"]
    return points.sort_values([*POINT, "seed"], ignore_index=True)[wanted]


def measure_bias(points: pd.DataFrame, level: float = 0.95) -> pd.DataFrame:
    """A row per method, source and length: bias_bits, low, high, seeds (n), answered (the share of seeds)."""
    rows = []
    for cell, own in points.groupby(POINT, sort=True):
        found = average_replicates("bias", own["error_bits"].tolist(), "bits", level)
        answered = own["estimate_bits"].notna().mean()
        rows.append((*cell, found.value, found.low, found.high, found.n, answered))
    return pd.DataFrame(rows, columns=[*POINT, "bias_bits", "low", "high", "seeds", "answered"])


def average_estimates(points: pd.DataFrame, level: float = 0.95) -> pd.DataFrame:
    """A row per method, source and length: estimate_bits with its interval over seeds, truth known or not."""
    rows = []
    for cell, own in points.groupby(POINT, sort=True):
        found = average_replicates("estimate", own["estimate_bits"].tolist(), "bits", level)
        rows.append((*cell, found.value, found.low, found.high, found.n))
    return pd.DataFrame(rows, columns=[*POINT, "estimate_bits", "low", "high", "seeds"])


def find_trusted_lengths(bias: pd.DataFrame, tolerance: float) -> pd.DataFrame:
    """A row per method and source: `trusted`, the shortest length from which on the bias is within ± tolerance (bits).

    At every length from there to the longest that the method answered for (`longest`) the whole interval must lie
    inside and every seed have an answer; NaN where that is not so even at the longest.
    """
    rows = []
    for cell, own in bias.groupby(CELL, sort=True):
        own = own[own["length"] <= own.loc[own["answered"] > 0, "length"].max()].sort_values("length")
        inside = (own["low"] > -tolerance) & (own["high"] < tolerance) & (own["answered"] == 1.0)
        exact = (own["bias_bits"].abs() < EXACT) & (own["answered"] == 1.0)
        held = (inside | exact).to_numpy()[::-1].cumprod()[::-1].astype(bool)
        trusted = own["length"].to_numpy(float)[held]
        rows.append((*cell, trusted.min() if len(trusted) else math.nan, own["length"].max()))
    return pd.DataFrame(rows, columns=[*CELL, "trusted", "longest"])


def fit_convergence(points: pd.DataFrame) -> list[Convergence]:
    """β of |error| ~ B n^(−β) for every method and source of known truth, by the lab's engine."""
    found = []
    for cell, own in points.dropna(subset=["error_bits"]).groupby(CELL, sort=True):
        quantity, _, method, source = map(str, cell)
        error = own["error_bits"].abs()
        own, error = own[error > EXACT], error[error > EXACT]
        blank = Estimate("beta", math.nan, unit="", method="", n=len(own))
        if error.empty:
            found.append(Convergence(quantity, method, source, blank, "exact", "no error at any length"))
        elif own["length"].nunique() < FEWEST_LENGTHS:
            reason = f"{own['length'].nunique()} lengths with an error, needs {FEWEST_LENGTHS}"
            found.append(Convergence(quantity, method, source, blank, "refused", reason))
        else:
            x, fresh = {"x": own["length"].to_numpy(float)}, np.arange(len(own))  # a sequence of its own for each
            fit = fit_once(load_law("pure_power"), Data(x, error.to_numpy(float), fresh, unit="sequence"))
            exponent = fit.find("alpha") if fit.theta is not None else blank
            found.append(Convergence(quantity, method, source, exponent, str(fit.status), fit.reason))
    return found


def assess_methods(points: pd.DataFrame, tolerance: float) -> list[Assessment]:
    """Every method on every source whose truth is known, in the order of `points`."""
    bias = measure_bias(points.dropna(subset=["truth_bits"]))
    trusted = find_trusted_lengths(bias, tolerance).set_index(["method", "source"])["trusted"]
    laws = {(found.method, found.source): found for found in fit_convergence(points)}
    assessed = []
    for cell, own in bias.dropna(subset=["bias_bits"]).groupby(["method", "source"], sort=True):
        method, source = map(str, cell)
        row = own.sort_values("length").iloc[-1]
        seeds = int(row["seeds"])
        method_of = f"t({seeds - 1}) over {seeds} seeds" if seeds > 1 else "needs two seeds"
        found = Estimate("bias", row["bias_bits"], row["low"], row["high"], 0.95, "bits", method_of, seeds)
        law = laws[method, source]
        assessed.append(Assessment(method, source, row["length"], found, float(trusted.loc[(method, source)]), law))
    return assessed


def average_sources(name: str, values: pd.Series, unit: str = "bits/symbol", level: float = 0.95) -> Estimate:
    """Mean over seeds of the mean over sources; `values` by (source, seed), every source counting alike.

    The seed is the unit: sequences of one seed are drawn from the same numbers, whatever their source. A source without
    any value is left out, and so is a seed without a value of every other source.
    """
    table = pd.DataFrame()
    if len(values):
        table = values.rename("value").reset_index().pivot_table("value", "seed", "source").dropna()
    found = average_replicates(name, table.mean(axis=1).tolist(), unit, level)
    return replace(found, method=f"{found.method}, each a mean of {len(table.columns)} sources")
