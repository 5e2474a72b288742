"""Kaplan et al. 2020 (arXiv 2001.08361, section 5.1): below a critical batch tokens are spent well, above it steps are.

B_crit(L) = B_*/L^(1/α_B), B_* 2·10⁸ tokens and α_B 0.21: it grows as the loss falls and depends on nothing else. Every
batch has learning rates searched for itself, without which a large batch is only an untuned one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pandas as pd

from lab.analysis.laws.fits import fit_joint
from lab.core.estimate import Estimate
from lab.core.verdict import Verdict
from lab.runs.spec import RunSpec
from lab.tables import Tables
from sweeps import Question, TrainingGrid, choose_preset, make_transformer_grid, suggest_next

title = "Batch size and the critical batch"
question = "How large may a batch be before it wastes tokens, and does that size grow as the loss falls?"
citation = "Kaplan et al. 2020, Scaling Laws for Neural Language Models, arXiv 2001.08361"
figures = ("batch_sizes", "batch_rates", "learning_rates", "learning_curves")


def make_grids(
    sizes: tuple[int, ...], horizons: tuple[int, ...], batches: tuple[int, ...], seeds: int
) -> tuple[TrainingGrid, ...]:
    """A grid per batch; the rates searched first are centred on a root law, 0.02 at 2048 tokens."""
    grids = []
    for batch in batches:
        middle = 0.02 * 2.0 ** round(0.5 * (batch.bit_length() - 12))
        grid = make_transformer_grid(
            "bytes_text",
            sizes=sizes,
            horizons=horizons,
            seeds=tuple(range(seeds)),
            rates=(middle / 2, middle, middle * 2),
        )
        grids.append(replace(grid, fields={**grid.fields, "batch_tokens": batch}))
    return tuple(grids)


presets = {
    "smoke": make_grids((16,), (2**17, 2**18), (1024, 4096), 2),
    "standard": make_grids((24, 32, 48), (2**18, 2**19, 2**20), tuple(2**k for k in range(9, 15)), 3),
    "overnight": make_grids(
        (24, 32, 48, 64), (2**19, 2**20, 2**21), (256, 512, 1024, 2048, 4096, 8192, 16_384, 32_768), 5
    ),
}


def specs(preset: str, table: pd.DataFrame) -> list[RunSpec]:
    """Every batch's grid, whose learning rates are searched first."""
    grids: tuple[TrainingGrid, ...] = choose_preset(presets, preset)
    return [spec for grid in grids for spec in grid.list_specs(table)]


OTHER_OPTIMIZER = "Muon, where the paper has Adam; models a thousand times smaller"
GROWS = Question(
    "critical_batch_grows", "The critical batch grows as the loss falls.", 0.5,
    "B_crit ∝ L^(−4.8) (eq. 5.3)", citation, fewest=0,
)  # fmt: skip
VALUE = Question(
    "critical_batch_exponent", "It grows as the 4.8th power of 1/L.", 1.0, "1/α_B = 4.8 (eq. 5.3, table 3)", citation,
    value=1 / 0.21, out_of_regime=OTHER_OPTIMIZER, fewest=0,
)  # fmt: skip


def judge(tables: Tables) -> list[Verdict]:
    """Both from one law of size, tokens and batch, L(N, D, B) (eqs. 1.6, 5.3 and 5.4)."""
    named = fit_joint(tables, "critical_batch", "params_body")
    next_step = named.fit.next_step or suggest_next(tables, "batch_size", presets)
    find = partial(_find_power, named.fit.find)
    return [question.judge(find, named.rows_used, next_step) for question in (GROWS, VALUE)]


def _find_power(find: Callable[[str, float], Estimate], level: float) -> Estimate:
    """1/α_B, the power of 1/L with which the critical batch grows."""
    alpha = find("alpha_B", level)
    return replace(alpha, name="1/α_B", value=1 / alpha.value, low=1 / alpha.high, high=1 / alpha.low)
