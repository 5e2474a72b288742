"""What runners that train classifiers share: the fields of a run, its identity, its training.

A run is done in one piece: one that is killed begins anew.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from lab.core.dials import build_from_dials, changed_dials
from lab.core.errors import InputError
from lab.data.examples import ExampleSource
from lab.families.classifiers import Classifier, ExampleShape
from lab.optimizers import Optimizer
from lab.runs.runner import Cost, Fields, Reporter, Result, Runner, Scalar
from lab.runs.spec import build_entry, identify_instance, label_dials, label_entry

BYTES_PER_RUN = 60_000  # curve, calibration cells, held-out predictions, specification
BYTES_PER_PARAMETER = 4  # of the weights kept
FLOPS_PER_SECOND = 1.5e10  # of convolutions on a few places, measured here with the overhead apart
SECONDS_PER_LAYER = 3e-4  # of one step: what every layer costs however small it is
SETTINGS = ("warmup_steps", "cooldown", "clip_norm")  # they change a result and have no column


@dataclass(frozen=True)
class ClassifyFields:
    """The fields of a run.

    `family` (of the shelf of classifiers) and `source` (of examples): tables with a `name` and dials; `optimizer`: such
    a table, or a name alone, an example counting as a token. `examples`: how many different ones are trained on;
    `steps` of `batch` examples, walked through in epochs. `learning_rate`: at the plateau. `warmup_steps`: in which it
    rises to that. `cooldown`: share of the steps in which it falls to zero. `clip_norm`: largest norm of the gradient
    over all parameters; 0 clips nothing.
    """

    family: dict[str, Any]
    source: dict[str, Any]
    examples: int
    steps: int
    learning_rate: float
    optimizer: str | dict[str, Any] = "adamw"
    seed: int = 0
    batch: int = 64
    warmup_steps: int = 20
    cooldown: float = 0.2
    clip_norm: float = 0.0
    device: Literal["cpu", "cuda"] = "cpu"

    def __post_init__(self) -> None:
        most = self.data_source.count_most()
        rules = (
            ("examples", self.examples >= 1 and (most is None or self.examples <= most), f"at least 1, at most {most}"),
            ("steps", self.steps >= 10, "must be at least 10"),
            ("learning_rate", self.learning_rate > 0, "must be positive"),
            ("seed", self.seed >= 0, "must not be negative"),
            ("batch", self.batch >= 2, "must be at least 2"),
            ("warmup_steps", self.warmup_steps >= 0, "must not be negative"),
            ("cooldown", 0 < self.cooldown <= 1, "must lie in (0, 1]"),
            ("clip_norm", self.clip_norm >= 0, "must not be negative"),
        )
        for name, holds, rule in rules:
            if not holds:
                raise InputError(f"classify.{name}", getattr(self, name), rule)

    @cached_property
    def net_family(self) -> Classifier:
        """The family with its dials set."""
        family: Classifier = build_entry("classifiers", self.family)
        return family

    @cached_property
    def data_source(self) -> ExampleSource:
        """The source with its dials set."""
        source: ExampleSource = build_entry("examples", self.source)
        return source

    @property
    def optimizer_table(self) -> dict[str, Any]:
        """The optimizer's name and dials."""
        return {"name": self.optimizer} if isinstance(self.optimizer, str) else self.optimizer

    @cached_property
    def net_optimizer(self) -> Optimizer:
        """The optimizer with its dials set."""
        optimizer: Optimizer = build_entry("optimizers", self.optimizer_table)
        return optimizer

    @property
    def shape(self) -> ExampleShape:
        """What the data demand of the net."""
        return ExampleShape(self.data_source.shape, self.data_source.classes)

    @property
    def seen(self) -> int:
        """Examples trained on, repeats included."""
        return self.steps * self.batch

    @property
    def flops(self) -> float:
        """Of training."""
        return float(self.net_family.count_training_flops(self.shape) * self.seen)

    @property
    def task(self) -> dict[str, Any]:
        """What `lab.training.classification.ClassificationTask` takes, which cannot be named here without torch."""
        plain = ("examples", "steps", "batch", "learning_rate", "seed", *SETTINGS, "device")
        entries = {"family": self.net_family, "source": self.data_source, "optimizer": self.net_optimizer}
        return {**entries, **{name: getattr(self, name) for name in plain}}


