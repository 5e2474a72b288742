"""Trains nets of text as `train` does and probes each when it is cooled: what it writes, and what its units know."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from lab.core.dials import build_from_dials, changed_dials
from lab.core.errors import InputError
from lab.data.texts import TextSource
from lab.data.texts.syntax import PROMPT
from lab.runners.training.fields import TrainFields, TrainingRunner, check_fields
from lab.runners.training.trunks import Trunk
from lab.runs.runner import Cost, Fields, Reporter, Scalar
from lab.runs.spec import RunSpec

if TYPE_CHECKING:
    from lab.training.loop import Endpoint

SECONDS_BESIDE = 2.0  # of a probe's labels, chain and ranks
SECONDS_PER_CHOICE = 2e-5  # to draw one token, the net apart


@dataclass(frozen=True)
class ProbeDials:
    """What a net is asked: `samples` texts of `length` bytes, beside those of a chain that reads `order` bytes back;
    and in `windows` held out, whether a string literal is open.
    """

    samples: int = 256
    length: int = 128
    order: int = 4
    windows: int = 256

    def __post_init__(self) -> None:
        least = 2 * len(PROMPT)
        rules = (
            ("samples", 1 <= self.samples <= 4096, "lies in 1 … 4096"),
            ("length", least <= self.length <= 4096, f"lies in {least} … 4096"),
            ("order", 1 <= self.order <= len(PROMPT), f"lies in 1 … {len(PROMPT)}"),
            ("windows", 8 <= self.windows <= 8192, "lies in 8 … 8192"),
        )
        for name, holds, rule in rules:
            if not holds:
                raise InputError(f"probe.{name}", getattr(self, name), rule)


class ProbeRunner(TrainingRunner):
    """The fields are those of a training run and those of `ProbeDials`; `parent` is the key of that training run.

    It is a runner of its own, so that the keys and the numbers of training runs do not depend on being probed. The
    source is bytes of text.
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
        """The training, and at every horizon the samples, each byte of which the net reads about twice."""
        every = [_check(fields) for fields in trunk]
        cost = Trunk(trunk, every).estimate(flops_per_second)
        read = sum(_split(fields)[0].samples * _split(fields)[0].length for fields in trunk)
        flops = 2 * read * every[0].flops_per_token / 3
        seconds = flops / flops_per_second + SECONDS_PER_CHOICE * read + SECONDS_BESIDE * len(trunk)
        return Cost(cost.flops + flops, cost.cpu_seconds + seconds, cost.disk_bytes)

    def run(self, trunk: Sequence[Fields], reporter: Reporter) -> None:
        """Trains the trunk, probes every cooled net and emits its result."""
        from lab.training.probing import probe_weights

        asked = {int(fields["tokens"]): _split(fields)[0] for fields in trunk}

        def look(fields: TrainFields, end: Endpoint) -> Mapping[str, float]:
            source, dials = fields.data_source, asked[fields.tokens]
            assert isinstance(source, TextSource)
            task = fields.net_family, source, fields.shape, fields.tokens, fields.seed
            return probe_weights(end.weights, *task, **dataclasses.asdict(dials))

        Trunk(trunk, [_check(fields) for fields in trunk]).run(reporter, look)


runner = ProbeRunner()


def _split(given: Mapping[str, Any]) -> tuple[ProbeDials, dict[str, Any]]:
    """The dials of the probe, and the fields of the training run."""
    own = {field.name for field in fields(ProbeDials)}
    dials = build_from_dials(ProbeDials, {k: v for k, v in given.items() if k in own}, "probe")
    return dials, {k: v for k, v in given.items() if k not in own}


def _check(given: Mapping[str, Any]) -> TrainFields:
    checked = check_fields(_split(given)[1], "probe")
    source = checked.data_source
    if not isinstance(source, TextSource) or source.tokenizer != "bytes":
        raise InputError("probe.source", checked.source, "is bytes of text: its samples are read as Python")
    return checked
