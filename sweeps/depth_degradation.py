"""Does a plain net grow worse by layers, and does a shortcut around each pair of them mend it?

He et al. 2015 (arXiv 1512.03385, figure 1): on CIFAR-10 a plain net of 56 layers has a higher training error than one
of 20, so it is not overfitting; residual nets do not degrade (figure 6). He et al. 2016 (arXiv 1603.05027): norms and
rectifiers before the convolutions rather than behind them train deeper nets better. Here: nets of 8 channels on
scikit-learn's 8 × 8 digits, all three kinds with the same parameters at a depth, each at its own best of three rates.
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
from sweeps import Question, choose_preset, find_best_rate, suggest_next

title = "Degradation with depth"
question = "Does a plain net's training error grow with its layers, and do shortcuts and their order mend it?"
citation = "He, Zhang, Ren and Sun 2015, Deep Residual Learning for Image Recognition, arXiv 1512.03385"
figures = ("error_vs_depth", "learning_curves", "learning_rates")

KINDS: Mapping[str, Mapping[str, Any]] = {
    "plain": {"name": "plain_convnet"},
    "post": {"name": "resnet"},
    "pre": {"name": "resnet", "placement": "pre"},
}
CHOOSING_SEED = 0  # it chooses the rates and is not judged


@dataclass(frozen=True)
class Plan:
    """Nets of `width` and `depths`; `seeds`: how many are judged, behind the one that chooses among `rates`."""

    depths: tuple[int, ...]
    seeds: int
    steps: int
    width: int = 8
    examples: int = 1297
    rates: tuple[float, ...] = (0.025, 0.1, 0.4)

    def list_specs(self, table: pd.DataFrame) -> list[RunSpec]:
        """The search of every arm, and its other seeds once its rate is found."""
        specs: list[RunSpec] = []
        for kind in KINDS:
            for depth in self.depths:
                tried = {rate: self.make_spec(kind, depth, CHOOSING_SEED, rate, "search") for rate in self.rates}
                best = find_best_rate(tried, table)
                specs += tried.values()
                if best is not None:
                    specs += [self.make_spec(kind, depth, 1 + seed, best) for seed in range(self.seeds)]
        return specs

    def make_spec(self, kind: str, depth: int, seed: int, rate: float, stage: str = "grid") -> RunSpec:
        """One run, with the momentum of the paper, 0.9, and no decay of weights."""
        fields = {
            "family": self.make_family(kind, depth),
            "source": {"name": "digits"},
            "optimizer": "sgd",
            "examples": self.examples,
            "steps": self.steps,
            "learning_rate": rate,
            "seed": seed,
        }
        return RunSpec("classify", fields, stage)

    def make_family(self, kind: str, depth: int) -> dict[str, Any]:
        """The family table of an arm."""
        return {**KINDS[kind], "width": self.width, "depth": depth}


presets = {
    "smoke": Plan((8, 14), 1, 10, 4, 128, (0.1,)),
    "standard": Plan((8, 20, 56), 12, 200),
    "overnight": Plan((8, 20, 32, 44, 56, 110), 24, 1000, 16),
}
SHALLOW, DEEP = 20, 56


def specs(preset: str, table: pd.DataFrame) -> list[RunSpec]:
    """Every kind at every depth."""
    plan: Plan = choose_preset(presets, preset)
    return plan.list_specs(table)


REGIME = "8 × 8 digits and nets of 8 to 32 channels for some seconds, not CIFAR-10; intervals are over seeds alone"
IDENTITY = "He, Zhang, Ren and Sun 2016, Identity Mappings in Deep Residual Networks, arXiv 1603.05027"
DEGRADES = Question(
    "plain_degrades", "A plain net of 56 layers has a higher training error than one of 20.", 0.02,
    "training error of plain-56 above that of plain-20 throughout (figure 1, left)", citation, "seed",
    out_of_regime=REGIME,
)  # fmt: skip
HOLDS = Question(
    "residual_holds", "A residual net of 56 layers has a training error less than a point above that of 20.", 0.01,
    "ResNet-56 trains and tests better than ResNet-20 (figure 6, middle: 6.97 against 8.75 %)", citation, "seed",
    out_of_regime=REGIME,
)  # fmt: skip
MENDS = Question(
    "shortcuts_mend", "Of 56 layers a residual net has a lower training error than a plain one.", 0.02,
    "plain-56 is far above ResNet-56 (figure 6)", citation, "seed", out_of_regime=REGIME,
)  # fmt: skip
FIRST = Question(
    "norms_first", "Of 56 layers a residual net with its norms first has a lower test error.", 0.005,
    "5.46 against 5.93 % with 164 layers, 4.92 against 7.61 % with 1001 (table 3)", IDENTITY, "seed",
    out_of_regime=REGIME,
)  # fmt: skip
ALLOWED = 2 * HOLDS.margin  # what the estimand of `HOLDS` subtracts the growth from, so that it is 0 at twice the bar


def judge(tables: Tables) -> list[Verdict]:
    """Differences of errors between arms, seed against seed, without the seed that chose their rates."""
    step = suggest_next(tables, "depth_degradation", presets)
    arms = {(kind, depth): _select(tables, kind, depth) for kind in KINDS for depth in (SHALLOW, DEEP)}

    def compare(asked: Question, more: tuple[str, int], less: tuple[str, int], column: str, allowed: float) -> Verdict:
        difference = pair_seeds(arms[more], arms[less], column)
        theta = allowed - difference if allowed else difference
        name = f"{allowed:g} − growth of {column}" if allowed else f"{column}, difference"
        rows = pd.concat([arms[more], arms[less]])
        return asked.judge(partial(average_replicates, name, list(theta), ""), rows, step)

    return [
        compare(DEGRADES, ("plain", DEEP), ("plain", SHALLOW), "train_error", 0.0),
        compare(HOLDS, ("post", DEEP), ("post", SHALLOW), "train_error", ALLOWED),
        compare(MENDS, ("plain", DEEP), ("post", DEEP), "train_error", 0.0),
        compare(FIRST, ("post", DEEP), ("pre", DEEP), "test_error", 0.0),
    ]


def _select(tables: Tables, kind: str, depth: int) -> pd.DataFrame:
    """The judged runs of an arm of the standard preset's width, or of what widths there are."""
    sizes = tables.runs.loc[tables.runs["family"].isin([family["name"] for family in KINDS.values()]), "size"]
    width = int(sizes.max()) if len(sizes) else presets["standard"].width
    known = describe_family({**KINDS[kind], "width": width, "depth": depth}, "classifiers")
    rows = select_arm(tables, **known)
    return rows[rows["seed"].ne(CHOOSING_SEED)]