class ClassifyingRunner(Runner):
    """A net, a source of examples and a seed are one run; runs have no branches. What is measured beside is its own."""

    def measure(self, arrays: Mapping[str, np.ndarray]) -> Mapping[str, float]:
        """Columns computed from what a run leaves in arrays; nothing, unless a runner says what."""
        return {}

    def identify(self, fields: Fields) -> dict[str, Any]:
        """Dials that differ from their default, entries with version or file hash, the content hash of the data."""
        checked = check_fields(fields)
        source = identify_instance("examples", checked.source, checked.data_source)
        return {
            **changed_dials(checked),
            "family": identify_instance("classifiers", checked.family, checked.net_family),
            "source": {**source, "content": checked.data_source.content_hash()},
            "optimizer": identify_instance("optimizers", checked.optimizer_table, checked.net_optimizer),
        }

    def describe(self, fields: Fields) -> dict[str, Scalar]:
        """Everything known of a run before it runs; an example counts as a token."""
        checked = check_fields(fields)
        family, source, changed = checked.net_family, checked.data_source, changed_dials(checked)
        counts = family.count_parameters(checked.shape)
        labels = label_dials(family, family.size_dial), label_dials(source)
        return {
            "family": checked.family["name"],
            "dials": "; ".join(filter(None, labels)),
            "settings": ", ".join(f"{name} {changed[name]}" for name in SETTINGS if name in changed),
            "source": checked.source["name"],
            "optimizer": label_entry(checked.optimizer_table["name"], checked.net_optimizer),
            "seed": checked.seed,
            "size": family.size,
            "layers": family.layers,
            "params_total": sum(counts.values()),
            "params_body": counts["body"],
            "params_embedding": counts["embedding"],
            "params_readout": counts["readout"],
            "params_active": family.count_active(checked.shape),
            "tokens": checked.seen,
            "unique_tokens": min(checked.seen, checked.examples),
            "examples": checked.examples,
            "label_noise": source.label_noise,
            "flops": checked.flops,
            "learning_rate": checked.learning_rate,
            "batch_tokens": checked.batch,
            "window": 1,
        }

    def estimate(self, trunk: Sequence[Fields], flops_per_second: float) -> Cost:
        """By arithmetic and by layer: nets this small spend most of their time between their products."""
        checked = [check_fields(fields) for fields in trunk]
        flops = sum(own.flops for own in checked)
        layers = sum(own.steps * own.net_family.layers for own in checked)
        parameters = sum(sum(own.net_family.count_parameters(own.shape).values()) for own in checked)
        disk = BYTES_PER_RUN * len(trunk) + BYTES_PER_PARAMETER * parameters
        return Cost(flops, flops / FLOPS_PER_SECOND + SECONDS_PER_LAYER * layers, disk)

    def run(self, trunk: Sequence[Fields], reporter: Reporter) -> None:
        """Trains each and emits what it gave."""
        from lab.training.arithmetic import settle_arithmetic
        from lab.training.classification import ClassificationTask, train_classifier

        total, done = float(sum(check_fields(fields).steps for fields in trunk)), 0

        def advance(steps: int) -> None:
            nonlocal done
            done += steps
            reporter.advance(done, total)

        for fields in trunk:
            began, checked = time.monotonic(), check_fields(fields)
            with settle_arithmetic():
                found = train_classifier(ClassificationTask(**checked.task), advance)
            diverged = found.diverged_at is not None
            reporter.emit(
                fields,
                Result(
                    status="diverged" if diverged else "done",
                    metrics={**found.metrics, **({} if diverged else self.measure(found.arrays))},
                    curve=dict(found.curve),
                    arrays=found.arrays,
                    timings={"cpu_seconds": found.point_seconds},
                    totals={"cpu_seconds": found.cpu_seconds, "wall_seconds": time.monotonic() - began},
                    error=f"diverged at step {found.diverged_at}" if diverged else "",
                    weights=found.weights,
                ),
            )


def check_fields(fields: Fields) -> ClassifyFields:
    """The fields, checked; raises `InputError` naming the wrong one."""
    return build_from_dials(ClassifyFields, fields, "classify")
