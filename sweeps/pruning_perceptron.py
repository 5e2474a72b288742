"""Does data pruning beat the power law? A perceptron of largest margin, examples chosen by a probe, beside the theory.

Sorscher, Geirhos, Shekhar, Ganguli & Morcos 2022, Beyond neural scaling laws (arXiv 2206.14486), section 2. Students
are taught for real, by a solver with a certificate, in 100 to 400 dimensions; the theory has infinitely many.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pandas as pd

from lab.analysis.pruning import (
    BAND,
    compare_rates,
    compare_shapes,
    compare_theory,
    extrapolate_seeds,
    find_students,
    fit_exponents,
    fit_shares,
    keep_dimension,
    select_band,
    trace_envelope,
)
from lab.core.estimate import Estimate
from lab.core.replicates import average_replicates
from lab.core.verdict import Verdict
from lab.runs.spec import RunSpec
from lab.tables import Tables
from sweeps import Question, choose_preset, suggest_next

title = "Pruned examples of a perceptron"
question = "Does choosing examples by their margin beat the power law of the error against their number?"
citation = (
    "Sorscher et al. 2022, Beyond neural scaling laws: beating power law scaling via data pruning, arXiv 2206.14486"
)
figures = ("pruning_curves", "optimal_fraction", "pruning_dimensions")

Bands = tuple[dict[str, Any], ...]
ALL: Bands = ({"side": "random", "keep": 1.0},)
IMPERFECT = 20.0  # degrees between probe and teacher
SHARES = tuple(2.0**-j for j in range(1, 6))
SCARCE, ABUNDANT = 2.0, 40.0  # examples per dimension
HALF, QUARTER = 0.5, 0.25


def _choose(shares: Sequence[float], theta: float = 0.0, sides: Sequence[str] = ("hard", "easy")) -> Bands:
    return tuple({"side": side, "keep": keep, "theta": theta} for keep in shares for side in sides)


def _compare(keep: float) -> Bands:
    """What is asked of one share: all examples, any, and either side by both probes."""
    return (*ALL, {"side": "random", "keep": keep}, *_choose((keep,)), *_choose((keep,), IMPERFECT))


@dataclass(frozen=True)
class Pools:
    """Pools of `alphas` examples per dimension in `dimensions`, `seeds` of each, pruned by every one of `bands` that
    keeps between `fewest` and `most` examples per dimension.
    """

    alphas: tuple[float, ...]
    dimensions: tuple[int, ...]
    seeds: int
    bands: Bands = field(default=ALL)
    fewest: float = 0.0
    most: float = 1e9

    def list_specs(self) -> list[RunSpec]:
        """All runs."""
        return [
            RunSpec("perceptron", {"alpha": alpha, "dimensions": dimensions, "seed": seed, "band": band})
            for alpha in self.alphas
            for dimensions in self.dimensions
            for seed in range(self.seeds)
            for band in self.bands
            if self.fewest <= alpha * band["keep"] <= self.most
        ]


def _space(first: int, last: int, an_octave: int) -> tuple[float, ...]:
    """From 2^first to 2^last examples per dimension."""
    return tuple(2.0 ** (k / an_octave) for k in range(first * an_octave, last * an_octave + 1))


CURVES: Bands = (*ALL, *_choose(SHARES), *_choose(SHARES[:4], IMPERFECT, ("hard",)))
presets = {
    "smoke": (
        Pools((SCARCE,), (20, 40), 12, _compare(HALF)),
        Pools(_space(0, 5, 2), (20,), 4, CURVES, 0.5, 32.0),
    ),
    "standard": (
        Pools((SCARCE,), (100, 200, 400), 96, _compare(HALF)),
        Pools((ABUNDANT,), (100, 200, 400), 48, _compare(QUARTER)),
        Pools(_space(-1, 8, 2), (100,), 16, CURVES, 0.5, 64.0),
    ),
    "overnight": (
        Pools((SCARCE, ABUNDANT), (200, 400, 800), 64, _compare(HALF)),
        Pools((ABUNDANT,), (200, 400, 800), 64, _compare(QUARTER)[1:]),
        Pools(_space(-1, 8, 2), (200,), 16, CURVES, 0.5, 64.0),
    ),
}


def specs(preset: str, table: pd.DataFrame) -> list[RunSpec]:
    """The pools of the preset; nothing is searched."""
    return [spec for pools in choose_preset(presets, preset) for spec in pools.list_specs()]


EARLY, BEYOND = (1.0, 2.0**1.5), (4.0, 32.0)  # kept per dimension: about and beyond 2, where hard examples fix a plane
KEPT, LEAST = 4.0, 1 / 16  # kept per dimension, and the least share, of the question of pools
ERROR_UNIT = "seed"
EASY_FIRST = Question(
    "easy_when_scarce", "Of 2 examples per dimension the easy half teaches more than the hard half.", 0.05,
    "keep easy examples when data are scarce (figure 1)", citation, ERROR_UNIT,
)  # fmt: skip
HARD_LATER = Question(
    "hard_when_abundant", "Of 40 examples per dimension the hard quarter teaches more than the easy quarter.", 0.05,
    "keep hard examples when data are abundant (figure 1)", citation, ERROR_UNIT,
)  # fmt: skip
BEATS_ALL = Question(
    "easy_half_beats_all", "Of 2 examples per dimension the easy half teaches more than all of them.", 0.01,
    "not claimed; by the theory 3.5 % less error, α = 2, f = ½", citation, ERROR_UNIT,
)  # fmt: skip
THEORY_SCARCE, THEORY_ABUNDANT = (
    Question(
        f"theory_at_{alpha:.0f}", f"At {alpha:.0f} examples per dimension every band errs as the theory says.", 0.05,
        "theory and simulation agree (figure 1)", citation, ERROR_UNIT, value=0.0,
    )
    for alpha in (SCARCE, ABUNDANT)
)  # fmt: skip
EXPONENTIAL = Question(
    "at_least_exponential",
    "Hard examples of the best share, chosen by the teacher: per example kept, the error falls ever faster.", 0.1,
    "at least exponential in the examples kept (figure 1)", citation, ERROR_UNIT,
    out_of_regime="1 to 2.8 kept per dimension, shares down to 1/32: a least share has a power law behind it",
)  # fmt: skip
POOL = Question(
    "only_a_perfect_probe_uses_the_pool",
    "Of as many examples kept, a larger pool lowers the error by more if the teacher chooses than a probe at 20°.", 0.2,
    "the better the probe, the smaller the best share (figure 2)", citation, ERROR_UNIT,
)  # fmt: skip
POWER_AGAIN = Question(
    "power_law_with_an_imperfect_probe",
    "Chosen by a probe at 20°, a power describes the error better than an exponential.", 0.1,
    "a cross-over back to a power law (figure 2)", citation, ERROR_UNIT,
)  # fmt: skip
RANDOM = Question(
    "random_is_a_power_law", "Of examples that nobody chose, the error falls as one over their number.", 0.1,
    "ε ∝ 1/α", citation, ERROR_UNIT, value=1.0,
)  # fmt: skip


def judge(tables: Tables) -> list[Verdict]:
    """Three questions of sides, two of the theory, four of the curve; the unit is the pool's seed."""
    next_step = suggest_next(tables, "pruning_perceptron", presets)
    students = find_students(tables)
    scarce, abundant = (students[students["pool_ratio"].eq(alpha)] for alpha in (SCARCE, ABUNDANT))
    perfect, imperfect = (trace_envelope(students, theta) for theta in (0.0, IMPERFECT))
    unchosen = keep_dimension(students[students["kept_share"].eq(1)])
    pool = [fit_shares(students, theta, KEPT, LEAST) for theta in (0.0, IMPERFECT)]
    gain = [-value for value in compare_shapes(imperfect, *BEYOND)]
    found: list[tuple[Question, Callable[[float], Estimate], pd.DataFrame]] = [
        (EASY_FIRST, partial(_average, contrast_bands(scarce, HALF, "hard", "easy")), scarce),
        (HARD_LATER, partial(_average, contrast_bands(abundant, QUARTER, "easy", "hard")), abundant),
        (BEATS_ALL, partial(_average, contrast_with_all(scarce, HALF)), scarce),
        (THEORY_SCARCE, partial(find_worst, compare_theory(scarce)), scarce),
        (THEORY_ABUNDANT, partial(find_worst, compare_theory(abundant)), abundant),
        (EXPONENTIAL, partial(_average, compare_rates(perfect, *EARLY)), perfect),
        (POOL, partial(_average, (pool[0] - pool[1]).dropna().tolist()), students),
        (POWER_AGAIN, partial(_average, gain), imperfect),
        (RANDOM, partial(_average, fit_exponents(unchosen, *BEYOND)), unchosen),
    ]
    return [asked.judge(find, rows, next_step) for asked, find, rows in found]


