"""Trains the branches of one trunk: the runner of every sweep over a family of nets."""

from __future__ import annotations

from collections.abc import Sequence

from lab.runners.training.fields import TrainingRunner, check_fields
from lab.runners.training.trunks import Trunk
from lab.runs.runner import Cost, Fields, Reporter


class TrainRunner(TrainingRunner):
    """Trunk and branches on one thread; see `lab.training.loop`."""

    def estimate(self, trunk: Sequence[Fields], flops_per_second: float) -> Cost:
        """The trunk to its last branch point once, and every cooldown."""
        return _open_trunk(trunk).estimate(flops_per_second)

    def run(self, trunk: Sequence[Fields], reporter: Reporter) -> None:
        """Trains the trunk and emits a result for each as soon as it is cooled."""
        _open_trunk(trunk).run(reporter)


runner = TrainRunner()


def _open_trunk(trunk: Sequence[Fields]) -> Trunk:
    return Trunk(trunk, [check_fields(fields) for fields in trunk])
