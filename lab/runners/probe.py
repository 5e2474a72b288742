"""Trains nets of text as `train` does and probes each when it is cooled: what it writes, and what its units know."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.core.errors import InputError
from lab.data.texts import TextSource
from lab.data.texts.syntax import PROMPT
from lab.runners.training.fields import TrainFields
from lab.runners.training.looking import LookingRunner
from lab.runners.training.trunks import Trunk
from lab.runs.runner import Cost, Fields, Reporter

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


class ProbeRunner(LookingRunner[ProbeDials]):
    """The fields are those of a training run on bytes of text, and those of `ProbeDials`."""

    dials, subject = ProbeDials, "probe"

    def demand(self, dials: ProbeDials, checked: TrainFields) -> None:
        """Bytes of text."""
        source = checked.data_source
        if not isinstance(source, TextSource) or source.tokenizer != "bytes":
            raise InputError("probe.source", checked.source, "is bytes of text: its samples are read as Python")

    def estimate(self, trunk: Sequence[Fields], flops_per_second: float) -> Cost:
        """The training, and at every horizon the samples, each byte of which the net reads about twice."""
        every = [self.check(fields) for fields in trunk]
        cost = Trunk(trunk, every).estimate(flops_per_second)
        read = sum(self.split(fields)[0].samples * self.split(fields)[0].length for fields in trunk)
        flops = 2 * read * every[0].flops_per_token / 3
        seconds = flops / flops_per_second + SECONDS_PER_CHOICE * read + SECONDS_BESIDE * len(trunk)
        return Cost(cost.flops + flops, cost.cpu_seconds + seconds, cost.disk_bytes)

    def run(self, trunk: Sequence[Fields], reporter: Reporter) -> None:
        """Trains the trunk, probes every cooled net and emits its result."""
        from lab.training.probing import probe_weights

        asked = {int(fields["tokens"]): self.split(fields)[0] for fields in trunk}

        def look(fields: TrainFields, end: Endpoint) -> Mapping[str, float]:
            source, dials = fields.data_source, asked[fields.tokens]
            assert isinstance(source, TextSource)
            task = fields.net_family, source, fields.shape, fields.tokens, fields.seed
            return probe_weights(end.weights, *task, **dataclasses.asdict(dials))

        Trunk(trunk, [self.check(fields) for fields in trunk]).run(reporter, look)


runner = ProbeRunner()
