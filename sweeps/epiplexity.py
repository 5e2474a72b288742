"""Does the area above a loss curve overstate the model, and is there more to learn in text than in chance?

Finzi, Qiu, Jiang, Izmailov, Kolter & Wilson 2026 (arXiv 2601.03220) estimate the structure in data by the area above
the loss curve, which is no bound, and by the requential length, typically several times smaller, which a code reaches
up to log2(KL + 1) + O(1) bits a block; under either, text and cellular automata of class IV hold structure, and what
looks random to the learner holds none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from lab.analysis.complexity.code_lengths import measure_runs
from lab.core.estimate import Estimate
from lab.core.replicates import average_replicates
from lab.core.verdict import Verdict
from lab.runs.spec import RunSpec
from lab.tables import Tables
from sweeps import Question, choose_preset, make_transformer_fields, suggest_next

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


@dataclass(frozen=True)
class Plan:
    """Every source with every seed: `fields` are those of `lab.runners.training.fields.TrainFields`."""

    seeds: int
    fields: Mapping[str, Any]

    def list_specs(self) -> list[RunSpec]:
        """One requential run each; nothing depends on earlier runs."""
        return [
            RunSpec("requential", {**self.fields, "source": dict(source), "seed": seed})
            for source in SOURCES
            for seed in range(self.seeds)
        ]


presets = {
    "smoke": Plan(3, make_transformer_fields(16, 2**15, 32, 512)),
    "standard": Plan(12, make_transformer_fields(32, 2**19, 64, 1024)),
    "overnight": Plan(12, make_transformer_fields(64, 2**22, 128, 2048)),
}


def specs(preset: str, table: pd.DataFrame) -> list[RunSpec]:
    """All runs at once."""
    plan: Plan = choose_preset(presets, preset)
    return plan.list_specs()


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


def judge(tables: Tables) -> list[Verdict]:
    """ln(area / requential length), a seed's structured sources averaged; bits per token of text minus chance."""
    return judge_lengths(measure_runs(tables).rows, suggest_next(tables, "epiplexity", presets))


def judge_lengths(rows: pd.DataFrame, next_step: str) -> list[Verdict]:
    """The same of measured runs (`lab.analysis.complexity.code_lengths`)."""
    known = rows["requential_bits"] if "requential_bits" in rows else pd.Series(np.nan, rows.index)
    rows = rows.assign(requential_bits=known.astype(float))
    both = rows[rows["requential_bits"].gt(0) & rows["source"].ne(CHANCE)]
    pair = rows[rows["source"].isin([TEXT, CHANCE]) & rows["requential_bits"].notna()]
    return [
        RATIO.judge(partial(average_ratio, both), both, next_step),
        TEXT_OVER_CHANCE.judge(partial(average_difference, pair), pair, next_step),
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


def average_difference(rows: pd.DataFrame, level: float) -> Estimate:
    """Mean over seeds of text minus chance, requential bits per training token."""
    rows = rows.assign(per_token=rows["requential_bits"] / rows["tokens"])
    by_seed = rows.pivot_table("per_token", "seed", "source").reindex(columns=[TEXT, CHANCE]).dropna()
    values = list(by_seed[TEXT] - by_seed[CHANCE])
    return average_replicates("text minus chance", values, "bits/token", level)
