"""What a runner is: it turns the fields of one trunk's runs into results, and says beforehand what they cost.

Runners stand on their own shelf (`lab/runners/`); their files import torch only inside `run`, so that planning,
listing and keys never load it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from lab.runs.checkpoint import Checkpoint

if TYPE_CHECKING:
    import numpy as np

Scalar = float | int | str | None
Fields = Mapping[str, Any]
"""The literals that say what a run is; nested tables are allowed."""


@dataclass(frozen=True)
class Cost:
    """What a run is expected to cost: FLOP, CPU seconds on one core of this machine, bytes on disk."""

    flops: float
    cpu_seconds: float
    disk_bytes: float


@dataclass(frozen=True)
class Result:
    """What a run gave. `metrics` and the keys of `curve` are names of `lab.core.columns`.

    `curve` and `timings` are columns of equal length (a point per evaluation); `timings` and `totals` hold CPU and wall
    seconds, kept apart because they are provenance: `result_hash` covers metrics, curve and arrays only, so that the
    same specification gives the same hash on any day. `weights` of a net, by parameter name, are kept beside the store
    and belong to no record: whoever has the specification can have them again.
    """

    status: str
    metrics: Mapping[str, Scalar] = field(default_factory=dict)
    curve: Mapping[str, Sequence[float | None]] = field(default_factory=dict)
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)
    timings: Mapping[str, Sequence[float]] = field(default_factory=dict)
    totals: Mapping[str, float] = field(default_factory=dict)
    error: str = ""
    weights: Mapping[str, np.ndarray] = field(default_factory=dict)


class Reporter(Protocol):
    """Where a runner reports: finished runs at once (they are then safe), and how far it is.

    `checkpoint` is where it may keep its state meanwhile, None where nothing is to be kept.
    """

    checkpoint: Checkpoint | None

    def emit(self, fields: Fields, result: Result) -> None:
        """Hand over one finished run, by its fields. Once this returns, a crash cannot lose it."""

    def advance(self, done: float, total: float) -> None:
        """Say how much of the job's work (in a unit of the runner's own, e.g. tokens) is done."""

    def note(self, text: str) -> None:
        """Say something about how the runs came about: it goes into the provenance of those emitted afterwards."""


class Listener:
    """A reporter that keeps what it is handed, in memory, in the order it came."""

    checkpoint: Checkpoint | None = None

    def __init__(self) -> None:
        self.results: list[tuple[Fields, Result]] = []
        self.notes: list[str] = []

    def emit(self, fields: Fields, result: Result) -> None:
        """Keeps it."""
        self.results.append((fields, result))

    def advance(self, done: float, total: float) -> None:
        """Nobody watches."""

    def note(self, text: str) -> None:
        """Keeps it."""
        self.notes.append(text)


class Runner(ABC):
    """A kind of run. `horizon` names the field that branches of one trunk differ in ('' where there are none).

    `version` is raised when the same fields come to mean other numbers, by whatever the runner calls; keys change then.
    """

    version: ClassVar[int] = 1
    horizon: ClassVar[str] = ""
    columns: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def identify(self, fields: Fields) -> dict[str, Any]:
        """The identity of checked fields; raises `InputError` naming the wrong one."""

    @abstractmethod
    def describe(self, fields: Fields) -> dict[str, Scalar]:
        """The columns known before running: family, source, size, parameter counts, tokens, flops, learning rate …"""

    @abstractmethod
    def estimate(self, trunk: Sequence[Fields], flops_per_second: float) -> Cost:
        """What the runs of one trunk cost together, shared work counted once."""

    @abstractmethod
    def run(self, trunk: Sequence[Fields], reporter: Reporter) -> None:
        """Run all branches of one trunk and emit a result for each."""
