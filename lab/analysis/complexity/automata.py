"""What runs of automata show: the curve of a state's length beside its surrogate's, the hump, and how peaks scale.

The reported quantity is the excess, simulation minus row surrogate, paired by run and averaged over seeds: the hump of
the coffee automaton (Aaronson, Carroll and Ouellette 2014, arXiv 1405.6903) is in the surrogate too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from lab.analysis.laws.named import NamedFit, fit_rows
from lab.core.columns import COLUMNS
from lab.core.estimate import Estimate
from lab.core.replicates import average_replicates
from lab.tables import Tables

MEASURES = ("complexity", "adjusted", "entropy")
GRAIN, BUCKETS, CODE = 10, 3, "deflate"  # of the paper, which says gzip
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Hump:
    """The curves of runs that differ in the seed alone: `times` (T,) in τ, `simulated` and `surrogate` (seeds, T) bits.

    The hump is where the mean of both together has risen by more than half of its rise: chosen so, it favours neither.
    """

    times: Array
    simulated: Array
    surrogate: Array
    run_keys: tuple[str, ...]

    @property
    def excess(self) -> Array:
        """Simulation minus surrogate, (seeds, T), bits."""
        return self.simulated - self.surrogate

    @property
    def peak(self) -> int:
        """The snapshot at which the mean simulation is longest."""
        return int(self.simulated.mean(axis=0).argmax())

    @property
    def height(self) -> float:
        """The rise of the mean simulation above its first value, bits; NaN where it does not rise."""
        mean = self.simulated.mean(axis=0)
        return float(mean.max() - mean[0]) or math.nan

    @property
    def top(self) -> NDArray[np.bool_]:
        """Which snapshots are on the hump, (T,)."""
        both = (self.simulated + self.surrogate).mean(axis=0)
        rise: Array = both - both[0]
        top: NDArray[np.bool_] = rise >= 0.5 * rise.max()
        return top

    def estimate_excess(self, level: float = 0.95) -> Estimate:
        """Mean excess on the hump, as a share of its height."""
        values = self.excess[:, self.top].mean(axis=1) / self.height
        return average_replicates("excess on the hump / its height", values.tolist(), "", level)

    def estimate_rise_and_fall(self, level: float = 0.95) -> Estimate:
        """Mean excess on the hump above that at one end, the first or the last, where the seeds' mean excess is larger;
        as a share of the hump's height.

        Zero for a hump that the surrogate has too, and for an excess that rises and stays.
        """
        end = 0 if self.excess[:, 0].mean() >= self.excess[:, -1].mean() else -1
        values = (self.excess[:, self.top].mean(axis=1) - self.excess[:, end]) / self.height
        return average_replicates("rise and fall of the excess / the hump's height", values.tolist(), "", level)

    def estimate_ratio(self, level: float = 0.95) -> Estimate:
        """Simulation over surrogate at the peak: geometric mean over seeds, its interval that of the logarithms."""
        values = self.simulated[:, self.peak] / self.surrogate[:, self.peak]
        return _average_ratios("simulation / surrogate at the peak", values, level)

    def estimate_last(self, level: float = 0.95) -> Estimate:
        """The last value over the seed's own at the common peak; geometric mean, as above."""
        values = self.simulated[:, -1] / self.simulated[:, self.peak]
        return _average_ratios("last value / peak", values, level)

    def estimate_return(self, level: float = 0.95) -> Estimate:
        """1 − (last − first value) / height: 1 where the end is as short as the beginning."""
        values = 1.0 - (self.simulated[:, -1] - self.simulated[:, 0]) / self.height
        return average_replicates("share of the hump gone in the end", values.tolist(), "", level)

    def estimate_climb(self, level: float = 0.95) -> Estimate:
        """1 − (sum of the steps down) / (sum of the steps up) of the simulation: 1 where it never falls.

        No value where a run never rises: to leave it out would be to choose those that speak for a climb.
        """
        name, steps = "share of the climb that is kept", np.diff(self.simulated, axis=1)
        up, down = np.maximum(steps, 0).sum(axis=1), -np.minimum(steps, 0).sum(axis=1)
        if flat := int((up == 0).sum()):
            method = f"{flat} of {len(up)} runs never rise"
            return Estimate(name, math.nan, level=level, method=method, n=len(up))
        return average_replicates(name, (1.0 - down / up).tolist(), "", level)

    def tabulate(self, level: float = 0.95) -> pd.DataFrame:
        """A row per snapshot and series ('simulation', 'surrogate', 'excess'): relaxation_times, value, low, high."""
        series = {"simulation": self.simulated, "surrogate": self.surrogate, "excess": self.excess}
        return pd.concat([_average(self.times, bits, level).assign(series=name) for name, bits in series.items()])


def find_runs(tables: Tables, automaton: str = "", code: str = "") -> pd.DataFrame:
    """The finished runs of one automaton (of all, if none is named) as `code` sees them, by the paper's grain and
    buckets; without a code by deflate, or, where all runs are seen in one way, in that.
    """
    runs = find_finished(tables)
    if runs.empty:
        return runs
    alike = len(runs[["grain", "buckets", "code"]].drop_duplicates()) == 1
    kept = runs["grain"].eq(GRAIN) & runs["buckets"].eq(BUCKETS) & runs["code"].eq(code or CODE)
    runs = runs if alike and not code else runs[kept]
    return runs[runs["automaton"].eq(automaton)] if automaton else runs


