"""Does the best description find the true model, and does not knowing the parameters cost ½ log2 n bits for each?

Grünwald 2004 (A tutorial introduction to the minimum description length principle, arXiv math/0406077): crude two-part
codes and the refined ones (normalised maximum likelihood, Bayes mixtures, prequential codes) all pay (k/2) log n + O(1)
bits above the best fit in hindsight, and the shortest of them names the order of the chain. Coin flips and random
binary chains of order 2; each seed is a chain of its own, coded at rising lengths.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pandas as pd

from lab.analysis.complexity.descriptions import estimate_lead, estimate_slope, list_panels
from lab.core.verdict import Verdict
from lab.runs.spec import RunSpec
from lab.tables import Tables
from sweeps import Question, choose_preset, suggest_next

title = "Description length finds the true model"
question = "Is regret half a logarithm per parameter, and does the shortest description name the true order?"
citation = "Grünwald 2004, A tutorial introduction to the minimum description length principle, arXiv math/0406077"
figures = ("order_lengths", "regret_growth", "order_selection")

ORDER = 2  # of the chains


@dataclass(frozen=True)
class Lengths:
    """How long the sequences are, and how many seeds draw them."""

    tokens: tuple[int, ...]
    seeds: int


presets: Mapping[str, Lengths] = {
    "smoke": Lengths((256, 512, 1024, 2048), 3),
    "standard": Lengths(tuple(2**k for k in range(8, 15)), 24),
    "overnight": Lengths(tuple(2**k for k in range(8, 19)), 48),
}


def specs(preset: str, table: pd.DataFrame) -> list[RunSpec]:
    """Every seed's coin and chain at every length."""
    lengths: Lengths = choose_preset(presets, preset)
    return [
        RunSpec("describe", {"source": source, "tokens": tokens, "seed": seed})
        for seed in range(lengths.seeds)
        for source in _list_sources(seed)
        for tokens in lengths.tokens
    ]


def _list_sources(seed: int) -> list[dict[str, Any]]:
    chain = {"name": "markov", "symbols": 2, "order": ORDER, "concentration": 2.0, "chain": seed}
    return [{"name": "bernoulli", "p": 0.3}, chain]


SLOPE = Question(
    "regret_slope", "Regret grows by half a bit per parameter and doubling of the data.", 0.05,
    "(k/2) log n + O(1) bits above the best fit in hindsight", citation, unit="seed", value=0.5,
)  # fmt: skip
LEAD = Question(
    "true_order", "The shortest description is that of the true order, by odds of 20 to 1.", 4.3,
    "refined MDL selects the model that generated the data, given enough of them", citation, unit="seed",
)  # fmt: skip
# NML is not judged: its regret is log2 C(n), the same for every sequence, and not a sample of anything.
JUDGED = (("bayes_jeffreys", 0), ("two_part", 0), ("bayes_jeffreys", ORDER), ("prequential", ORDER))


def judge(tables: Tables) -> list[Verdict]:
    """The slope of each code's regret on the coin and on the chain, and the lead of the chain's order."""
    next_step = suggest_next(tables, "mdl_tutorial", presets)
    panels = list_panels(tables)
    verdicts = []
    for code, order in JUDGED:
        claim = replace(SLOPE, claim=f"regret_slope_{code}_order_{order}")
        rows = panels[panels["true_order"] == order] if len(panels) else panels
        verdicts.append(claim.judge(partial(estimate_slope, panels, code, order), _keep_runs(rows), next_step))
    rows = panels[panels["true_order"] == ORDER] if len(panels) else panels
    for code in ("bayes_jeffreys", "two_part"):
        claim = replace(LEAD, claim=f"true_order_{code}")
        verdicts.append(claim.judge(partial(estimate_lead, panels, code, ORDER), _keep_runs(rows), next_step))
    return verdicts


def _keep_runs(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[["run_key"]].drop_duplicates() if len(rows) else rows
