"""The first law of complexodynamics: entropy rises for good, complexity rises and falls, whoever compresses.

Aaronson 2011 ("The First Law of Complexodynamics", blog post of 23 September) asks for a complexity that is small,
large and small again as entropy grows, bounded by the resources of the program that describes the state. A code is such
a bound; a hump that one code sees and another does not is the code's.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from math import inf
from typing import Any

import pandas as pd

from lab.analysis.complexity.automata import Hump, estimate_hump, read_largest
from lab.core.verdict import Verdict, judge_conjunction
from lab.runs.spec import RunSpec
from lab.tables import Tables
from sweeps import FEWEST_UNITS, Question, SimulationGrid, choose_preset, suggest_next

title = "The first law of complexodynamics"
question = "Does entropy only rise while complexity rises and falls, by every compressor and at every effort?"
citation = "Aaronson 2011, The First Law of Complexodynamics, scottaaronson.blog/?p=762"
figures = ("excess_by_view", "rise_and_fall", "excess_complexity", "state_gallery")

AUTOMATON = "sine_shear"  # the hump of the interacting automaton is its surrogate's: see coffee_automaton
EFFORTS = ("deflate (level 1)", "deflate")  # resource bounds of one decoder
CODES = ("bz2", "lzma", "zstd", "brotli", "ppmd")
STIRRED = ({"name": AUTOMATON},)
VIEWS: tuple[dict[str, Any], ...] = (
    {},
    {"code": {"name": "deflate", "level": 1}},
    *({"code": {"name": code}} for code in CODES),
)

presets = {
    "smoke": (SimulationGrid(STIRRED, (40,), 3, VIEWS, {"snapshots": 16, "until": 6.0}),),
    "standard": (SimulationGrid(STIRRED, (60, 100), FEWEST_UNITS, VIEWS, {"snapshots": 32, "until": 6.0}),),
    "overnight": (SimulationGrid(STIRRED, (60, 100, 140, 200), 24, VIEWS, {"snapshots": 40, "until": 6.0}),),
}


def specs(preset: str, table: pd.DataFrame) -> list[RunSpec]:
    """The grids of the preset; nothing is searched."""
    return [spec for grid in choose_preset(presets, preset) for spec in grid.list_specs()]


MONOTONE = Question(
    "entropy_rises", "The fine code length of the stirred cup only rises.", 0.9,
    "entropy increases monotonically", citation, "seed",
)  # fmt: skip
HUMP = Question(
    "hump_by_every_code", "By every code its complexity rises and falls beyond the surrogate's.", 0.05,
    "small, large, small", citation, "seed",
)  # fmt: skip
RETURN = Question(
    "complexity_returns", "In the end the complexity of the stirred cup is back near where it began.", 0.8,
    "complexity near zero at both ends", citation, "seed",
)  # fmt: skip


def judge(tables: Tables) -> list[Verdict]:
    """Three questions of the stirred cup at its largest side: entropy, the hump by seven codes, and its end."""
    next_step = suggest_next(tables, "complexodynamics", presets)
    entropy, runs = read_largest(tables, AUTOMATON, "entropy", FEWEST_UNITS)
    adjusted, _ = read_largest(tables, AUTOMATON, "adjusted", FEWEST_UNITS)
    return [
        MONOTONE.judge(partial(estimate_hump, entropy, Hump.estimate_climb), runs, next_step),
        judge_codes(tables),
        RETURN.judge(partial(estimate_hump, adjusted, Hump.estimate_return), runs, next_step),
    ]


def judge_codes(tables: Tables) -> Verdict:
    """The conjunction over all codes; its estimate is that of the code with the lowest interval."""
    next_step = suggest_next(tables, "complexodynamics", presets)
    parts = []
    for code in (*EFFORTS, *CODES):
        hump, runs = read_largest(tables, AUTOMATON, "adjusted", FEWEST_UNITS, code)
        asked = replace(HUMP, claim=f"hump by {code}", statement=f"It does by {code}.")
        parts.append(asked.judge(partial(estimate_hump, hump, Hump.estimate_rise_and_fall), runs, next_step))
    weakest = min(parts, key=lambda part: part.estimate.low if part.estimate.has_interval else -inf)
    outcome = judge_conjunction([part.outcome for part in parts])
    keys = tuple(sorted({key for part in parts for key in part.run_keys}))
    whole = replace(weakest, claim=HUMP.claim, statement=HUMP.statement, outcome=outcome, run_keys=keys)
    return replace(whole, reason=f"{weakest.claim}: {weakest.reason}", parts=tuple(parts))