def find_finished(tables: Tables) -> pd.DataFrame:
    """The finished runs of automata, in every view; none where the study has none, with every column all the same."""
    runs = tables.runs
    if "automaton" not in runs:
        return runs.iloc[:0].reindex(columns=list(dict.fromkeys([*runs.columns, *COLUMNS])))
    return runs[runs["status"].eq("done") & runs["automaton"].ne("")]


def choose_side(runs: pd.DataFrame, seeds: int) -> float:
    """The largest side that `seeds` runs have, else the one with most; NaN where there is no run."""
    counts = runs["side"].value_counts() if len(runs) else pd.Series(dtype=float)
    enough = counts[counts >= seeds]
    if len(counts) == 0:
        return math.nan
    return float(enough.index.max() if len(enough) else counts.index[counts == counts.max()].max())


def read_hump(tables: Tables, runs: pd.DataFrame, measure: str) -> Hump | None:
    """The curves of `runs` (one automaton, side and view) at the times common to all; None below two of these."""
    curves = tables.curves[tables.curves["run_key"].isin(runs["run_key"])]
    if curves.empty:
        return None
    bits = [f"{measure}_bits", f"surrogate_{measure}_bits"]
    wide = curves.pivot_table(bits, "relaxation_times", "run_key").dropna()
    if len(wide) < 2:
        return None
    simulated, surrogate = (wide[name].to_numpy(float).T for name in bits)
    return Hump(wide.index.to_numpy(float), simulated, surrogate, tuple(map(str, wide[bits[0]].columns)))


def fit_peaks(tables: Tables, runs: pd.DataFrame, measure: str) -> NamedFit:
    """`measure` (a column, positive) of `runs` as a power of the side n, by the lab's law engine."""
    title = f"{measure.replace('_', ' ')} against n"
    return fit_rows(tables, runs, "pure_power", {"x": "side"}, title, "How does the peak grow with the side?", measure)


def time_peaks(tables: Tables, runs: pd.DataFrame) -> pd.DataFrame:
    """The runs with `peak_sweeps` read between the snapshots: the mean time of those above half of the hump's rise,
    each weighing what it lies above; a time that is one snapshot's own would be the same for most seeds.
    """
    curves = tables.curves.reindex(columns=["run_key", "sweeps", "complexity_bits"]).dropna()
    times: dict[object, float] = {}
    for key, own in curves[curves["run_key"].isin(runs["run_key"])].groupby("run_key"):
        own = own.sort_values("sweeps")
        rise = own["complexity_bits"].to_numpy(float) - float(own["complexity_bits"].iloc[0])
        above = np.maximum(rise - rise.max() / 2, 0.0)
        if above.any():
            times[key] = float(above @ own["sweeps"].to_numpy(float) / above.sum())
    return runs.assign(peak_sweeps=runs["run_key"].map(times).astype(float))


def estimate_exponent(fit: NamedFit, name: str, level: float = 0.95) -> Estimate:
    """The exponent of n in what was fitted: −α of L = A·n^(−α)."""
    found = fit.fit.find("alpha", level)
    return replace(found, name=name, value=-found.value, low=-found.high, high=-found.low)


def compare_exponents(tables: Tables, runs: pd.DataFrame, measure: str) -> NamedFit:
    """The ratio of a run's peak to its surrogate's, `measure` one of `MEASURES`, as a power of n: its exponent is the
    difference of the two exponents, the luck a run and its surrogate share divided out.
    """
    ratio = runs[f"peak_{measure}_bits"] / runs[f"surrogate_peak_{measure}_bits"]
    return fit_peaks(tables, runs.assign(peak_ratio=ratio), "peak_ratio")


def read_largest(
    tables: Tables, automaton: str, measure: str, seeds: int, code: str = ""
) -> tuple[Hump | None, pd.DataFrame]:
    """The curves of one automaton at its largest side that has `seeds` runs, and these runs."""
    runs = find_runs(tables, automaton, code)
    runs = runs[runs["side"].eq(choose_side(runs, seeds))]
    return read_hump(tables, runs, measure), runs


def estimate_hump(hump: Hump | None, statistic: Callable[[Hump, float], Estimate], level: float = 0.95) -> Estimate:
    """A statistic of the hump, which there may not be."""
    return statistic(hump, level) if hump else Estimate("hump", math.nan, level=level, method="there is no curve")


def _average_ratios(name: str, ratios: Array, level: float) -> Estimate:
    """Of positive quantities, so that no interval reaches below 0: Student's over seeds of the logarithms."""
    logs = average_replicates(name, np.log(ratios).tolist(), "", level)
    value, low, high = (float(np.exp(end)) for end in (logs.value, logs.low, logs.high))
    return replace(logs, value=value, low=low, high=high, method=f"{logs.method}, of logarithms")


def _average(times: Array, bits: Array, level: float) -> pd.DataFrame:
    """Mean over seeds with Student's interval, NaN ends for a single seed."""
    n = len(bits)
    half = np.full(len(times), np.nan)
    if n > 1:
        half = stdtrit(n - 1, 0.5 + level / 2) * bits.std(axis=0, ddof=1) / math.sqrt(n)
    mean = bits.mean(axis=0)
    return pd.DataFrame({"relaxation_times": times, "value": mean, "low": mean - half, "high": mean + half})


def list_automata(runs: pd.DataFrame, order: Sequence[str] = ()) -> list[str]:
    """The automata of `runs`, those in `order` first."""
    present = set(runs["automaton"]) if len(runs) else set()
    return [name for name in order if name in present] + sorted(present - set(order))
