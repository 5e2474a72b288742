"""Which runs to make next: those that narrow the forecast at a target most for their compute.

A c-optimal design (Elfving 1952; Pukelsheim 1993, Optimal Design of Experiments, chapter 2) for one linear form g·θ, g
the gradient of ln f at the target, about the fitted parameters: greedily, then by exchange (Fedorov 1972). The fit is
not weighted by the luck it meets, so its covariance is the sandwich V = A⁻¹BA⁻¹, A = SᵀS and B = Σ_k S_kᵀΩ_kS_k over
trunks k with Ω = σ²I + τ²11ᵀ.

Shapes: M candidates, p parameters, r rows of one candidate.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from lab.analysis.laws.luck import Luck, measure_luck, open_problem
from lab.analysis.laws.named import NamedFit
from lab.analysis.plans.surfaces import TRAINING
from lab.core.errors import InputError
from lab.scaling.problem import find_slopes

Array = NDArray[Any]

COOLDOWN = 0.2  # share of a horizon that its branch trains by itself (a training run's default)
LADDER = 2.0  # between candidate sizes, and between horizons
MOST_RUNS, MOST_SEEDS = 12, 3  # trunks in a design; seeds of one cell
WORTH = 0.005  # of ln half-width: a run that narrows less is not worth its place
_SAME = 1e-9  # of a ratio
_ROUNDS = 20  # of exchange
_ENOUGH = 1e-4  # of ln half-width: an exchange that gains less is none


@dataclass(frozen=True)
class Candidate:
    """A trunk that could be trained: its size, the horizons cooled off it in tokens, and its cost in FLOP."""

    size: float
    horizons: tuple[float, ...]

    @property
    def cost(self) -> float:
        """6·N·(tokens of the trunk to its last branch, and of every branch): shorter horizons cost a cooldown each."""
        trained = (1 - COOLDOWN) * max(self.horizons) + COOLDOWN * sum(self.horizons)
        return TRAINING * self.size * trained


@dataclass(frozen=True)
class Step:
    """One run of a design, the `seed`-th new one of its size: half-widths of the 95 % interval of ln L at the target
    once it and those before it are in; `mean` of the law's mean, `run` of one run more.
    """

    candidate: Candidate
    seed: int
    spent: float
    mean: float
    run: float


@dataclass(frozen=True)
class Design:
    """An ordered design for `target` (predictors of the law): half-widths `mean` and `run` before any of `steps`,
    and `fitted`, that of the mean by the fit's own interval, which the model of the luck should agree with.
    """

    target: dict[str, float]
    luck: Luck
    trunks: bool
    mean: float
    run: float
    fitted: float
    steps: list[Step]


@dataclass(frozen=True)
class Information:
    """What rows tell: A = SᵀS and B = SᵀΩS, (..., p, p) each, of `units` independent units (...)."""

    bread: Array
    filling: Array
    units: Array

    def __add__(self, other: Information) -> Information:
        return Information(self.bread + other.bread, self.filling + other.filling, self.units + other.units)

    def __getitem__(self, at: Any) -> Information:
        return Information(self.bread[at], self.filling[at], self.units[at])

    def spread(self, gradient: Array) -> Array:
        """Standard error √(g A⁻¹BA⁻¹ g) of ln f at the target (...)."""
        scale = np.sqrt(np.einsum("...jj->...j", self.bread))
        scaled = self.bread / scale[..., :, None] / scale[..., None, :]
        solved = np.linalg.solve(scaled, (gradient / scale)[..., None])[..., 0] / scale
        return np.asarray(np.sqrt(np.einsum("...i,...ij,...j->...", solved, self.filling, solved)))

    def reach(self) -> Array:
        """Student's t at 95 % with units − p degrees of freedom (...)."""
        return np.asarray(stdtrit(np.maximum(self.units - self.bread.shape[-1], 1), 0.975))


