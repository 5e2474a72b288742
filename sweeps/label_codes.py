"""How short a description of labels does a model give: poor by variational bits, good by prequential ones?

Blier and Ollivier 2018 (arXiv 1802.07044, table 1): on CIFAR-10 labels take 166 kbit uniformly coded, 89.0 by a
variational code and 45.3 by a prequential one that switches between models. Here: multinomial logistic regression, and
a net of one hidden layer, on scikit-learn's 8 × 8 digits. A seed is an order of the same digits, so intervals are over
orders and not over data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

import pandas as pd

from lab.analysis.complexity.descriptions import LABEL_MODELS, estimate_difference, select_labels
from lab.core.verdict import Verdict
from lab.runs.spec import RunSpec
from lab.tables import Tables
from sweeps import Question, choose_preset, suggest_next

title = "What labels cost by each code"
question = "Is the variational code of labels longer than the prequential one, and does switching shorten that?"
citation = "Blier and Ollivier 2018, The description length of deep learning models, arXiv 1802.07044"
figures = ("label_codes",)


@dataclass(frozen=True)
class Orders:
    """How many labels are coded and held out, and in how many orders."""

    examples: int
    heldout: int
    seeds: int


presets: Mapping[str, Orders] = {
    "smoke": Orders(300, 100, 2),
    "standard": Orders(1500, 297, 12),
    "overnight": Orders(1500, 297, 96),
}


def specs(preset: str, table: pd.DataFrame) -> list[RunSpec]:
    """Every order of the digits by every model."""
    orders: Orders = choose_preset(presets, preset)
    fields = {"examples": orders.examples, "heldout": orders.heldout}
    return [
        RunSpec("transmit", {**fields, "seed": seed, "model": model})
        for seed in range(orders.seeds)
        for model in LABEL_MODELS
    ]


REGIME = "{} on one set of 1797 small digits, taken in several orders, not deep nets on CIFAR-10"
NAMES = {"logistic": "logistic regression", "net": "a net of one hidden layer"}
POOR = Question(
    "variational_poor", "The variational code takes more bits per label than the prequential one.", 0.05,
    "89.0 against 45.3 kbit of 50 000 labels: 0.87 bits a label (table 1)", citation, unit="order of the digits",
)  # fmt: skip
SWITCHING = Question(
    "switching_shortens", "Switching between models shortens the prequential code.", 0.01,
    "the short prequential codes switch between models (table 1)", citation, unit="order of the digits",
)  # fmt: skip
PAIRS = ((POOR, "variational_bits", "prequential_block_bits"), (SWITCHING, "prequential_block_bits", "switch_bits"))


def judge(tables: Tables) -> list[Verdict]:
    """Bits per label, by model: variational over prequential, and prequential over switching."""
    next_step = suggest_next(tables, "label_codes", presets)
    verdicts = []
    for model in LABEL_MODELS:
        own = replace(tables, runs=select_labels(tables, model))
        for asked, longer, shorter in PAIRS:
            claim = _ask_of(asked, model)
            verdicts.append(claim.judge(partial(estimate_difference, own, longer, shorter), own.runs, next_step))
    return verdicts


def _ask_of(asked: Question, model: str) -> Question:
    """The claim about one model; that of the logistic regression keeps its name."""
    name = asked.claim if model == "logistic" else f"{asked.claim}_{model}"
    statement = f"{asked.statement.removesuffix('.')}, by {NAMES[model]}."
    return replace(asked, claim=name, statement=statement, out_of_regime=REGIME.format(NAMES[model]))
