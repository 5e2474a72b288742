"""Does the area above a loss curve overstate the model, and is there more to learn in text than in chance?

Finzi, Qiu, Jiang, Izmailov, Kolter & Wilson 2026 (arXiv 2601.03220) estimate the structure in data by the area above
the loss curve, which is no bound, and by the requential length, typically several times smaller, which a code reaches
up to log2(KL + 1) + O(1) bits a block; under either, text and cellular automata of class IV hold structure, and what
looks random to the learner holds none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from lab.analysis.complexity.code_lengths import measure_runs
from lab.core.estimate import Estimate
from lab.core.replicates import average_replicates
from lab.core.verdict import Verdict
from lab.runs.spec import RunSpec, build_entry, label_entry
from lab.tables import Tables
from sweeps import Question, SourceGrid, choose_preset, make_transformer_fields, suggest_next

title = "Structure in text, chains and cellular automata"
question = "How much structure does a small learner find in data of different kinds, and by which estimate?"
citation = "Finzi et al. 2026, From Entropy to Epiplexity, arXiv 2601.03220"
figures = ("loss_area", "requential_lengths", "learning_curves")

TEXT, CHANCE = "bytes_text", "prng"
SOURCES: tuple[Mapping[str, Any], ...] = (
    {"name": "bytes_text"},
    {"name": "markov", "symbols": 16, "order": 1, "concentration": 0.5},
    {"name": "elementary", "rule": 54, "width": 32, "view": "block", "settle": 4},
    {"name": "prng"},
)
# The paper's task (section 5): a random state of 64 cells, and the state 48 steps later.
STEPS: Mapping[str, Any] = {"name": "elementary", "width": 64, "view": "block", "settle": 0, "stride": 48}
EASY, RANDOM, STRUCTURED = RULES = tuple({**STEPS, "rule": rule} for rule in (15, 30, 54))


def _list_grids(seeds: int, natural: Sequence[int], automata: Sequence[int], runner: str) -> tuple[SourceGrid, ...]:
    """Four sources with teacher and student, and the three rules by `runner`; width, tokens, window, batch of each."""
    return (
        SourceGrid("requential", SOURCES, seeds, make_transformer_fields(*natural)),
        SourceGrid(runner, RULES, seeds, make_transformer_fields(*automata, layers=2)),
    )


# Two states are a window of 127 tokens and one. Below overnight the rules have an area alone: half the cost of a run
# that is long enough to learn rule 15.
presets: Mapping[str, tuple[SourceGrid, ...]] = {
    "smoke": _list_grids(3, (16, 2**15, 32, 512), (16, 127 * 64, 127, 127 * 2), "train"),
    "standard": _list_grids(12, (16, 2**16, 32, 1024), (16, 127 * 2**13, 127, 127 * 32), "train"),
    "overnight": _list_grids(12, (32, 2**19, 64, 1024), (32, 127 * 2**15, 127, 127 * 32), "requential"),
}


def specs(preset: str, table: pd.DataFrame) -> list[RunSpec]:
    """All runs at once."""
    grids: tuple[SourceGrid, ...] = choose_preset(presets, preset)
    return [spec for grid in grids for spec in grid.list_specs()]


RATIO = Question(
    "area_overstates", "The area above the loss curve is more than twice the requential length of what was learned.",
    float(np.log(2)), "the area is typically several times the requential value (section 4)", citation, unit="seed",
    out_of_regime="nets of under a million parameters, trained on under five million tokens",
)  # fmt: skip
TEXT_OVER_CHANCE = Question(
    "text_over_chance", "Text has more structural bits per training token than pseudorandom data have.",
    0.01, "pseudorandom data have no epiplexity for a bounded learner; text has most (theorem 9, section 6)", citation,
    unit="seed",
)  # fmt: skip
STRUCTURE_OVER_CHANCE = Question(
    "structure_over_chance", "Rule 54 has more structural bits per token, as area, than rule 30, 48 steps apart.",
    0.002, "rule 54 gains structure, rule 30 stays random to the learner (section 5)", citation, unit="seed",
    out_of_regime="nets of six thousand parameters and a million tokens, where the paper has up to ten million and 491",
)  # fmt: skip


LABELS = (
    label_entry("elementary", build_entry("data", STRUCTURED)),
    label_entry("elementary", build_entry("data", RANDOM)),
)


def judge(tables: Tables) -> list[Verdict]:
    """ln(area / requential length), a seed's structured sources averaged; bits per token of text minus chance, and of
    rule 54 minus rule 30.
    """
    return judge_lengths(measure_runs(tables).rows, suggest_next(tables, "epiplexity", presets))


def judge_lengths(rows: pd.DataFrame, next_step: str) -> list[Verdict]:
    """The same of measured runs (`lab.analysis.complexity.code_lengths`)."""
    if "dials" in rows:
        label = "elementary (" + rows["dials"].astype(str).str.split("; ").str[-1] + ")"  # the source's stand last
        rows = rows.assign(source=rows["source"].where(rows["source"].ne("elementary"), label))
    known = rows["requential_bits"] if "requential_bits" in rows else pd.Series(np.nan, rows.index)
    rows = rows.assign(requential_bits=known.astype(float))
    both = rows[rows["requential_bits"].gt(0) & ~rows["source"].isin([CHANCE, LABELS[1]])]
    pair = rows[rows["source"].isin([TEXT, CHANCE]) & rows["requential_bits"].notna()]
    rules = rows[rows["source"].isin(LABELS)]
    return [
        RATIO.judge(partial(average_ratio, both), both, next_step),
        TEXT_OVER_CHANCE.judge(partial(average_difference, pair, "requential_bits", TEXT, CHANCE), pair, next_step),
        STRUCTURE_OVER_CHANCE.judge(
            partial(average_difference, rules, "area_bits", LABELS[0], LABELS[1]), rules, next_step
        ),
    ]


def average_ratio(rows: pd.DataFrame, level: float) -> Estimate:
    """Mean of ln(area / requential length) over seeds, each seed's sources averaged first.

    A run whose area is 0 or less has no logarithm, and without it the mean would be of those that speak for the claim:
    then there is no interval.
    """
    name, lost = "ln(area / requential)", int(rows["area_bits"].le(0).sum())
    if lost:
        method = f"{lost} of {len(rows)} runs have no area above their loss, and to leave them out is to choose"
        return Estimate(name, np.nan, level=level, method=method)
    by_seed = rows.assign(log=np.log(rows["area_bits"].astype(float)) - np.log(rows["requential_bits"]))
    per_seed = by_seed.pivot_table("log", "seed", "source").dropna().mean(axis=1)
    return average_replicates(name, list(per_seed), level=level)


def average_difference(rows: pd.DataFrame, column: str, more: str, less: str, level: float) -> Estimate:
    """Mean over seeds of one source minus another, `column` (bits) per training token."""
    rows = rows.assign(per_token=rows[column].astype(float) / rows["tokens"])
    by_seed = rows.pivot_table("per_token", "seed", "source").reindex(columns=[more, less]).dropna()
    return average_replicates(f"{more} minus {less}", list(by_seed[more] - by_seed[less]), "bits/token", level)
