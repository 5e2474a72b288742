"""Checks a net before it is trained in earnest: its first loss, a batch learned by heart, its gradients."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from lab.core.dials import build_from_dials, changed_dials
from lab.core.errors import InputError
from lab.data.examples import ExampleSource
from lab.families.classifiers import Classifier, ExampleShape
from lab.optimizers import Optimizer
from lab.runs.runner import Cost, Fields, Reporter, Result, Runner, Scalar
from lab.runs.spec import build_entry, identify_instance, label_dials

OPTIMIZER = "adamw"
BYTES_PER_RUN = 1500
SECONDS_PER_LAYER = 4e-4  # of one step


@dataclass(frozen=True)
class CheckFields:
    """`family` of the shelf of classifiers, `source` of examples; `batch` of them are trained on alone, in `steps` of
    AdamW at `learning_rate`, which falls to zero.
    """

    family: dict[str, Any]
    source: dict[str, Any]
    seed: int = 0
    batch: int = 32
    steps: int = 150
    learning_rate: float = 0.01

    def __post_init__(self) -> None:
        rules = (
            ("seed", self.seed >= 0, "must not be negative"),
            ("batch", self.batch >= 2, "must be at least 2"),
            ("steps", self.steps >= 1, "must be at least 1"),
            ("learning_rate", self.learning_rate > 0, "must be positive"),
        )
        for name, holds, rule in rules:
            if not holds:
                raise InputError(f"check.{name}", getattr(self, name), rule)

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

    @cached_property
    def net_optimizer(self) -> Optimizer:
        """The one of all checks."""
        optimizer: Optimizer = build_entry("optimizers", {"name": OPTIMIZER})
        return optimizer


class CheckRunner(Runner):
    """A net, a source and a seed are one run."""

    def identify(self, fields: Fields) -> dict[str, Any]:
        """Dials that differ from their default, entries with version or file hash, the content hash of the data."""
        checked = check_fields(fields)
        source = identify_instance("examples", checked.source, checked.data_source)
        return {
            **changed_dials(checked),
            "family": identify_instance("classifiers", checked.family, checked.net_family),
            "source": {**source, "content": checked.data_source.content_hash()},
            "optimizer": identify_instance("optimizers", {"name": OPTIMIZER}, checked.net_optimizer),
        }

    def describe(self, fields: Fields) -> dict[str, Scalar]:
        """What is known of the net beforehand, ln K with it."""
        checked = check_fields(fields)
        family, source = checked.net_family, checked.data_source
        shape = ExampleShape(source.shape, source.classes)
        return {
            "family": checked.family["name"],
            "dials": "; ".join(filter(None, (label_dials(family, family.size_dial), label_dials(source)))),
            "source": checked.source["name"],
            "optimizer": OPTIMIZER,
            "seed": checked.seed,
            "size": family.size,
            "layers": family.layers,
            "params_total": sum(family.count_parameters(shape).values()),
            "examples": checked.batch,
            "chance_nats": math.log(source.classes),
        }

    def estimate(self, trunk: Sequence[Fields], flops_per_second: float) -> Cost:
        """By layer and step: these nets and batches are small."""
        checked = [check_fields(fields) for fields in trunk]
        layers = sum(own.steps * own.net_family.layers for own in checked)
        return Cost(0.0, SECONDS_PER_LAYER * layers, BYTES_PER_RUN * len(trunk))

    def run(self, trunk: Sequence[Fields], reporter: Reporter) -> None:
        """The three checks of each."""
        from lab.training.arithmetic import settle_arithmetic
        from lab.training.sanity import check_net

        for done, fields in enumerate(trunk, 1):
            began, cpu, own = time.monotonic(), time.process_time(), check_fields(fields)
            with settle_arithmetic():
                entries = own.net_family, own.data_source, own.net_optimizer
                found = check_net(*entries, own.learning_rate, own.seed, own.batch, own.steps)
            totals = {"cpu_seconds": time.process_time() - cpu, "wall_seconds": time.monotonic() - began}
            reporter.emit(fields, Result("done", vars(found), totals=totals))
            reporter.advance(done, len(trunk))


def check_fields(fields: Fields) -> CheckFields:
    """The fields, checked; raises `InputError` naming the wrong one."""
    return build_from_dials(CheckFields, fields, "check")


runner = CheckRunner()
