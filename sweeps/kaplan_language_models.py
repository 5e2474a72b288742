"""Kaplan et al. 2020 (arXiv 2001.08361): language-model loss is a power law in parameters, data and compute.

Published: α_N 0.076 (eq. 1.1, non-embedding parameters), α_D 0.095 (eq. 1.2), α_C^min 0.050 (eq. 1.3), N_opt ∝ C^0.73;
a reproduction with models of at most 6.3 M parameters found 0.082, 0.056 and 0.72 (shehper/scaling_laws). Kaplan's
fits have no irreducible term, so the like-for-like exponents here are those of the law without E.
"""

from __future__ import annotations

import pandas as pd

from lab.analysis.replicates import average_replicates
from lab.analysis.sample_efficiency import compare_token_needs
from lab.core.verdict import Verdict, judge_direction
from lab.runs.spec import RunSpec
from lab.tables import Tables
from sweeps import TrainingGrid, choose_preset, make_transformer_grid

title = "Loss of language models against size, data and compute"
question = "Is the held-out loss of a language model a power law in its size, its data and its compute?"
citation = "Kaplan et al. 2020, Scaling Laws for Neural Language Models, arXiv 2001.08361"
figures = (
    "loss_vs_parameters",
    "loss_vs_tokens",
    "loss_vs_compute",
    "fit",
    "forecast",
    "learning_curves",
    "learning_rates",
)

SAVING_MARGIN = 0.1  # ln tokens saved per ln of size: a tenth of what would make a twofold model need half the tokens
STORED_RATES = {16: 0.02, 24: 0.02, 32: 0.02, 48: 0.02, 64: 0.02, 96: 0.02}

presets = {
    "smoke": make_transformer_grid(
        "bytes_text",
        sizes=(16, 24, 32, 48),
        horizons=(2**18, 2**19, 2**20),
        seeds=(0, 1),
        stored_rates=STORED_RATES,
    ),
    "standard": make_transformer_grid(
        "bytes_text",
        sizes=(24, 32, 48, 64, 96),
        horizons=(2**19, 2**20, 2**21, 2**22),
        seeds=(0, 1, 2),
        rates=(0.01, 0.02, 0.04),
    ),
    "overnight": make_transformer_grid(
        "bytes_text",
        sizes=(16, 24, 32, 48, 64, 96, 128),
        horizons=(2**19, 2**20, 2**21, 2**22, 2**23),
        seeds=(0, 1, 2, 3, 4),
        rates=(0.01, 0.02, 0.04),
    ),
}


def specs(preset: str, table: pd.DataFrame) -> list[RunSpec]:
    """The grid of the preset; `standard` and `overnight` search the learning rate first."""
    grid: TrainingGrid = choose_preset(presets, preset)
    return grid.list_specs(table)


def judge(tables: Tables) -> list[Verdict]:
    """Sample efficiency (section 1.1)."""
    return [judge_sample_efficiency(tables)]


def judge_sample_efficiency(tables: Tables) -> Verdict:
    """Larger models reach a smaller one's loss on fewer tokens: the exponent, once per seed over all pairs of sizes."""
    needs = compare_token_needs(tables.runs)
    estimate = average_replicates("token saving exponent", needs.groupby("seed")["exponent"].mean().tolist())
    return Verdict(
        claim="sample_efficiency",
        statement="A larger model reaches the same loss on fewer tokens.",
        outcome=judge_direction(estimate, SAVING_MARGIN),
        estimate=estimate,
        margin=SAVING_MARGIN,
        published="larger models are significantly more sample-efficient (section 1.1, figure 2)",
        citation=citation,
        unit_of_evidence="seed",
        reason="" if estimate.has_interval else "the interval needs two seeds or more: run the standard preset",
        run_keys=tuple(tables.runs["run_key"]),
    )
