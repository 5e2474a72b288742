"""Trains a net as `train` does and describes it along the way: weights, activations, predictions, with their nulls."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from lab.complexity.objects import LEVELS
from lab.complexity.quantising import Rule
from lab.core.errors import InputError
from lab.runners.training.fields import EVALUATION_SHARE, TrainFields
from lab.runners.training.looking import LookingRunner
from lab.runs.runner import Cost, Fields, Reporter, Result, Scalar

PORTRAITS = 15  # two an octave of a run's steps, the end and the untrained net
SECONDS_EACH = 0.3
BYTES_PER_RUN = 20_000


@dataclass(frozen=True)
class PortraitDials:
    """How nets are made symbols: `levels` and `rule` of `lab.complexity.quantising`; `windows` held out are read."""

    levels: int = 16
    rule: Rule = "step"
    windows: int = 32


class PortraitRunner(LookingRunner[PortraitDials]):
    """The fields are those of a training run and those of `PortraitDials`. Nothing is cooled."""

    version = 4  # rows and columns alone are tried
    dials, subject = PortraitDials, "portrait"

    def demand(self, dials: PortraitDials, checked: TrainFields) -> None:
        """A vocabulary whose predictions can be described."""
        vocabulary = checked.data_source.vocabulary
        if vocabulary > LEVELS:
            raise InputError(
                "portrait.source", f"{vocabulary} tokens", f"predictions of at most {LEVELS} are described"
            )

    def describe(self, fields: Fields) -> dict[str, Scalar]:
        """That of the training run, with its key, the levels and the rule."""
        dials = self.split(fields)[0]
        return {**super().describe(fields), "levels": dials.levels, "quantising": dials.rule}

    def estimate(self, trunk: Sequence[Fields], flops_per_second: float) -> Cost:
        """The trainings, one after the other, and their portraits."""
        every = [self.check(fields) for fields in trunk]
        flops = sum(fields.tokens * fields.flops_per_token for fields in every)
        seconds = EVALUATION_SHARE * flops / flops_per_second + PORTRAITS * SECONDS_EACH * len(every)
        return Cost(flops, seconds, BYTES_PER_RUN * len(every))

    def run(self, trunk: Sequence[Fields], reporter: Reporter) -> None:
        """Trains to every horizon, from the start each time, and emits each result."""
        from lab.training.arithmetic import settle_arithmetic
        from lab.training.loop import DivergedError, Task
        from lab.training.portrait import watch_training
        from lab.training.schedule import Schedule

        total, done = sum(self.check(fields).tokens for fields in trunk), 0.0

        def advance(tokens: float) -> None:
            nonlocal done
            done += tokens
            reporter.advance(done, total)

        for given in trunk:
            fields, (dials, _), began = self.check(given), self.split(given), time.monotonic()
            task = Task(schedule=Schedule(*fields.schedule), **fields.task)
            steps = fields.tokens // fields.batch_tokens
            try:
                with settle_arithmetic():
                    metrics, curve = watch_training(task, steps, dials.levels, dials.rule, dials.windows, advance)
            except DivergedError as error:
                reporter.emit(given, Result(status="diverged", error=str(error)))
                continue
            totals = {"cpu_seconds": curve.cpu_seconds[-1], "wall_seconds": time.monotonic() - began}
            timings = {"cpu_seconds": curve.cpu_seconds}
            reporter.emit(given, Result("done", metrics, dict(curve.points), timings=timings, totals=totals))


runner = PortraitRunner()
