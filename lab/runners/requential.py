"""Trains a teacher on the data and a student on its samples: the student's requential length, in bits.

It is the least rate of relative entropy coding: a code reaches it up to log2(KL + 1) + O(1) bits a block.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from lab.runners.training.fields import BYTES_PER_RUN, EVALUATION_SHARE, TrainingRunner, check_fields
from lab.runs.runner import Cost, Fields, Reporter, Result


class RequentialRunner(TrainingRunner):
    """The fields are those of a training run; both nets are of its family and learn at its rate, without cooling.

    The run is the student's: `loss_nats` is its held-out loss, beside `teacher_loss_nats`; `online_bits` is the
    teacher's prequential length, whose area above its loss is the other estimate of the same thing.
    """

    version = 2  # a window begins as the samples before it do, no longer with a token drawn uniformly

    def estimate(self, trunk: Sequence[Fields], flops_per_second: float) -> Cost:
        """Two trainings, two passes for the divergence, and the sampling, whose many small steps cost as much again."""
        every = [check_fields(fields, "requential") for fields in trunk]
        passes = 2 * (3 + 3 + 2)
        flops = sum(fields.tokens for fields in every) * every[0].flops_per_token / 3 * passes
        return Cost(flops, EVALUATION_SHARE * flops / flops_per_second, BYTES_PER_RUN * len(trunk))

    def run(self, trunk: Sequence[Fields], reporter: Reporter) -> None:
        """Trains both to every horizon, from the start each time, and emits each result."""
        from lab.training.arithmetic import settle_arithmetic
        from lab.training.loop import DivergedError, Task
        from lab.training.requential import teach
        from lab.training.schedule import Schedule

        total, done = sum(check_fields(fields, "requential").tokens for fields in trunk), 0.0

        def advance(tokens: float) -> None:
            nonlocal done
            done += tokens
            reporter.advance(done, total)

        for given in trunk:
            fields, began = check_fields(given, "requential"), time.monotonic()
            task = Task(schedule=Schedule(*fields.schedule), **fields.task)
            try:
                with settle_arithmetic():
                    lesson = teach(task, fields.tokens // fields.batch_tokens, advance)
            except DivergedError as error:
                reporter.emit(given, Result(status="diverged", error=str(error)))
                continue
            totals = {"cpu_seconds": lesson.cpu_seconds, "wall_seconds": time.monotonic() - began}
            timings = {"cpu_seconds": lesson.curve.cpu_seconds}
            reporter.emit(
                given, Result("done", lesson.metrics, dict(lesson.curve.points), timings=timings, totals=totals)
            )


runner = RequentialRunner()
