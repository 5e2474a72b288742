"""Does the calibration of a classifier improve with size, data or family, and does a temperature level it?

Guo et al. 2017 (arXiv 1706.04599): calibration error grows with width and depth while the error falls (figure 2), and
one temperature mends most of it (table 1). Carrell et al. 2022 (arXiv 2210.01964): nets with a small gap between
training and test are calibrated, so more data mend it too. Minderer et al. 2021 (arXiv 2106.07998): nets without
convolutions are the better calibrated. Squared errors are debiased, and compared at equal numbers of held-out examples.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pandas as pd

from lab.analysis.comparisons.arms import pair_seeds, select_arm
from lab.core.replicates import average_replicates
from lab.core.verdict import Verdict
from lab.runs.spec import RunSpec
from lab.tables import Tables
from sweeps import Question, choose_preset, suggest_next

title = "Calibration of classifiers against scale"
question = "Does calibration improve with parameters, data or architecture, and does a temperature level it?"
citation = "Guo, Pleiss, Sun and Weinberger 2017, On Calibration of Modern Neural Networks, arXiv 1706.04599"
figures = ("calibration_of_nets", "learning_curves")

BEFORE, AFTER = "squared_gap", "squared_gap_recalibrated"


@dataclass(frozen=True)
class Plan:
    """Three `widths` of every family at the middle of `examples`, the middle width at all three; `seeds` of each."""

    widths: Mapping[str, tuple[int, int, int]]
    examples: tuple[int, int, int]
    seeds: int
    source: Mapping[str, Any] = field(default_factory=lambda: {"name": "mnist_1d", "heldout_count": 1500})
    steps: int = 400

    def list_cells(self, family: str) -> list[tuple[int, int]]:
        """Width and examples of every net of a family."""
        widths, middle = self.widths[family], self.widths[family][1]
        return [
            *((width, self.examples[1]) for width in widths),
            (middle, self.examples[0]),
            (middle, self.examples[2]),
        ]

    def list_specs(self) -> list[RunSpec]:
        """All runs: AdamW at 0.01 for every net."""
        fields = {"source": dict(self.source), "steps": self.steps, "learning_rate": 0.01}
        return [
            RunSpec(
                "calibrate",
                {**fields, "family": {"name": name, "width": width}, "examples": examples, "seed": seed},
            )
            for name in self.widths
            for width, examples in self.list_cells(name)
            for seed in range(self.seeds)
        ]


WIDTHS = {"mlp": (16, 64, 256), "plain_convnet": (4, 8, 16), "resnet": (4, 8, 16)}
SMALL = {"mlp": (4, 8, 16), "plain_convnet": (1, 2, 3), "resnet": (1, 2, 3)}
presets = {
    "smoke": Plan(SMALL, (64, 128, 256), 1, {"name": "digits"}, 10),
    "standard": Plan(WIDTHS, (250, 1000, 4000), 12),
    "overnight": Plan({**WIDTHS, "mlp": (16, 128, 1024)}, (250, 2000, 16_000), 48, steps=3000),
}


def specs(preset: str, table: pd.DataFrame) -> list[RunSpec]:
    """Every net of every family."""
    plan: Plan = choose_preset(presets, preset)
    return plan.list_specs()


REGIME = "MNIST-1D and nets of a thousand to a hundred thousand parameters, 400 steps at one rate; not natural images"
GROWS = Question(
    "size_miscalibrates", "The widest net of a family is less calibrated than the narrowest.", 0.002,
    "ECE of ResNets on CIFAR-100 grows with filters and layers (figure 2)", citation, "seed", out_of_regime=REGIME,
)  # fmt: skip
DATA = Question(
    "data_calibrate", "A net trained on sixteen times the examples is better calibrated.", 0.002,
    "test calibration follows the generalization gap (abstract)",
    "Carrell et al. 2022, The Calibration Generalization Gap, arXiv 2210.01964", "seed", out_of_regime=REGIME,
)  # fmt: skip
MENDS = Question(
    "temperature_mends", "One temperature lowers the calibration error.", 0.002,
    "ECE of ResNet-110 on CIFAR-100 from 16.53 to 1.26 % (table 1)", citation, "seed", out_of_regime=REGIME,
)  # fmt: skip
LEVELS = Question(
    "temperature_levels", "After a temperature the widest net is as calibrated as the narrowest.", 0.002,
    "after it all are within 2 % (table 1)", citation, "seed", value=0.0, out_of_regime=REGIME,
)  # fmt: skip
CONVOLUTIONS = Question(
    "convolutions_miscalibrate", "Convolutional nets are less calibrated than perceptrons trained on as much.", 0.002,
    "the best calibrated are recent nets without convolutions (abstract)",
    "Minderer et al. 2021, Revisiting the Calibration of Modern Neural Networks, arXiv 2106.07998", "seed",
    out_of_regime=REGIME,
)  # fmt: skip


def judge(tables: Tables) -> list[Verdict]:
    """Differences of squared calibration errors, seed against seed, averaged over the families they are about."""
    step = suggest_next(tables, "calibration_scale", presets)
    plan = presets.get(tables.study.preset, presets["standard"])
    arms = {
        (name, *cell): select_arm(tables, family=name, dials=_tell_dials(plan), size=cell[0], examples=cell[1])
        for name in plan.widths
        for cell in plan.list_cells(name)
    }
    least, usual, most = plan.examples
    sizes = [((name, widths[2], usual), (name, widths[0], usual)) for name, widths in plan.widths.items()]
    data = [((name, widths[1], least), (name, widths[1], most)) for name, widths in plan.widths.items()]
    perceptron = ("mlp", plan.widths["mlp"][1], usual)
    kinds = [((name, plan.widths[name][1], usual), perceptron) for name in plan.widths if name != "mlp"]

    def ask(asked: Question, pairs: list[tuple[Any, Any]], column: str = BEFORE, other: str = BEFORE) -> Verdict:
        differences = [pair_seeds(_read(arms[one], column), _read(arms[two], other), "value") for one, two in pairs]
        mean = pd.concat(differences, axis=1).dropna().mean(axis=1)
        rows = pd.concat([arms[arm] for pair in pairs for arm in pair]).drop_duplicates("run_key")
        return asked.judge(partial(average_replicates, "squared error, difference", list(mean), ""), rows, step)

    return [
        ask(GROWS, sizes),
        ask(DATA, data),
        ask(MENDS, [(arm, arm) for arm in arms], BEFORE, AFTER),
        ask(LEVELS, sizes, AFTER, AFTER),
        ask(CONVOLUTIONS, kinds),
    ]


def _read(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """Seeds and the column as `value`, NaN where the table lacks it."""
    return rows.reindex(columns=["seed", column]).rename(columns={column: "value"})


def _tell_dials(plan: Plan) -> str:
    """What `describe` writes of the source's dials; those of the nets stand at their defaults."""
    label: str = plan.list_specs()[0].describe()["dials"]  # type: ignore[assignment]
    return label
