"""Tay et al. 2022 (arXiv 2207.10551): architectures scale with slopes of their own, and the best one changes with size.

Beside it the old question of the Transformer and the LSTM, whose answer flips with the axis: Kaplan et al. 2020 (arXiv
2001.08361, section 3.2.1 and figure 7) have the Transformer ahead at equal parameters and data; a recurrent net whose
cell is one fused kernel may still be ahead at equal seconds. Families are compared at equal numbers of parameters, all
of them counted (Pearce & Song 2024, arXiv 2406.12907), each at learning rates of its own.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from lab.analysis.comparisons.architectures import (
    Finding,
    collect_architectures,
    compare_at_equal,
    compare_ranks,
    compare_slopes,
)
from lab.core.verdict import Verdict
from lab.runs.spec import RunSpec
from lab.tables import Tables
from sweeps import Question, TrainingGrid, choose_preset, match_sizes, suggest_next

title = "Architectures: slope, rank, and the axis that decides"
question = "Do families of nets scale alike, and does one lead at every size and on every axis?"
citation = "Tay et al. 2022, Scaling Laws vs Model Architectures, arXiv 2207.10551"
figures = ("architectures", "learning_rates", "learning_curves", "loss_vs_tokens", "loss_vs_parameters")

FAMILIES = ("transformer", "gpt2_transformer", "lstm", "gru", "rnn", "s4d", "causal_conv", "mlp_mixer")


def _make_grids(parameters: tuple[int, ...], fields: dict[str, Any], **grid: Any) -> dict[str, TrainingGrid]:
    """A grid of every family, by its name; without `rates` to search all train at 0.02."""
    grids = {}
    for name in FAMILIES:
        sizes = match_sizes(name, parameters, fields["window"])
        stored = {} if "rates" in grid else dict.fromkeys(sizes, 0.02)
        family, source = {"name": name}, {"name": "bytes_text"}
        grids[name] = TrainingGrid(family, source, sizes, stored_rates=stored, fields=fields, **grid)
    return grids


SEEDS = tuple(range(7))  # one that chooses, and six of two families: twelve trunks at a size, the fewest judged
USUAL = {"optimizer": "muon", "window": 128}
SMALL = {"optimizer": "muon", "window": 32, "batch_tokens": 512, "warmup_tokens": 2048, "evaluation_tokens": 8192}
presets = {
    "smoke": _make_grids((8_000, 16_000), SMALL, horizons=(2**13, 2**14), seeds=(0, 1)),
    "standard": _make_grids(
        (24_000, 41_000, 80_000, 180_000),
        USUAL,
        horizons=(3 * 2**16, 3 * 2**17, 3 * 2**18),
        seeds=SEEDS,
        rates=(0.01, 0.02, 0.04),
    ),
    "overnight": _make_grids(
        (41_000, 80_000, 180_000, 490_000),
        USUAL,
        horizons=(2**19, 2**20, 2**21),
        seeds=SEEDS,
        rates=(0.01, 0.02, 0.04),
    ),
}


def specs(preset: str, table: pd.DataFrame) -> list[RunSpec]:
    """The grid of every family; `standard` and `overnight` search its rates first."""
    grids: dict[str, TrainingGrid] = choose_preset(presets, preset)
    return [spec for grid in grids.values() for spec in grid.list_specs(table)]


STACKED = "Muon orthogonalises the stacked gates of recurrent nets as one matrix"
TINY = f"our nets have at most 0.5 M parameters, the paper's 16 M to 40 B; {STACKED}"
SLOPES = Question(
    "slopes_differ", "Families differ in the exponent of size.", 0.02,
    "different architectures scale differently; the plain Transformer best (sections 3 and 4)", citation,
    out_of_regime=TINY,
)  # fmt: skip
RANKS = Question(
    "rank_changes", "The family that leads at the smallest size is behind another at the largest.", 0.01,
    "the best performing model can fluctuate at different scales (abstract)", citation, out_of_regime=TINY,
)  # fmt: skip
KAPLAN = "Kaplan et al. 2020, Scaling Laws for Neural Language Models, arXiv 2001.08361"
BY_TOKENS = Question(
    "transformer_by_tokens", "At equal parameters and tokens the Transformer's loss is below the LSTM's.", 0.01,
    "Transformers asymptotically outperform LSTMs at equal parameters (figure 7)", KAPLAN, out_of_regime=TINY,
)  # fmt: skip
MELIS = "Melis, Dyer & Blunsom 2018, On the State of the Art of Evaluation in Neural Language Models, arXiv 1707.05589"
BY_SECONDS = Question(
    "lstm_by_seconds", "At equal CPU-seconds and the smallest size the LSTM's loss is below the Transformer's.", 0.01,
    "a standard LSTM, well tuned, outperforms newer architectures (abstract; at equal parameters)", MELIS,
    out_of_regime=f"the paper compares at equal parameters, and not with Transformers; {STACKED}",
)  # fmt: skip


def judge(tables: Tables) -> list[Verdict]:
    """The four questions above; the first seed chooses which families the first two compare, the others measure."""
    found, next_step = collect_architectures(tables), suggest_next(tables, "architectures", presets)

    def ask(asked: Question, finding: Finding) -> Verdict:
        return asked.judge(finding.find, found.rows[found.rows["family"].isin(finding.pair)], next_step)

    return [
        ask(SLOPES, compare_slopes(found)),
        ask(RANKS, compare_ranks(found)),
        ask(BY_TOKENS, compare_at_equal(found, "transformer", "lstm", "tokens", "all")),
        ask(BY_SECONDS, compare_at_equal(found, "lstm", "transformer", "cpu_seconds", "smallest")),
    ]
