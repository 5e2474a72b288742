"""Does the family that models text best also learn best from what text has taught it?

Tay et al. 2022 (arXiv 2207.10551) pretrain ten architectures at many sizes and fine-tune them: what is good upstream
need not be good after transfer, convolutions and mixers least of all, and the best one changes with size. Here: six
families at three sizes learn the standard library of Python and are then trained for a few steps on two worlds that are
no text, to copy by looking up and to walk on a graph.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd

from lab.analysis.comparisons.architectures import Finding, contrast_leads, contrast_slopes
from lab.analysis.comparisons.transfer import Transfers, bound_disorder, collect_transfers
from lab.core.verdict import Verdict
from lab.runs.spec import RunSpec
from lab.tables import Tables
from sweeps import Question, TrainingGrid, choose_preset, match_sizes, suggest_next

title = "Architectures: the rank upstream and after transfer"
question = "Is the family with the lowest loss on text the one that learns most easily from there?"
citation = "Tay et al. 2022, Scaling Laws vs Model Architectures, arXiv 2207.10551"
figures = ("transfer", "learning_rates", "learning_curves")

FAMILIES = ("transformer", "gpt2_transformer", "lstm", "causal_conv", "mlp_mixer", "s4d")
UPSTREAM: Mapping[str, Any] = {"name": "bytes_text"}
TARGETS: tuple[Mapping[str, Any], ...] = ({"name": "induction", "symbols": 8}, {"name": "graph_walk"})
OFFSET = 32  # the targets are written in bytes that text has


@dataclass(frozen=True)
class Plan:
    """Every family at every size with every seed: `upstream` tokens of text, then `tokens` of each target.

    With `rates` the first seed searches the best one for text, per family and size; all its trainings then have it.
    Without, all train at 0.02.
    """

    families: tuple[str, ...]
    parameters: tuple[int, ...]
    upstream: int
    tokens: int
    seeds: int
    rates: tuple[float, ...]
    fields: Mapping[str, Any]
    parent: Mapping[str, Any]

    def list_specs(self, table: pd.DataFrame) -> list[RunSpec]:
        """The search, and what follows from it."""
        return [spec for family in self.families for spec in self._list_family(family, table)]

    def _list_family(self, name: str, table: pd.DataFrame) -> list[RunSpec]:
        sizes = match_sizes(name, self.parameters, self.fields["window"])
        if not self.rates:
            return [spec for size in sizes for spec in self._list_descents(name, size, 0.02)]
        grid = TrainingGrid(
            {"name": name}, UPSTREAM, sizes, (self.upstream,), (0,), self.rates, fields={**self.fields, **self.parent}
        )
        found = grid.list_specs(table)
        best = {int(s.fields["family"]["width"]): s.fields["learning_rate"] for s in found if s.stage == "grid"}
        return [*found, *(spec for size, rate in best.items() for spec in self._list_descents(name, size, rate))]

    def _list_descents(self, name: str, size: int, rate: float) -> list[RunSpec]:
        common = {**self.fields, "family": {"name": name, "width": size}, "learning_rate": rate, "tokens": self.tokens}
        parent = {**self.parent, "source": dict(UPSTREAM), "tokens": self.upstream}
        return [
            RunSpec("transfer", {**common, "source": dict(target), "seed": seed, "parent": parent, "offset": OFFSET})
            for seed in range(self.seeds)
            for target in TARGETS
        ]


USUAL = {
    "optimizer": "muon", "window": 128, "batch_tokens": 1024, "warmup_tokens": 4096, "evaluation_tokens": 16_384,
}  # fmt: skip
OF_TEXT = {"batch_tokens": 2048, "warmup_tokens": 40_960, "evaluation_tokens": 65_536}
SMALL = {"optimizer": "muon", "window": 32, "batch_tokens": 256, "warmup_tokens": 1024, "evaluation_tokens": 2048}
presets = {
    "smoke": Plan(("transformer", "lstm", "causal_conv"), (8_000, 16_000), 2**13, 2**12, 2, (), SMALL, {}),
    "standard": Plan(FAMILIES, (24_000, 48_000, 96_000), 2**18, 2**16, 7, (0.01, 0.02, 0.04), USUAL, OF_TEXT),
    "overnight": Plan(FAMILIES, (48_000, 192_000, 768_000), 2**21, 2**18, 7, (0.01, 0.02, 0.04), USUAL, OF_TEXT),
}


def specs(preset: str, table: pd.DataFrame) -> list[RunSpec]:
    """The search and the transfers of every family."""
    plan: Plan = choose_preset(presets, preset)
    return plan.list_specs(table)


REGIME = "nets of at most a million parameters and worlds without words, the paper's of 16 M to 40 B and GLUE"
ORDER = Question(
    "transfer_rank_differs", "The order of families by loss on text is not that by loss after transfer: 1 − τ.", 0.1,
    "good pretraining loss need not transfer, convolutions and mixers for instance", citation,
    out_of_regime=REGIME,
)  # fmt: skip
SLOPES = Question(
    "transfer_slopes_differ", "Families differ in the exponent of size of their loss after transfer.", 0.02,
    "different architectures scale differently, upstream and downstream", citation, out_of_regime=REGIME,
)  # fmt: skip
RANKS = Question(
    "transfer_rank_changes", "The family that leads after transfer when small is behind another when large.", 0.01,
    "the best performing model can fluctuate at different scales (abstract)", citation, out_of_regime=REGIME,
)  # fmt: skip


def judge(tables: Tables) -> list[Verdict]:
    """The order by simultaneous comparisons of all pairs; slopes and leads of the pair that the first seed chooses."""
    found, next_step = collect_transfers(tables), suggest_next(tables, "transfer", presets)
    mean = found.mean_target
    return [
        ORDER.judge(partial(bound_disorder, found.upstream, found.targets), found.rows, next_step),
        _judge_pair(SLOPES, contrast_slopes(mean, found.found.params), found, next_step),
        _judge_pair(RANKS, contrast_leads(mean), found, next_step),
    ]


def _judge_pair(asked: Question, finding: Finding, found: Transfers, next_step: str) -> Verdict:
    return asked.judge(finding.find, found.rows[found.rows["family"].isin(finding.pair)], next_step)
