"""One trunk and its branches, trained and reported: what `train` is, and what a runner that looks at every cooled net
adds to.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.runners.training.fields import BYTES_PER_PARAMETER, BYTES_PER_RUN, EVALUATION_SHARE, TrainFields
from lab.runs.runner import Cost, Fields, Reporter, Result

if TYPE_CHECKING:
    from lab.training.loop import Endpoint


Look = Callable[[TrainFields, "Endpoint"], Mapping[str, float]]
"""What was seen of a cooled net besides its evaluation: columns of the run."""


def look_nowhere(fields: TrainFields, end: Endpoint) -> Mapping[str, float]:
    """Nothing."""
    return {}


@dataclass(frozen=True)
class Trunk:
    """The runs of one trunk: their fields as `given`, and `checked`, the training fields of each."""

    given: Sequence[Fields]
    checked: Sequence[TrainFields]

    @property
    def horizons(self) -> list[int]:
        """What the trunk is cooled for (tokens): the horizons asked for, and that of its stop rule on the way there."""
        asked, stop = {fields.tokens for fields in self.checked}, self.checked[0].stop
        return sorted(asked | {int(stop["tokens"])} if stop and stop["tokens"] < max(asked) else asked)

    def estimate(self, flops_per_second: float) -> Cost:
        """The trunk to its last branch point once, and every cooldown."""
        first, horizons = self.checked[0], self.horizons
        tokens = max(horizons) * (1 - first.cooldown) + sum(horizon * first.cooldown for horizon in horizons)
        flops = tokens * first.flops_per_token
        parameters = sum(first.net_family.count_parameters(first.shape).values())
        disk = (BYTES_PER_RUN + BYTES_PER_PARAMETER * parameters) * len(self.checked)
        return Cost(flops, EVALUATION_SHARE * flops / flops_per_second, disk)

    def run(self, reporter: Reporter, look: Look = look_nowhere) -> None:
        """Trains the trunk and emits a result for each of its runs as soon as it is cooled and looked at.

        What `look` costs is no training time, and nothing it draws changes what is trained after it.
        """
        from lab.training.arithmetic import settle_arithmetic
        from lab.training.checkpoint import Keeper
        from lab.training.loop import Task, train_trunk
        from lab.training.schedule import Schedule

        by_horizon = {own.tokens: (fields, own) for fields, own in zip(self.given, self.checked, strict=True)}
        first = self.checked[0]
        schedule = Schedule(*first.schedule)
        task = Task(schedule=schedule, **first.task)
        branches = {h: schedule.find_branch(h) * first.batch_tokens for h in self.horizons}
        total = max(branches.values()) + sum(h - begin for h, begin in branches.items())
        done = 0.0

        def advance(tokens: float) -> None:
            nonlocal done
            done += tokens
            reporter.advance(done, total)

        began = time.monotonic()
        with settle_arithmetic():
            for end in train_trunk(task, list(by_horizon), advance, Keeper(reporter.checkpoint, reporter.note)):
                status, reason, seen = "done", "", dict[str, float]()
                if end.diverged_at is not None:
                    status, reason = "diverged", f"diverged at step {end.diverged_at}"
                elif end.stopped:
                    status, reason = "stopped", end.stopped
                fields, own = by_horizon[end.horizon]
                if status == "done":
                    seen = dict(look(own, end))
                reporter.emit(
                    fields,
                    Result(
                        status=status,
                        metrics={**end.metrics, **seen},
                        curve=dict(end.curve.points),
                        arrays=end.arrays,
                        timings={"cpu_seconds": end.curve.cpu_seconds},
                        totals={"cpu_seconds": end.cpu_seconds, "wall_seconds": time.monotonic() - began},
                        error=reason,
                        weights=end.weights,
                    ),
                )
