"""Does a mixture of experts learn more per FLOP than a dense net, and less per parameter?

Shazeer et al. 2017 (arXiv 1701.06538) and Fedus et al. 2021 (Switch, arXiv 2101.03961): at equal compute per token a
routed net reaches the loss of a dense one several times sooner; Rajbhandari et al. 2022 (DeepSpeed-MoE, arXiv
2201.05596): a dense net of as many parameters needs more compute and is better than the mixture for each of them, and
experts in later layers do more than in earlier ones. The balance loss keeps all experts in use (Shazeer, table 6).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd

from lab.analysis.comparisons.arms import describe_family, pair_seeds, select_arm
from lab.core.replicates import average_replicates
from lab.core.verdict import Verdict
from lab.runs.spec import RunSpec
from lab.tables import Tables
from sweeps import Question, TrainingGrid, choose_preset, make_transformer_fields, suggest_next

title = "Mixture of experts"
question = "Does a mixture of experts learn more per FLOP than a dense net, and less per parameter?"
citation = "Fedus, Zoph and Shazeer 2021, Switch Transformers, arXiv 2101.03961"
figures = ("arms", "learning_curves")

LATER = "Rajbhandari et al. 2022, DeepSpeed-MoE, arXiv 2201.05596"
EVEN = "Shazeer et al. 2017, Outrageously Large Neural Networks, arXiv 1701.06538"
ROUTED: Mapping[str, Mapping[str, Any]] = {
    "all": {},
    "first_half": {"routed": "first_half"},
    "second_half": {"routed": "second_half"},
    "unbalanced": {"balance": 0.0},
}


@dataclass(frozen=True)
class Plan:
    """Nets of `width` and `layers`, routed in every way of `ROUTED` and dense; and a dense one of `equal_width`, which
    has as many parameters in all as the routed one, within a twentieth.
    """

    width: int
    equal_width: int
    layers: int
    seeds: int
    tokens: int
    window: int = 64
    batch_tokens: int = 1024

    @property
    def families(self) -> dict[str, dict[str, Any]]:
        """The family table of every arm, by its name."""
        routed = {name: {"name": "moe_transformer", "width": self.width, **dials} for name, dials in ROUTED.items()}
        widths = {"dense": self.width, "dense_equal": self.equal_width}
        dense = {name: {"name": "transformer", "width": width} for name, width in widths.items()}
        return {name: {**family, "layers": self.layers} for name, family in {**routed, **dense}.items()}

    def list_specs(self, table: pd.DataFrame) -> list[RunSpec]:
        """All arms, each at its own best rate."""
        recipe = make_transformer_fields(self.width, self.tokens, self.window, self.batch_tokens)
        arms = [
            TrainingGrid(
                family=family,
                source={"name": "bytes_text"},
                sizes=(family["width"],),
                horizons=(self.tokens,),
                seeds=tuple(range(self.seeds)),
                rates=(0.01, 0.02, 0.04),
                fields={**recipe, "evaluation_tokens": 512 * self.window},
            )
            for family in self.families.values()
        ]
        return [spec for arm in arms for spec in arm.list_specs(table)]


presets = {
    "smoke": Plan(16, 34, 2, 2, 65_536),
    "standard": Plan(32, 72, 2, 12, 524_288),
    "overnight": Plan(64, 152, 4, 12, 8_388_608, 128, 2048),
}


def specs(preset: str, table: pd.DataFrame) -> list[RunSpec]:
    """The arms of the preset."""
    plan: Plan = choose_preset(presets, preset)
    return plan.list_specs(table)


REGIME = "bytes of Python, a million times fewer parameters, no limit on an expert's tokens"
PER_FLOP = Question(
    "better_per_flop", "At equal compute per token a mixture of experts has a lower loss than a dense net.", 0.02,
    "Switch-Base reaches T5-Base's loss in 1/7 of the time (figure 5)", citation, "seed", out_of_regime=REGIME,
)  # fmt: skip
PER_PARAMETER = Question(
    "worse_per_parameter", "At equal parameters in all, a dense net has a lower loss than a mixture of experts.", 0.02,
    "1.3 B with 128 experts (52 B in all) is as good as 6.7 B dense (section 3)", LATER, "seed", out_of_regime=REGIME,
)  # fmt: skip
LATER_LAYERS = Question(
    "later_layers", "Experts in the later half of the layers lower the loss more than in the earlier half.", 0.01,
    "Second-Half-MoE has a lower loss than First-Half-MoE (figure 3)", LATER, "seed", out_of_regime=REGIME,
)  # fmt: skip
BALANCE = Question(
    "balance_evens_load", "The balance loss raises the entropy of the experts' load.", 0.02,
    "coefficient of variation of the load 3.01 without it, 0.05 with it (table 6)", EVEN, "seed", out_of_regime=REGIME,
)  # fmt: skip


COMPARED = (
    (PER_FLOP, "dense", "all", "loss_nats", "nats/token"),
    (PER_PARAMETER, "all", "dense_equal", "loss_nats", "nats/token"),
    (LATER_LAYERS, "first_half", "second_half", "loss_nats", "nats/token"),
    (BALANCE, "all", "unbalanced", "load_entropy", ""),
)


def judge(tables: Tables) -> list[Verdict]:
    """The first arm minus the second of each of `COMPARED`, seed against seed."""
    arms = select_arms(tables)
    step = suggest_next(tables, "mixture_of_experts", presets)
    verdicts = []
    for asked, one, other, column, unit in COMPARED:
        first, second = arms[one], arms[other]
        found = partial(average_replicates, f"{column}, difference", list(pair_seeds(first, second, column)), unit)
        verdicts.append(asked.judge(found, pd.concat([first, second]), step))
    return verdicts


def select_arms(tables: Tables) -> dict[str, pd.DataFrame]:
    """The runs of every arm of the preset whose width the routed nets have, by the arm's name."""
    width = tables.runs.loc[tables.runs["family"].eq("moe_transformer"), "size"].max()
    plan = next((plan for plan in presets.values() if plan.width == width), presets["smoke"])
    return {name: select_arm(tables, **describe_family(family)) for name, family in plan.families.items()}
