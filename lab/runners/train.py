"""Trains the branches of one trunk: the runner of every sweep over a family of nets."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from lab.core.dials import build_from_dials, changed_dials
from lab.core.errors import InputError
from lab.data import Source
from lab.families import Family, Shape
from lab.runs.runner import Cost, Fields, Reporter, Result, Runner, Scalar
from lab.runs.spec import build_entry, identify_instance

BYTES_PER_RUN = 40_000  # of a stored run: curve, calibration cells, specification
EVALUATION_SHARE = 1.12  # evaluation along the curve and at the end, over training alone
FEWEST_STEPS = 10


@dataclass(frozen=True)
class TrainFields:
    """The fields of a training run.

    `family` and `source`: tables with a `name` and dials. `tokens`: the horizon, a multiple of `batch_tokens`.
    `learning_rate`: at the plateau. `warmup_tokens`: common to all horizons. `cooldown`: share of the horizon in which
    the rate falls to zero. `evaluation_tokens`: held-out tokens of a cooled endpoint.
    `clip_norm`: largest norm of the gradient over all parameters; 0 clips nothing.
    """

    family: dict[str, Any]
    source: dict[str, Any]
    tokens: int
    learning_rate: float
    optimizer: Literal["adamw", "muon"] = "adamw"
    seed: int = 0
    batch_tokens: int = 2048
    window: int = 128
    warmup_tokens: int = 40_960
    cooldown: float = 0.2
    evaluation_tokens: int = 131_072
    clip_norm: float = 1.0
    precision: Literal["float32"] = "float32"
    device: Literal["cpu", "cuda"] = "cpu"

    def __post_init__(self) -> None:
        rules = (
            ("learning_rate", self.learning_rate > 0, "must be positive"),
            ("seed", self.seed >= 0, "must not be negative"),
            ("window", self.window >= 2, "must be at least 2"),
            ("batch_tokens", self.batch_tokens % self.window == 0, f"must be a multiple of the window ({self.window})"),
            (
                "tokens",
                self.tokens % self.batch_tokens == 0 and self.tokens >= FEWEST_STEPS * self.batch_tokens,
                f"must be a multiple of batch_tokens ({self.batch_tokens}), at least {FEWEST_STEPS} of them",
            ),
            ("warmup_tokens", self.warmup_tokens >= 0, "must not be negative"),
            ("cooldown", 0 < self.cooldown <= 1, "must lie in (0, 1]"),
            ("evaluation_tokens", self.evaluation_tokens >= 32 * self.window, "must hold at least 32 windows"),
        )
        for name, holds, rule in rules:
            if not holds:
                raise InputError(f"train.{name}", getattr(self, name), rule)

    @cached_property
    def net_family(self) -> Family:
        """The family with its dials set."""
        family: Family = build_entry("families", self.family)
        return family

    @cached_property
    def data_source(self) -> Source:
        """The source with its dials set."""
        source: Source = build_entry("data", self.source)
        return source

    @property
    def shape(self) -> Shape:
        """What the data demand of the net."""
        return Shape(self.data_source.vocabulary, self.window)

    @property
    def flops_per_token(self) -> float:
        """Training FLOP per token: three forward passes' worth (forward, gradient to input, gradient to weight)."""
        return 3 * self.net_family.count_forward_flops(self.shape) / self.window


class TrainRunner(Runner):
    """Trunk and branches on one thread; see `lab.training.loop`."""

    horizon = "tokens"

    def identify(self, fields: Fields) -> dict[str, Any]:
        """Dials that differ from their default, entries with version or file hash, the content hash of the data."""
        checked = _check_fields(fields)
        identity = changed_dials(checked)
        for shelf, name, entry in (("families", "family", checked.net_family), ("data", "source", checked.data_source)):
            identity[name] = identify_instance(shelf, identity[name], entry)
        identity["source"]["content"] = checked.data_source.content_hash()
        return identity

    def describe(self, fields: Fields) -> dict[str, Scalar]:
        """Everything known of a run before it runs."""
        checked = _check_fields(fields)
        family, source, tokens = checked.net_family, checked.data_source, checked.tokens
        counts = family.count_parameters(checked.shape)
        return {
            "family": checked.family["name"],
            "source": checked.source["name"],
            "optimizer": checked.optimizer,
            "seed": checked.seed,
            "size": family.size,
            "params_total": sum(counts.values()),
            "params_body": counts["body"],
            "params_embedding": counts["embedding"],
            "params_readout": counts["readout"],
            "params_active": family.count_active(checked.shape),
            "tokens": tokens,
            "unique_tokens": source.count_unique(tokens, checked.window),
            "flops": checked.flops_per_token * tokens,
            "flops_6nd": 6.0 * counts["body"] * tokens,
            "learning_rate": checked.learning_rate,
            "batch_tokens": checked.batch_tokens,
            "window": checked.window,
            "entropy_rate": source.entropy_rate,
        }

    def estimate(self, trunk: Sequence[Fields], flops_per_second: float) -> Cost:
        """The trunk to its last branch point once, and every cooldown."""
        checked = [_check_fields(fields) for fields in trunk]
        plateau = max(c.tokens * (1 - c.cooldown) for c in checked)
        tokens = plateau + sum(c.tokens * c.cooldown for c in checked)
        flops = tokens * checked[0].flops_per_token
        return Cost(flops, EVALUATION_SHARE * flops / flops_per_second, BYTES_PER_RUN * len(trunk))

    def run(self, trunk: Sequence[Fields], reporter: Reporter) -> None:
        """Trains the trunk and emits a result for each as soon as it is cooled."""
        from lab.training.arithmetic import settle_arithmetic
        from lab.training.loop import Task, train_trunk
        from lab.training.schedule import Schedule

        by_horizon = {int(fields["tokens"]): fields for fields in trunk}
        first = _check_fields(trunk[0])
        schedule = Schedule(first.batch_tokens, first.warmup_tokens, first.cooldown)
        task = Task(
            first.net_family,
            first.data_source,
            schedule,
            first.optimizer,
            first.learning_rate,
            first.seed,
            first.window,
            first.evaluation_tokens,
            first.clip_norm,
            first.device,
        )
        branches = {h: schedule.find_branch(h) * first.batch_tokens for h in by_horizon}
        total = max(branches.values()) + sum(h - branches[h] for h in by_horizon)
        done = 0.0

        def advance(tokens: float) -> None:
            nonlocal done
            done += tokens
            reporter.advance(done, total)

        began = time.monotonic()
        with settle_arithmetic():
            for end in train_trunk(task, list(by_horizon), advance):
                diverged = end.diverged_at is not None
                reporter.emit(
                    by_horizon[end.horizon],
                    Result(
                        status="diverged" if diverged else "done",
                        metrics=end.metrics,
                        curve=dict(end.curve.points),
                        arrays=end.arrays,
                        timings={"cpu_seconds": end.curve.cpu_seconds},
                        totals={"cpu_seconds": end.cpu_seconds, "wall_seconds": time.monotonic() - began},
                        error=f"diverged at step {end.diverged_at}" if diverged else "",
                    ),
                )


runner = TrainRunner()


def _check_fields(fields: Fields) -> TrainFields:
    return build_from_dials(TrainFields, fields, "train")