def design_runs(
    named: NamedFit,
    target: Mapping[str, float],
    budget: float,
    most_runs: int = MOST_RUNS,
    most_seeds: int = MOST_SEEDS,
) -> Design:
    """The runs within `budget` (FLOP) that narrow the forecast at `target` most, in the order of gain per FLOP.

    `target` gives the law's predictors, size and tokens. Raises `InputError` where the fit has no interval or the
    budget buys no candidate.
    """
    fit = named.fit
    if fit.theta is None or fit.uncertainty is None:
        raise InputError(f"law {fit.law}", None, fit.reason, fit.next_step)
    if set(fit.predictors) != {"size", "tokens"}:
        raise InputError(f"law {fit.law}", None, "a design needs a law of size and tokens")
    luck, candidates = measure_luck(named), list_candidates(named, target, budget)
    if not candidates:
        raise InputError("budget", f"{budget:.3g} FLOP", "buys no run of the smallest size", "raise it")
    now = inform_runs(named, luck)
    told = inform_candidates(named, candidates, luck)
    at: dict[str, Any] = {name: np.atleast_1d(float(value)) for name, value in target.items()}
    gradient = find_slopes(fit.form, fit.theta, at)[0]
    costs = np.array([candidate.cost for candidate in candidates])
    search = _Search(now, told, costs, gradient, budget, most_runs, most_seeds)
    grown = (search.exchange(search.grow(per_flop)) for per_flop in (0.0, 1.0))
    chosen = search.prune(min(grown, key=search.measure))
    spread = fit.uncertainty.spread
    before, steps, spent, seeds = _widths(now, gradient, spread), [], 0.0, Counter[float]()
    for i in search.order(chosen):
        now, spent = now + told[i], spent + float(costs[i])
        seeds[candidates[i].size] += 1
        steps.append(Step(candidates[i], seeds[candidates[i].size], spent, *_widths(now, gradient, spread)))
    _, low, high = fit.predict_mean(**at)
    trunks = any(len(candidate.horizons) > 1 for candidate in candidates)
    fitted = float(np.log(high[0] / low[0])) / 2
    return Design(dict(target), luck, trunks, *before, fitted, steps)


def list_candidates(named: NamedFit, target: Mapping[str, float], budget: float) -> list[Candidate]:
    """Trunks on a ladder of sizes and horizons from the least that was run to the target, each affordable alone; a size
    near one that was run is that one.

    Where the study cools several horizons off a trunk so do the candidates, as many as its fullest trunk has. Tokens
    per parameter stay within those of the runs and of the target: a law is not to be learned where it need not hold.
    """
    columns = dict(zip(named.fit.predictors, named.columns, strict=True))
    rows = named.rows_used
    size, tokens = rows[columns["size"]].to_numpy(float), rows[columns["tokens"]].to_numpy(float)
    branches = int(rows.groupby("trunk_key").size().max())
    ratios = np.append(tokens / size, target["tokens"] / target["size"])
    ladder = _lay_ladder(tokens.min(), max(tokens.max(), target["tokens"]))
    found = []
    for n in _snap(_lay_ladder(size.min(), max(size.max(), target["size"])), np.unique(size)):
        horizons = ladder[(ladder / n >= ratios.min() * (1 - _SAME)) & (ladder / n <= ratios.max() * (1 + _SAME))]
        for last in range(1, len(horizons) + 1):
            found.append(Candidate(float(n), tuple(horizons[max(0, last - branches) : last].tolist())))
    return [candidate for candidate in found if candidate.cost <= budget]


def inform_runs(named: NamedFit, luck: Luck) -> Information:
    """What the runs of a fit tell."""
    problem = open_problem(named)
    assert named.fit.theta is not None
    slopes = find_slopes(named.fit.form, named.fit.theta, dict(problem.data.x))
    sums = np.zeros((problem.data.unit_count, slopes.shape[1]))
    np.add.at(sums, problem.data.units, slopes)
    bread = slopes.T @ slopes
    return Information(
        bread, luck.row**2 * bread + luck.trunk**2 * sums.T @ sums, np.array(float(problem.data.unit_count))
    )


def inform_candidates(named: NamedFit, candidates: Sequence[Candidate], luck: Luck) -> Information:
    """What each candidate would tell, (M, p, p)."""
    assert named.fit.theta is not None
    breads, fillings = [], []
    for candidate in candidates:
        tokens = np.array(candidate.horizons)
        x = {"size": np.full(len(tokens), candidate.size), "tokens": tokens}
        slopes = find_slopes(named.fit.form, named.fit.theta, x)
        total = slopes.sum(axis=0)
        breads.append(slopes.T @ slopes)
        fillings.append(luck.row**2 * breads[-1] + luck.trunk**2 * np.outer(total, total))
    return Information(np.array(breads), np.array(fillings), np.ones(len(candidates)))


