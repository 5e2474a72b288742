"""Does the complexity of the coffee automaton rise and fall, or does that of rows without structure?

Aaronson, Carroll and Ouellette 2014 (arXiv 1405.6903) reported a hump for the interacting automaton; Aaronson withdrew
it on 3 June 2014. Here every state stands beside a surrogate with the same rows and nothing else; what counts is the
excess. Stirring by sine shears is the positive control: its complexity is its own.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd

from lab.analysis.complexity.automata import (
    Hump,
    compare_exponents,
    estimate_exponent,
    estimate_hump,
    find_runs,
    fit_peaks,
    read_largest,
    time_peaks,
)
from lab.core.verdict import Verdict
from lab.runs.spec import RunSpec
from lab.tables import Tables
from sweeps import FEWEST_UNITS, Question, SimulationGrid, choose_preset, suggest_next

title = "The coffee automaton and its surrogate"
question = "Does the complexity of the coffee automaton rise and fall beyond that of a state without structure?"
citation = "Aaronson, Carroll and Ouellette 2014, Quantifying the Rise and Fall of Complexity, arXiv 1405.6903"
figures = ("rise_and_fall", "excess_complexity", "excess_by_view", "peak_exponents", "state_gallery")

COFFEE = ({"name": "interacting"}, {"name": "non_interacting"}, {"name": "sine_shear"})
OTHERS = ({"name": "interacting", "clock": "swaps"}, {"name": "tendril_walk"})
VIEWS: tuple[dict[str, Any], ...] = (
    *({"grain": grain} for grain in (5, 20)),
    *({"buckets": buckets} for buckets in (2, 5, 7)),
    *({"code": {"name": code}} for code in ("bz2", "lzma", "zstd", "brotli", "ppmd")),
)

presets = {
    "smoke": (SimulationGrid(COFFEE, (20, 30, 40), 3, fields={"snapshots": 20}),),
    "standard": (
        SimulationGrid(COFFEE, (40, 60, 100, 140, 200), FEWEST_UNITS, fields={"snapshots": 32}),
        SimulationGrid(COFFEE[:2], (200,), 4 * FEWEST_UNITS, fields={"snapshots": 32}),
        SimulationGrid(COFFEE[::2], (60,), FEWEST_UNITS, VIEWS, {"snapshots": 32}),
        SimulationGrid(OTHERS, (40, 60, 100), 6, fields={"snapshots": 32}),
    ),
    "overnight": (
        SimulationGrid(COFFEE, (40, 60, 100, 140, 200, 280), 24, ({}, {"grain": 5})),
        SimulationGrid(COFFEE, (60, 100, 140), 24, VIEWS),
        SimulationGrid(OTHERS, (40, 60, 100, 140, 200), 12),
    ),
}


def specs(preset: str, table: pd.DataFrame) -> list[RunSpec]:
    """The grids of the preset; nothing is searched."""
    return [spec for grid in choose_preset(presets, preset) for spec in grid.list_specs()]


SHARE = 0.05  # of the hump's height: less excess is none
WITHDRAWN = "a hump, small, large, small (figure 10); withdrawn by its author on 3 June 2014"
INTERACTING = Question(
    "interacting", "The complexity of the interacting automaton rises and falls beyond its surrogate's.", SHARE,
    WITHDRAWN, citation, "seed",
)  # fmt: skip
ADJUSTED = Question(
    "interacting_adjusted", "So does its adjusted complexity, in seven buckets.", SHARE, WITHDRAWN, citation, "seed"
)
NON_INTERACTING = Question(
    "non_interacting", "The complexity of the non-interacting automaton rises and falls beyond its surrogate's.", SHARE,
    "a hump in the figures; by the appendix its apparent complexity is O(log(nt))", citation, "seed",
)  # fmt: skip
STIRRED = Question(
    "stirred", "Stirred by sine shears, adjusted complexity rises and falls beyond the surrogate's.", SHARE,
    "none: the control of this lab", "after Pierrehumbert 1994, doi 10.1016/0960-0779(94)90139-2", "seed",
)  # fmt: skip
ENTROPY = Question(
    "entropy_exponent", "The largest entropy of the interacting automaton grows as n².", 0.1,
    "∝ n², r² = 0.9999", citation, "run", value=2.0,
)  # fmt: skip
LINEAR = Question(
    "complexity_exponent", "The largest complexity of the interacting automaton grows as n.", 0.1,
    "linear in n, r² = 0.9798", citation, "run", value=1.0,
)  # fmt: skip
SAME = Question(
    "surrogate_exponent", "Its exponent is the surrogate's: the ratio of their peaks does not grow with n.", 0.1,
    "not compared; linear in n is read as the automaton's own", citation, "run", value=0.0,
)  # fmt: skip
TIME = Question(
    "peak_time", "The time of its largest complexity grows as n² sweeps.", 0.1,
    "quadratic in n, r² = 0.9878", citation, "run", value=2.0,
)  # fmt: skip


def judge(tables: Tables) -> list[Verdict]:
    """Four questions of the excess at the largest side, four of exponents over all sides; grain 10, deflate."""
    next_step = suggest_next(tables, "coffee_automaton", presets)
    runs = find_runs(tables, "interacting")
    slopes = (
        (ENTROPY, fit_peaks(tables, runs, "peak_entropy_bits")),
        (LINEAR, fit_peaks(tables, runs, "peak_complexity_bits")),
        (SAME, compare_exponents(tables, runs, "complexity")),
        (TIME, fit_peaks(tables, time_peaks(tables, runs), "peak_sweeps")),
    )
    return [
        judge_excess(tables, INTERACTING, "interacting", "complexity"),
        judge_excess(tables, ADJUSTED, "interacting", "adjusted"),
        judge_excess(tables, NON_INTERACTING, "non_interacting", "complexity"),
        judge_excess(tables, STIRRED, "sine_shear", "adjusted"),
        *(
            asked.judge(partial(estimate_exponent, fit, "exponent of n"), fit.rows_used, fit.fit.next_step or next_step)
            for asked, fit in slopes
        ),
    ]


def judge_excess(tables: Tables, asked: Question, automaton: str, measure: str) -> Verdict:
    """Does the excess of one automaton rise and fall, at its largest side that has enough seeds?"""
    next_step = suggest_next(tables, "coffee_automaton", presets)
    hump, runs = read_largest(tables, automaton, measure, FEWEST_UNITS)
    return asked.judge(partial(estimate_hump, hump, Hump.estimate_rise_and_fall), runs, next_step)
