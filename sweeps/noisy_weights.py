"""Does the net that describes its data best also predict best, and what does it pay for describing its weights?

Hinton and van Camp 1993 (COLT, Keeping the neural networks simple by minimizing the description length of the weights):
noise on the weights trades their bits for the error they leave. The bits of the weights are weighed by a factor in
training; at 1 the sum is the code. Blier and Ollivier 2018 (arXiv 1802.07044) find such variational codes far longer
than prequential ones. A seed is a data set of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

import pandas as pd

from lab.analysis.complexity.descriptions import estimate_difference, estimate_interior
from lab.core.verdict import Verdict
from lab.runs.spec import RunSpec
from lab.tables import Tables
from sweeps import Question, choose_preset, suggest_next

title = "Noisy weights: what a net pays to be told"
question = "Is the test error least where weights and data together take the fewest bits?"
citation = "Hinton and van Camp 1993, Keeping the neural networks simple, COLT"
figures = ("noisy_weights",)


@dataclass(frozen=True)
class Fits:
    """The weights of the divergence, how many seeds, and how many examples each has."""

    kl_weights: tuple[float, ...]
    seeds: int
    examples: int


presets: Mapping[str, Fits] = {
    "smoke": Fits((0.1, 0.3, 1.0, 10.0), 2, 48),
    "standard": Fits((0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0), 16, 128),
    "overnight": Fits((0.01, 0.03, 0.1, 0.3, 0.5, 1.0, 2.0, 3.0, 10.0, 30.0), 64, 256),
}


def specs(preset: str, table: pd.DataFrame) -> list[RunSpec]:
    """Every seed's data at every weight."""
    fits: Fits = choose_preset(presets, preset)
    return [
        RunSpec("weigh", {"kl_weight": weight, "seed": seed, "examples": fits.examples})
        for seed in range(fits.seeds)
        for weight in fits.kl_weights
    ]


REGIME = "a net of 41 weights on drawn regression data, not the paper's molecules"
INTERIOR = Question(
    "interior_minimum", "The test error rises by a tenth or more to either side of the shortest description.", 0.095,
    "nets trained by description length predict slightly better than with weight decay", citation, unit="seed",
    out_of_regime=REGIME,
)  # fmt: skip
LONGER = Question(
    "variational_longer", "The variational code is longer than the prequential one of the same net.", 0.05,
    "variational codes are poor: 89.0 against 45.3 kbit on CIFAR-10 (table 1)",
    "Blier and Ollivier 2018, The description length of deep learning models, arXiv 1802.07044", unit="seed",
    out_of_regime="a net of 41 weights on drawn regression data, not a deep one on images",
)  # fmt: skip


def judge(tables: Tables) -> list[Verdict]:
    """Where the test error is least, and the variational code at weight 1 against the prequential one."""
    next_step = suggest_next(tables, "noisy_weights", presets)
    runs = tables.runs
    rows = runs[runs["kl_weight"].notna()] if "kl_weight" in runs else runs.iloc[:0]
    code = replace(tables, runs=rows[rows["kl_weight"] == 1.0] if len(rows) else rows)
    return [
        INTERIOR.judge(partial(estimate_interior, tables), rows, next_step),
        LONGER.judge(
            partial(estimate_difference, code, "variational_bits", "prequential_block_bits"), code.runs, next_step
        ),
    ]
