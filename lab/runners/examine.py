"""Trains nets on a fact world as `train` does and examines each when it is cooled: what it knows, and how surely."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from lab.core.dials import build_from_dials, changed_dials
from lab.core.errors import InputError
from lab.data.fact_world import FactWorld
from lab.runners.training.fields import TrainFields, TrainingRunner, check_fields
from lab.runners.training.trunks import Trunk
from lab.runs.runner import Cost, Fields, Reporter, Scalar
from lab.runs.spec import RunSpec

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


class ExamineRunner(TrainingRunner):
    """The fields are those of a training run and those of `ExamDials`; `parent` is the key of that training run.

    It is a runner of its own, so that the keys and the numbers of training runs do not depend on being examined.
    """

    def identify(self, fields: Fields) -> dict[str, Any]:
        """That of the training run, and the dials that are not at their default."""
        _check(fields)
        dials, rest = _split(fields)
        return {**super().identify(rest), **changed_dials(dials)}

    def describe(self, fields: Fields) -> dict[str, Scalar]:
        """That of the training run, with its key."""
        rest = _split(fields)[1]
        return {**super().describe(rest), "parent": RunSpec("train", rest).key}

    def estimate(self, trunk: Sequence[Fields], flops_per_second: float) -> Cost:
        """The training, and the questions at every horizon."""
        every = [_check(fields) for fields in trunk]
        cost = Trunk(trunk, every).estimate(flops_per_second)
        read = sum(dials.questions * (PAPERS + dials.shots) * LONGEST for dials, _ in map(_split, trunk))
        flops = read * every[0].flops_per_token / 3
        return Cost(cost.flops + flops, cost.cpu_seconds + flops / flops_per_second, cost.disk_bytes)

    def run(self, trunk: Sequence[Fields], reporter: Reporter) -> None:
        """Trains the trunk, examines every cooled net and emits its result."""
        from lab.training.examination import examine_weights

        asked = {int(fields["tokens"]): _split(fields)[0] for fields in trunk}

        def look(own: TrainFields, end: Endpoint) -> Mapping[str, float]:
            source = own.data_source
            assert isinstance(source, FactWorld)
            return examine_weights(
                end.weights, own.net_family, source, own.shape, own.seed, **asdict(asked[own.tokens])
            )

        Trunk(trunk, [_check(fields) for fields in trunk]).run(reporter, look)


runner = ExamineRunner()


def _split(given: Mapping[str, Any]) -> tuple[ExamDials, dict[str, Any]]:
    """The dials of the examination, and the fields of the training run."""
    own = {field.name for field in fields(ExamDials)}
    dials = build_from_dials(ExamDials, {k: v for k, v in given.items() if k in own}, "examine")
    return dials, {k: v for k, v in given.items() if k not in own}


def _check(given: Mapping[str, Any]) -> TrainFields:
    dials, rest = _split(given)
    checked = check_fields(rest, "examine")
    if not isinstance(checked.data_source, FactWorld):
        raise InputError("examine.source", checked.source, "is a fact world, whose answers are known")
    needed = (dials.shots + 1) * (LONGEST - 4)
    if checked.window < needed:
        rule = f"holds {dials.shots} examples and a question: at least {needed} tokens"
        raise InputError("examine.window", checked.window, rule, "a longer window, or fewer shots")
    return checked
