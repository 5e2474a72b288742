"""Does a net pass what should be seen before it is trained in earnest?

Stanford CS231n (Karpathy et al. 2015, notes "Learning and evaluation"): the first loss is ln K; a small batch can be
learned by heart; gradients agree with finite differences. Ioffe and Szegedy 2015 (arXiv 1502.03167): with batch
normalisation a net trains at rates at which it does not without.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from lab.core.replicates import average_replicates
from lab.core.verdict import Verdict
from lab.runs.spec import RunSpec
from lab.tables import Tables
from sweeps import Question, choose_preset, suggest_next

title = "Sanity checks of classifiers"
question = "Do the first loss, one batch, the gradients and the range of learning rates look as they should?"
citation = "Karpathy, Johnson and Li 2015, CS231n Convolutional Neural Networks for Visual Recognition, course notes"
figures = ("rate_basin", "learning_curves")

FAMILIES: Mapping[str, Mapping[str, Any]] = {
    "mlp": {"name": "mlp", "width": 32},
    "gru": {"name": "gru"},
    "plain": {"name": "plain_convnet", "width": 8},
    "without norms": {"name": "plain_convnet", "width": 8, "norm": "none"},
    "post": {"name": "resnet", "width": 8},
    "pre": {"name": "resnet", "width": 8, "placement": "pre"},
}
BASIN: Mapping[str, Mapping[str, Any]] = {
    "batch": {"name": "plain_convnet", "width": 8},
    "none": {"name": "plain_convnet", "width": 8, "norm": "none"},
}
TRAINED = 0.1  # a training error below which a rate has trained the net


@dataclass(frozen=True)
class Plan:
    """Checks of every family on every source, and one net with and without norms at rates two octaves apart."""

    sources: tuple[str, ...]
    seeds: int
    check_steps: int
    steps: int
    rates: tuple[float, ...]

    def list_specs(self) -> list[RunSpec]:
        """All runs."""
        checks = [
            RunSpec("check", {**named, "seed": seed, "steps": self.check_steps})
            for seed in range(self.seeds)
            for source in self.sources
            for named in ({"family": dict(family), "source": {"name": source}} for family in FAMILIES.values())
        ]
        fields = {"source": {"name": "digits"}, "examples": 1024, "steps": self.steps, "optimizer": "sgd"}
        basins = [
            RunSpec("classify", {**fields, "family": dict(family), "learning_rate": rate, "seed": seed})
            for seed in range(self.seeds)
            for family in BASIN.values()
            for rate in self.rates
        ]
        return checks + basins


RATES = tuple(0.001 * 4.0**k for k in range(7))
presets = {
    "smoke": Plan(("digits",), 1, 3, 10, (0.016, 0.256)),
    "standard": Plan(("digits", "mnist_1d"), 12, 150, 100, RATES),
    "overnight": Plan(("digits", "mnist_1d"), 48, 300, 400, RATES),
}


def specs(preset: str, table: pd.DataFrame) -> list[RunSpec]:
    """Every check, and every rate of the basin."""
    plan: Plan = choose_preset(presets, preset)
    return plan.list_specs()


START = Question(
    "starts_at_chance", "The first loss of every family is ln K, within a tenth of a nat.", 0.1,
    "expect a loss of 2.302 for ten classes (look for correct loss at chance performance)", citation, "seed", value=0.0,
)  # fmt: skip
OVERFITS = Question(
    "overfits_a_batch", "Every family takes more than 95 % off the loss of 32 examples.", 0.95,
    "make sure you can achieve zero cost (overfit a tiny subset of data)", citation, "seed",
)  # fmt: skip
GRADIENT = Question(
    "gradients_agree", "Gradients of every family agree with finite differences to four digits or more.", 4.0,
    "a relative error of 1e-4 is okay for objectives with kinks (gradient checks)", citation, "seed",
)  # fmt: skip
WIDER = Question(
    "norms_widen_basin", "With batch normalisation a net trains over at least an octave of rates more.", 1.0,
    "30 times the learning rate trains, which without diverges (section 4.2.1)",
    "Ioffe and Szegedy 2015, Batch Normalization, arXiv 1502.03167", "seed",
    out_of_regime="8 layers on 8 × 8 digits for 100 steps, not Inception on ImageNet",
)  # fmt: skip
OCTAVES_PER_RATE = 2.0


def judge(tables: Tables) -> list[Verdict]:
    """The worst family of every seed for the three checks; octaves of rates that train, seed against seed."""
    step, runs = suggest_next(tables, "sanity_checks", presets), tables.runs
    known = ["seed", "start_nats", "chance_nats", "batch_nats", "gradient_error"]
    checks = runs[runs["status"].eq("done")].reindex(columns=["run_key", *known]).dropna()
    gap = checks["start_nats"] - checks["chance_nats"]
    worst_gap = gap.groupby(checks["seed"]).agg(lambda gaps: gaps.iloc[int(np.argmax(gaps.abs()))])
    saved = (1 - checks["batch_nats"] / checks["start_nats"]).groupby(checks["seed"]).min()
    agreed = -np.log10(checks["gradient_error"].clip(lower=np.finfo(float).eps))
    digits = agreed.groupby(checks["seed"]).min()
    wider, rows = measure_basins(runs)
    asked = (
        (START, "first loss − ln K", worst_gap, "nats", checks),
        (OVERFITS, "share of the loss taken off", saved, "", checks),
        (GRADIENT, "digits of agreement", digits, "", checks),
        (WIDER, "octaves of rates gained", wider, "octaves", rows),
    )
    return [
        one.judge(partial(average_replicates, name, list(values), unit), used, step)
        for one, name, values, unit, used in asked
    ]


def measure_basins(runs: pd.DataFrame) -> tuple[pd.Series, pd.DataFrame]:
    """Octaves of rates that train with norms minus those without, by seed; and the runs it rests on.

    A rate trains a net where its run ended with a training error below a tenth; one that diverged did not. Seeds count
    whose nets both tried every rate that any seed tried.
    """
    known = ["run_key", "family", "dials", "status", "seed", "learning_rate", "train_error"]
    rows = runs.reindex(columns=known)
    rows = rows[rows["family"].eq(BASIN["batch"]["name"]) & rows["status"].isin(["done", "diverged"])]
    rows = rows[rows["dials"].isin(["", "norm none"]) & rows["learning_rate"].notna()]
    rows = rows.assign(trained=(rows["train_error"] < TRAINED).astype(float))
    all_rates = rows["learning_rate"].nunique()
    tried, trained = (rows.pivot_table("trained", "seed", "dials", aggfunc=how) for how in ("count", "sum"))
    counts = trained.where(tried.eq(all_rates)).reindex(columns=["", "norm none"])
    wider = OCTAVES_PER_RATE * (counts[""] - counts["norm none"])
    return wider.dropna(), rows
