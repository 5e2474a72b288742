"""Trains nets on a fact world as `train` does and examines each when it is cooled: what it knows, and how surely."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from lab.core.errors import InputError
from lab.data.fact_world import FactWorld
from lab.runners.training.fields import TrainFields
from lab.runners.training.looking import LookingRunner
from lab.runners.training.trunks import Trunk
from lab.runs.runner import Cost, Fields, Reporter

if TYPE_CHECKING:
    from lab.training.loop import Endpoint

LONGEST = 18  # tokens of a document: a choice behind a note
PAPERS = 7  # about as many readings of `questions`


@dataclass(frozen=True)
class ExamDials:
    """How much a net is asked: `questions` of every paper; `shots`: examples before some of them."""

    questions: int = 2000
    shots: int = 4

    def __post_init__(self) -> None:
        rules = (
            ("questions", 64 <= self.questions <= 100_000, "lies in 64 … 100000"),
            ("shots", 1 <= self.shots <= 64, "lies in 1 … 64"),
        )
        for name, holds, rule in rules:
            if not holds:
                raise InputError(f"examine.{name}", getattr(self, name), rule)


class ExamineRunner(LookingRunner[ExamDials]):
    """The fields are those of a training run on a fact world, and those of `ExamDials`."""

    dials, subject = ExamDials, "examine"

    def demand(self, dials: ExamDials, checked: TrainFields) -> None:
        """Facts, and a window that holds the examples."""
        if not isinstance(checked.data_source, FactWorld):
            raise InputError("examine.source", checked.source, "is a fact world, whose answers are known")
        needed = (dials.shots + 1) * (LONGEST - 4)
        if checked.window < needed:
            rule = f"holds {dials.shots} examples and a question: at least {needed} tokens"
            raise InputError("examine.window", checked.window, rule, "a longer window, or fewer shots")

    def estimate(self, trunk: Sequence[Fields], flops_per_second: float) -> Cost:
        """The training, and the questions at every horizon."""
        every = [self.check(fields) for fields in trunk]
        cost = Trunk(trunk, every).estimate(flops_per_second)
        read = sum(dials.questions * (PAPERS + dials.shots) * LONGEST for dials, _ in map(self.split, trunk))
        flops = read * every[0].flops_per_token / 3
        return Cost(cost.flops + flops, cost.cpu_seconds + flops / flops_per_second, cost.disk_bytes)

    def run(self, trunk: Sequence[Fields], reporter: Reporter) -> None:
        """Trains the trunk, examines every cooled net and emits its result."""
        from lab.training.examination import examine_weights

        asked = {int(fields["tokens"]): self.split(fields)[0] for fields in trunk}

        def look(own: TrainFields, end: Endpoint) -> Mapping[str, float]:
            source = own.data_source
            assert isinstance(source, FactWorld)
            return examine_weights(
                end.weights, own.net_family, source, own.shape, own.seed, **asdict(asked[own.tokens])
            )

        Trunk(trunk, [self.check(fields) for fields in trunk]).run(reporter, look)


runner = ExamineRunner()
