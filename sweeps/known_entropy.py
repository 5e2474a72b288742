"""Is the irreducible term of a fitted law the entropy of the source? A chain whose entropy is known decides.

Hestness et al. 2017 (arXiv 1712.00409) and Henighan et al. 2020 (arXiv 2010.14701) read the fitted constant E of
L = E + A·N^(−α) as the entropy of the data. On a Markov chain the true model's loss on the very evaluation windows is
known; it is the window average and not the entropy rate, because early in a window less context is known.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pandas as pd

from lab.analysis.laws.fits import fit_joint, fit_tokens
from lab.core.verdict import Verdict
from lab.runs.spec import RunSpec
from lab.tables import Tables
from sweeps import Question, TrainingGrid, choose_preset, make_transformer_grid, suggest_next

title = "Power laws above a known entropy"
question = "Is the loss above the true model's a power law, and does the fitted E contain the true floor?"
citation = "Henighan et al. 2020, Scaling Laws for Autoregressive Generative Modeling, arXiv 2010.14701"
figures = ("loss_vs_tokens", "loss_vs_parameters", "fit", "learning_curves", "learning_rates")

STORED_RATES = {16: 0.02, 24: 0.02, 32: 0.02, 48: 0.02, 64: 0.02}

presets = {
    "smoke": make_transformer_grid(
        "markov",
        sizes=(16, 24, 32, 48),
        horizons=(2**18, 2**19, 2**20),
        seeds=(0, 1),
        stored_rates=STORED_RATES,
    ),
    "standard": make_transformer_grid(
        "markov",
        sizes=(16, 24, 32, 48, 64),
        horizons=(2**19, 2**20, 2**21, 2**22),
        seeds=(0, 1, 2),
        rates=(0.01, 0.02, 0.04),
    ),
    "overnight": make_transformer_grid(
        "markov",
        sizes=(16, 24, 32, 48, 64, 96),
        horizons=(2**19, 2**20, 2**21, 2**22, 2**23, 2**24),
        seeds=(0, 1, 2, 3, 4),
        rates=(0.01, 0.02, 0.04),
    ),
}


def specs(preset: str, table: pd.DataFrame) -> list[RunSpec]:
    """The grid of the preset; `standard` and `overnight` search the learning rate first."""
    grid: TrainingGrid = choose_preset(presets, preset)
    return grid.list_specs(table)


EXCESS = Question(
    "excess_power_law", "The loss above the true model's falls as a power of the training tokens.", 0.05,
    "reducible loss is a power law in model size, data and compute (section 1)", citation, fewest=0,
)  # fmt: skip
FLOOR = Question(
    "floor", "The constant E of the joint law is the true model's loss on the same windows.", 0.05,
    "the irreducible loss is the entropy of the true data distribution (section 1.1)", citation, value=0.0, fewest=0,
)  # fmt: skip


def judge(tables: Tables) -> list[Verdict]:
    """Is the excess a power law in the data at the largest size, and does E of L(N, D) hold the floor?"""
    next_step = suggest_next(tables, "known_entropy", presets)
    excess = fit_tokens(tables, law="pure_power", measure="excess_nats")
    joint = fit_joint(tables, "chinchilla", "params_total")
    floor = tables.runs["floor_nats"].mean() if len(tables.runs) else float("nan")

    return [
        EXCESS.judge(partial(excess.fit.find, "beta"), excess.rows_used, excess.fit.next_step or next_step),
        replace(FLOOR, value=floor).judge(
            partial(joint.fit.find, "E"), joint.rows_used, joint.fit.next_step or next_step
        ),
    ]