def contrast_bands(students: pd.DataFrame, keep: float, worse: str, better: str) -> list[float]:
    """Per seed, error of one side less the other's, both by the teacher and beyond finite dimensions, as a share of
    what as many examples of any kind leave.
    """
    sides = {side: extrapolate_seeds(select_band(students, side, keep)) for side in (worse, better, "random")}  # type: ignore[arg-type]
    return ((sides[worse] - sides[better]) / sides["random"].mean()).dropna().tolist()


def contrast_with_all(students: pd.DataFrame, keep: float) -> list[float]:
    """Per seed, error of all examples less that of the easy `keep`, as a share of the first."""
    every, easy = (extrapolate_seeds(select_band(students, "easy", share)) for share in (1.0, keep))
    return ((every - easy) / every.mean()).dropna().tolist()


def find_worst(compared: pd.DataFrame, level: float) -> Estimate:
    """Of the bands, the one whose interval reaches farthest from the theory: if it agrees, all do."""
    if compared.empty:
        return _average([], level)
    every = [_average(own["off"].tolist(), level) for _, own in compared.groupby(["pool_ratio", *BAND])]
    return max(every, key=lambda found: max(abs(found.low), abs(found.high)) if found.has_interval else -1.0)


def _average(values: Sequence[float], level: float) -> Estimate:
    return average_replicates("θ", values, level=level)
