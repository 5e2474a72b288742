"""Hoffmann et al. 2022 (arXiv 2203.15556): at fixed compute, parameters and tokens should grow in equal proportion.

Published: N_opt ∝ C^a with a 0.50, 0.49, 0.46 by their three approaches; Besiroglu et al. 2024 (arXiv 2404.10102) refit
the third to 0.513 ± 0.020. Kaplan et al. 2020 had 0.73. The count of parameters decides between them at small sizes
(Pearce & Song 2024, arXiv 2406.12907), so both are judged.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd

from lab.analysis import select_runs
from lab.analysis.optimum.frontier import fit_optimal_size
from lab.core.registry import open_shelf
from lab.core.verdict import Verdict
from lab.families import Shape
from lab.runs.spec import RunSpec
from lab.tables import Tables
from sweeps import Question, TrainingGrid, choose_preset, make_transformer_grid, suggest_next

title = "Best size at fixed compute"
question = "Does the compute-optimal size grow as the square root of compute?"
citation = "Hoffmann et al. 2022, Training Compute-Optimal Large Language Models, arXiv 2203.15556"
figures = ("loss_vs_compute", "loss_vs_parameters", "learning_curves", "learning_rates")

WINDOW, BATCH_TOKENS, VOCABULARY = 128, 2048, 256
FEWEST_TOKENS, MOST_TOKENS = 40 * BATCH_TOKENS, 2**23  # short of warm-up and cooldown; one epoch of the smallest corpus
STORED_RATES = {16: 0.02, 24: 0.02, 32: 0.02, 48: 0.02, 64: 0.02}


def match_budgets(sizes: tuple[int, ...], budgets: tuple[float, ...]) -> dict[int, tuple[int, ...]]:
    """The horizons (tokens, whole batches) at which each size has spent each budget (FLOP)."""
    family = open_shelf("families").load("transformer")
    horizons = {}
    for size in sizes:
        per_token = 3 * family(width=size).count_forward_flops(Shape(VOCABULARY, WINDOW)) / WINDOW
        tokens = (round(budget / per_token / BATCH_TOKENS) * BATCH_TOKENS for budget in budgets)
        horizons[size] = tuple(t for t in tokens if FEWEST_TOKENS <= t <= MOST_TOKENS)
    return horizons


def _make_grid(sizes: tuple[int, ...], budgets: tuple[float, ...], **grid: Any) -> TrainingGrid:
    return make_transformer_grid("bytes_text", sizes=sizes, horizons=match_budgets(sizes, budgets), **grid)


presets = {
    "smoke": _make_grid((16, 24, 32, 48, 64), (1e11, 2e11, 4e11), seeds=(0,), stored_rates=STORED_RATES),
    "standard": _make_grid(
        (16, 24, 32, 48, 64, 96), (5e11, 1e12, 2e12, 4e12), seeds=(0, 1, 2), rates=(0.01, 0.02, 0.04)
    ),
    "overnight": _make_grid(
        (16, 24, 32, 48, 64, 96, 128),
        (5e11, 1e12, 2e12, 4e12, 8e12, 1.6e13),
        seeds=(0, 1, 2, 3),
        rates=(0.01, 0.02, 0.04),
    ),
}


def specs(preset: str, table: pd.DataFrame) -> list[RunSpec]:
    """Every size at every budget it can spend within one epoch; `standard` and `overnight` search the rate first."""
    grid: TrainingGrid = choose_preset(presets, preset)
    return grid.list_specs(table)


PUBLISHED = "a 0.50, 0.49, 0.46 (table 2); 0.513 ± 0.020 refitted by Besiroglu et al. 2024; Kaplan et al. 2020 had 0.73"
TOTAL = Question(
    "proportion_all_parameters", "The best size grows as the square root of compute, all parameters counted.", 0.1,
    PUBLISHED, citation, "seed", value=0.5, fewest=0,
)  # fmt: skip
BODY = Question(
    "proportion_body_parameters", "The best size grows as the square root of compute, tables not counted.", 0.1,
    PUBLISHED, citation, "seed", value=0.5, fewest=0,
)  # fmt: skip


def judge(tables: Tables) -> list[Verdict]:
    """The exponent of the valleys' bottoms (approach 2), under both counts of parameters."""
    next_step = suggest_next(tables, "chinchilla_isoflop", presets)
    rows = select_runs(tables).rows
    verdicts = []
    for question, convention in ((TOTAL, "params_total"), (BODY, "params_body")):
        fit = fit_optimal_size(tables, convention, "flops").fit
        verdicts.append(question.judge(partial(fit.find, "a"), rows, next_step))
    return verdicts
