"""What runners that train nets share: the fields of a run, its identity and the columns known before it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from lab.core.dials import build_from_dials, changed_dials
from lab.core.errors import InputError
from lab.data import Source
from lab.families import Family, Shape
from lab.optimizers import Optimizer
from lab.runs.runner import Fields, Runner, Scalar
from lab.runs.spec import build_entry, identify_instance, label_dials, label_entry

BYTES_PER_RUN = 40_000  # of a stored run: curve, calibration cells, specification
BYTES_PER_PARAMETER = 4  # of the weights kept
EVALUATION_SHARE = 1.12  # evaluation along the curve and at the end, over training alone
FEWEST_STEPS = 10
DEFAULT_OPTIMIZER = "adamw"
SETTINGS = ("warmup_tokens", "cooldown", "evaluation_tokens", "clip_norm")  # they change a result and have no column


@dataclass(frozen=True)
class TrainFields:
    """The fields of a training run.

    `family` and `source`: tables with a `name` and dials; `optimizer`: such a table, or a name alone. `tokens`: the
    horizon, a multiple of `batch_tokens`. `learning_rate`: at the plateau. `warmup_tokens`: common to all horizons.
    `cooldown`: share of the horizon in which the rate falls to zero. `evaluation_tokens`: held-out tokens of a cooled
    endpoint. `clip_norm`: largest norm of the gradient over all parameters; 0 clips nothing.
    `precision`: of training's matrix products; weights, optimizers and evaluation stay in float32. `compile`: torch
    compiles the net, which fuses and reorders its sums.
    `stop`: {'tokens': …, 'loss_nats': …}: longer horizons are not trained where the one of that many tokens ends with a
    loss above that; they are then `stopped`. A search may so leave rates that are far behind.
    """

    family: dict[str, Any]
    source: dict[str, Any]
    tokens: int
    learning_rate: float
    optimizer: str | dict[str, Any] = DEFAULT_OPTIMIZER
    seed: int = 0
    batch_tokens: int = 2048
    window: int = 128
    warmup_tokens: int = 40_960
    cooldown: float = 0.2
    evaluation_tokens: int = 131_072
    clip_norm: float = 1.0
    precision: Literal["float32", "bfloat16"] = "float32"
    compile: bool = False
    stop: dict[str, Any] | None = None
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
            ("stop", _is_rule(self.stop, self.batch_tokens), "names tokens, a multiple of batch_tokens, and loss_nats"),
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
    def optimizer_table(self) -> dict[str, Any]:
        """The optimizer's name and dials."""
        return {"name": self.optimizer} if isinstance(self.optimizer, str) else self.optimizer

    @cached_property
    def net_optimizer(self) -> Optimizer:
        """The optimizer with its dials set."""
        optimizer: Optimizer = build_entry("optimizers", self.optimizer_table)
        return optimizer

    @property
    def shape(self) -> Shape:
        """What the data demand of the net."""
        return Shape(self.data_source.vocabulary, self.window)

    @property
    def flops_per_token(self) -> float:
        """Training FLOP per token."""
        return self.net_family.count_training_flops(self.shape) / self.window

    @property
    def schedule(self) -> tuple[int, int, float]:
        """What `lab.training.schedule.Schedule` takes."""
        return self.batch_tokens, self.warmup_tokens, self.cooldown

    @property
    def task(self) -> dict[str, Any]:
        """What `lab.training.loop.Task` takes beside its schedule; no `Task`, as fields are read without torch."""
        return {
            "family": self.net_family,
            "source": self.data_source,
            "optimizer": self.net_optimizer,
            "learning_rate": self.learning_rate,
            "seed": self.seed,
            "window": self.window,
            "evaluation_tokens": self.evaluation_tokens,
            "clip_norm": self.clip_norm,
            "precision": self.precision,
            "compile": self.compile,
            "stop": (int(self.stop["tokens"]), float(self.stop["loss_nats"])) if self.stop else None,
            "device": self.device,
        }


class TrainingRunner(Runner):
    """A runner whose fields are those of a training run; what it trains and what it costs is its own."""

    horizon = "tokens"

    def identify(self, fields: Fields) -> dict[str, Any]:
        """Dials that differ from their default, entries with version or file hash, the content hash of the data."""
        checked = check_fields(fields)
        identity = changed_dials(checked)
        identity.pop("optimizer", None)
        for shelf, name, entry in (("families", "family", checked.net_family), ("data", "source", checked.data_source)):
            identity[name] = identify_instance(shelf, identity[name], entry)
        identity["source"]["content"] = checked.data_source.content_hash()
        return identity | _identify_optimizer(checked)

    def describe(self, fields: Fields) -> dict[str, Scalar]:
        """Everything known of a run before it runs."""
        checked = check_fields(fields)
        family, source, tokens = checked.net_family, checked.data_source, checked.tokens
        counts = family.count_parameters(checked.shape)
        labels = label_dials(family, family.size_dial), label_dials(source)
        changed = changed_dials(checked)
        arithmetic = [f"{name} {changed[name]}" for name in ("precision", "compile", "device") if name in changed]
        return {
            "family": checked.family["name"],
            "dials": "; ".join(filter(None, (*labels, *arithmetic))),
            "settings": ", ".join(f"{name} {changed[name]}" for name in SETTINGS if name in changed),
            "stop_nats": checked.stop["loss_nats"] if checked.stop else None,
            "source": checked.source["name"],
            "optimizer": label_entry(checked.optimizer_table["name"], checked.net_optimizer),
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


def check_fields(fields: Fields, subject: str = "train") -> TrainFields:
    """The fields, checked; raises `InputError` naming the wrong one as `subject`'s."""
    return build_from_dials(TrainFields, fields, subject)


def _is_rule(stop: dict[str, Any] | None, batch_tokens: int) -> bool:
    if stop is None:
        return True
    numbers = stop.keys() == {"tokens", "loss_nats"} and all(type(value) in (int, float) for value in stop.values())
    return numbers and stop["tokens"] > 0 and stop["tokens"] % batch_tokens == 0 and math.isfinite(stop["loss_nats"])


def _identify_optimizer(checked: TrainFields) -> dict[str, Any]:
    """Nothing for the default, the name alone where that says it all: so the keys have been since there are keys."""
    identity = identify_instance("optimizers", checked.optimizer_table, checked.net_optimizer)
    if identity == {"name": DEFAULT_OPTIMIZER}:
        return {}
    return {"optimizer": identity["name"] if len(identity) == 1 else identity}
