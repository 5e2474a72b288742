"""Trains a net on one source and then, from those weights, on others: what each keeps of what it learned."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lab.core.errors import InputError
from lab.families import Shape
from lab.runners.training.fields import EVALUATION_SHARE, TrainFields, TrainingRunner, check_fields
from lab.runners.training.trunks import Trunk
from lab.runs.runner import Cost, Fields, Reporter, Result, Scalar
from lab.runs.spec import RunSpec

OF_THE_PARENT = (
    "source", "tokens", "learning_rate", "optimizer", "batch_tokens", "warmup_tokens", "cooldown", "evaluation_tokens",
    "clip_norm",
)  # fmt: skip
BYTES_PER_RUN = 30_000


@dataclass(frozen=True)
class Descent:
    """The training on the target, `own`, in a vocabulary of the parent's size, and that of the `parent`."""

    own: TrainFields
    parent: TrainFields
    own_fields: Fields
    parent_fields: Fields
    offset: int

    @property
    def parent_key(self) -> str:
        """The key of the parent's training."""
        return RunSpec("train", self.parent_fields).key

    @property
    def shape(self) -> Shape:
        """Of the net, which is the parent's."""
        return self.parent.shape

    @property
    def flops(self) -> float:
        """Of the training on the target."""
        return self.own.net_family.count_training_flops(self.shape) / self.own.window * self.own.tokens


class TransferRunner(TrainingRunner):
    """The fields are those of a training run on the target, `parent` and `offset`.

    `parent` is a table of what was different in the training of the net that it begins with: its source, tokens and
    rate, say; all else is common to both. `offset`: what is added to the target's tokens, so that they are some that
    the parent has seen. The row is that of the training on the target, with `upstream_nats`, the parent's loss,
    `before_nats`, the loss on the target before it, and `scratch_nats`, that of the same training from the seed's first
    weights. All targets of one parent are one trunk.
    """

    horizon = "source"

    def identify(self, fields: Fields) -> dict[str, Any]:
        """That of the training run on the target, the parent's key and the offset."""
        descent = _check(fields)
        moved = {"offset": descent.offset} if descent.offset else {}
        return {**super().identify(descent.own_fields), "parent": descent.parent_key, **moved}

    def describe(self, fields: Fields) -> dict[str, Scalar]:
        """That of the training run on the target, with the parameters of the parent, its key, source and tokens."""
        descent = _check(fields)
        parent = super().describe(descent.parent_fields)
        body = parent["params_body"]
        assert isinstance(body, int)
        return {
            **super().describe(descent.own_fields),
            **{name: value for name, value in parent.items() if name.startswith("params_")},
            "flops": descent.flops,
            "flops_6nd": 6.0 * body * descent.own.tokens,
            "parent": descent.parent_key,
            "upstream": parent["source"],
            "upstream_tokens": parent["tokens"],
        }

    def estimate(self, trunk: Sequence[Fields], flops_per_second: float) -> Cost:
        """The parent once, and for every target two trainings."""
        every = [_check(fields) for fields in trunk]
        parent = Trunk(trunk[:1], [every[0].parent]).estimate(flops_per_second)
        flops = sum(2 * descent.flops for descent in every)
        seconds = 2 * EVALUATION_SHARE * flops / flops_per_second  # short runs are evaluated as often as long ones
        return Cost(parent.flops + flops, parent.cpu_seconds + seconds, BYTES_PER_RUN * len(every))

    def run(self, trunk: Sequence[Fields], reporter: Reporter) -> None:
        """Trains the parent, then on every target from its weights and from the first ones, and emits each."""
        from lab.training.arithmetic import settle_arithmetic
        from lab.training.checkpoint import Keeper
        from lab.training.loop import Task, train_trunk
        from lab.training.schedule import Schedule
        from lab.training.transfer import WiderSource, transfer

        every = [_check(fields) for fields in trunk]
        parent, done = every[0].parent, 0.0
        total = parent.tokens + sum(2 * descent.own.tokens for descent in every)

        def advance(tokens: float) -> None:
            nonlocal done
            done += tokens
            reporter.advance(done, total)

        began = time.monotonic()
        with settle_arithmetic():
            task = Task(schedule=Schedule(*parent.schedule), **parent.task)
            (first,) = train_trunk(task, [parent.tokens], advance, Keeper(reporter.checkpoint, reporter.note))
            for given, descent in zip(trunk, every, strict=True):
                if first.diverged_at is not None:
                    reporter.emit(given, Result("diverged", error=f"parent diverged at step {first.diverged_at}"))
                    continue
                own = descent.own
                source = WiderSource(own.data_source, descent.shape.vocabulary, descent.offset)
                target = replace(Task(schedule=Schedule(*own.schedule), **own.task), source=source)
                end, beside = transfer(target, first.weights, own.tokens, advance)
                totals = {"cpu_seconds": end.cpu_seconds, "wall_seconds": time.monotonic() - began}
                if end.diverged_at is not None:
                    reporter.emit(given, Result("diverged", totals=totals, error=f"diverged at step {end.diverged_at}"))
                    continue
                metrics = {**end.metrics, **beside, "upstream_nats": first.metrics["loss_nats"]}
                timings = {"cpu_seconds": end.curve.cpu_seconds}
                reporter.emit(given, Result("done", metrics, dict(end.curve.points), end.arrays, timings, totals))


runner = TransferRunner()


def _check(given: Mapping[str, Any]) -> Descent:
    """All fields checked; raises `InputError` naming the wrong one."""
    rest = {name: value for name, value in given.items() if name not in ("parent", "offset")}
    table, offset = given.get("parent", {}), given.get("offset", 0)
    if not isinstance(table, Mapping) or not {"source", "tokens"} <= table.keys() <= set(OF_THE_PARENT):
        rule = f"a table of the parent's source and tokens, and what else differs of {', '.join(OF_THE_PARENT[2:])}"
        raise InputError("transfer.parent", table, rule)
    parent_fields = {**rest, **table}
    own, parent = check_fields(rest, "transfer"), check_fields(parent_fields, "transfer.parent")
    room, needed = parent.data_source.vocabulary, own.data_source.vocabulary
    if type(offset) is not int or offset < 0 or needed + offset > room:
        rule = f"the target's {needed} tokens and the offset fit in the parent's {room}"
        raise InputError("transfer.offset", offset, rule)
    return Descent(own, parent, rest, parent_fields, offset)
