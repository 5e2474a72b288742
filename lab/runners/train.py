"""Trains the branches of one trunk: the runner of every sweep over a family of nets."""

from __future__ import annotations

import time
from collections.abc import Sequence

from lab.runners.training.fields import (
    BYTES_PER_PARAMETER,
    BYTES_PER_RUN,
    EVALUATION_SHARE,
    TrainFields,
    TrainingRunner,
    check_fields,
)
from lab.runs.runner import Cost, Fields, Reporter, Result


class TrainRunner(TrainingRunner):
    """Trunk and branches on one thread; see `lab.training.loop`."""

    def estimate(self, trunk: Sequence[Fields], flops_per_second: float) -> Cost:
        """The trunk to its last branch point once, and every cooldown."""
        checked = [check_fields(fields) for fields in trunk]
        share = checked[0].cooldown
        horizons = _list_horizons(checked)
        tokens = max(horizons) * (1 - share) + sum(horizon * share for horizon in horizons)
        flops = tokens * checked[0].flops_per_token
        parameters = sum(checked[0].net_family.count_parameters(checked[0].shape).values())
        disk = (BYTES_PER_RUN + BYTES_PER_PARAMETER * parameters) * len(trunk)
        return Cost(flops, EVALUATION_SHARE * flops / flops_per_second, disk)

    def run(self, trunk: Sequence[Fields], reporter: Reporter) -> None:
        """Trains the trunk and emits a result for each as soon as it is cooled."""
        from lab.training.arithmetic import settle_arithmetic
        from lab.training.checkpoint import Keeper
        from lab.training.loop import Task, train_trunk
        from lab.training.schedule import Schedule

        by_horizon = {int(fields["tokens"]): fields for fields in trunk}
        checked = [check_fields(fields) for fields in trunk]
        first = checked[0]
        schedule = Schedule(*first.schedule)
        task = Task(schedule=schedule, **first.task)
        branches = {h: schedule.find_branch(h) * first.batch_tokens for h in _list_horizons(checked)}
        total = max(branches.values()) + sum(h - begin for h, begin in branches.items())
        done = 0.0

        def advance(tokens: float) -> None:
            nonlocal done
            done += tokens
            reporter.advance(done, total)

        began = time.monotonic()
        with settle_arithmetic():
            for end in train_trunk(task, list(by_horizon), advance, Keeper(reporter.checkpoint, reporter.note)):
                status, reason = "done", ""
                if end.diverged_at is not None:
                    status, reason = "diverged", f"diverged at step {end.diverged_at}"
                elif end.stopped:
                    status, reason = "stopped", end.stopped
                reporter.emit(
                    by_horizon[end.horizon],
                    Result(
                        status=status,
                        metrics=end.metrics,
                        curve=dict(end.curve.points),
                        arrays=end.arrays,
                        timings={"cpu_seconds": end.curve.cpu_seconds},
                        totals={"cpu_seconds": end.cpu_seconds, "wall_seconds": time.monotonic() - began},
                        error=reason,
                        weights=end.weights,
                    ),
                )


def _list_horizons(trunk: Sequence[TrainFields]) -> list[int]:
    """The horizons (tokens) that a trunk is cooled for: those asked for, and that of its stop rule on the way there."""
    asked, stop = {fields.tokens for fields in trunk}, trunk[0].stop
    return sorted(asked | {int(stop["tokens"])} if stop and stop["tokens"] < max(asked) else asked)


runner = TrainRunner()