def tabulate_design(design: Design) -> pd.DataFrame:
    """A row per run: order, size (N), horizons (tokens), seed, cost and spent (FLOP), and the half-widths in percent
    before and after it, of the mean and of one run.
    """
    rows, mean, run = [], design.mean, design.run
    for order, step in enumerate(design.steps, 1):
        values = [100 * math.expm1(width) for width in (mean, step.mean, run, step.run)]
        head = (order, step.candidate.size, step.candidate.horizons, step.seed, step.candidate.cost, step.spent)
        rows.append((*head, *values))
        mean, run = step.mean, step.run
    widths = ["mean_before", "mean_after", "run_before", "run_after"]
    return pd.DataFrame(rows, columns=["order", "size", "horizons", "seed", "cost", "spent", *widths])


@dataclass(frozen=True)
class _Search:
    """Choices of candidates, as lists of their indices; one may stand several times, each a new seed."""

    now: Information
    told: Information
    costs: Array
    gradient: Array
    budget: float
    most_runs: int
    most_seeds: int

    def measure(self, chosen: Sequence[int]) -> float:
        """ln of the interval's half-width at the target with the candidates chosen."""
        return float(self._log_width(self._sum(chosen)))

    def grow(self, per_flop: float) -> list[int]:
        """Greedily: the candidate of most gain over cost^per_flop, as long as one helps and is affordable."""
        chosen: list[int] = []
        while len(chosen) < self.most_runs:
            gain = self.measure(chosen) - self._log_width(self._sum(chosen) + self.told)
            gain = np.where(self._allow(chosen), gain / self.costs**per_flop, -np.inf)
            best = int(np.argmax(gain))
            if not gain[best] > 0:
                break
            chosen.append(best)
        return chosen

    def exchange(self, chosen: list[int]) -> list[int]:
        """Swaps one run at a time for the best other, as long as one gains."""
        for _ in range(_ROUNDS):
            width, swapped = self.measure(chosen), chosen
            for place in range(len(chosen)):
                rest = chosen[:place] + chosen[place + 1 :]
                widths = np.where(self._allow(rest), self._log_width(self._sum(rest) + self.told), np.inf)
                best = int(np.argmin(widths))
                if widths[best] < width - _ENOUGH:
                    width, swapped = float(widths[best]), [*rest, best]
            if swapped is chosen:
                return chosen
            chosen = swapped
        return chosen

    def prune(self, chosen: list[int]) -> list[int]:
        """Leaves out runs that widen the interval by less than `WORTH` when left out, the least first; never all."""
        while len(chosen) > 1:
            widths = [self.measure(chosen[:place] + chosen[place + 1 :]) for place in range(len(chosen))]
            least = int(np.argmin(widths))
            if widths[least] - self.measure(chosen) >= WORTH:
                break
            chosen = chosen[:least] + chosen[least + 1 :]
        return chosen

    def order(self, chosen: Sequence[int]) -> list[int]:
        """By gain per FLOP, the best first."""
        left, ordered = list(chosen), list[int]()
        while left:
            widths = self._log_width(self._sum(ordered) + self.told)[left]
            gain = (self.measure(ordered) - widths) / self.costs[left]
            ordered.append(left.pop(int(np.argmax(gain))))
        return ordered

    def _sum(self, chosen: Sequence[int]) -> Information:
        part = self.told[list(chosen)]
        return self.now + Information(part.bread.sum(axis=0), part.filling.sum(axis=0), part.units.sum(axis=0))

    def _log_width(self, information: Information) -> Array:
        return np.asarray(np.log(information.reach() * information.spread(self.gradient)))

    def _allow(self, chosen: Sequence[int]) -> Array:
        times = np.bincount(np.array(chosen, int), minlength=len(self.costs))
        left = self.budget - float(self.costs[list(chosen)].sum())
        return np.asarray((self.costs <= left * (1 + 1e-12)) & (times < self.most_seeds))


def _widths(information: Information, gradient: Array, spread: float) -> tuple[float, float]:
    """Half-widths of the 95 % interval of ln L at the target: of the mean, of one run more with its `spread`."""
    reach, error = float(information.reach()), float(information.spread(gradient))
    return reach * error, reach * math.hypot(error, spread)


def _lay_ladder(low: float, high: float) -> Array:
    count = math.floor(math.log(high / low) / math.log(LADDER) + 1e-9) + 1
    return low * LADDER ** np.arange(count)


def _snap(ladder: Array, seen: Array) -> Array:
    """The rungs of a ladder, each moved to the nearest value seen where one lies within a quarter of a rung."""
    nearest = seen[np.abs(np.log(ladder[:, None] / seen)).argmin(axis=1)]
    return np.unique(np.where(np.abs(np.log(ladder / nearest)) < math.log(LADDER) / 4, nearest, ladder))
