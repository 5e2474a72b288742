"""Checkpoints of a trunk: from one that was killed, training goes on to the very numbers it would have given.

A checkpoint holds what a step changes (net, optimizers, step, curve, code length, torch's generators) of the trunk and,
while a branch is cooled, of the branch too. Data need no state: batches are asked for by index.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol

import torch

from lab.core.errors import LabError, TimeLimitError

FORMAT = 1
SECONDS_BETWEEN = 60.0  # of training, from one checkpoint to the next
SECONDS_WORTH = 5.0  # of training, less than which is not worth a checkpoint at a branch point


class CheckpointFile(Protocol):
    """Where a trunk's checkpoint stands, and until when the trunk may train.

    `origin`: the code and the machine that its numbers come from; others would go on to other numbers.
    """

    path: Path
    trunk_key: str
    limit_seconds: float
    origin: Mapping[str, str]

    def replace(self) -> AbstractContextManager[IO[bytes]]:
        """A file to write to, which takes the old one's place when it is whole and durable."""

    def is_late(self) -> bool:
        """Whether the limit is reached."""

    def drop(self) -> None:
        """Removes it."""


@dataclass(frozen=True)
class Position:
    """Where a trunk is: its own state, and that of the branch of `horizon` that is being cooled (None: none is)."""

    trunk: dict[str, Any]
    horizon: int | None = None
    branch: dict[str, Any] | None = None


class _UnfitError(Exception):
    """Why a checkpoint cannot be gone on from."""


class Keeper:
    """Keeps a trunk's position in its file; without a file (a run in a notebook or a test) it keeps nothing."""

    def __init__(self, file: CheckpointFile | None = None, note: Callable[[str], None] = lambda text: None) -> None:
        self._file, self._note, self._saved_at = file, note, time.monotonic()
        self._in_trouble = False

    def watch(self, find: Callable[[], Position], at_branch: bool = False) -> None:
        """Called after every step, and where a branch leaves the trunk: saves the position when that is due.

        Raises `TimeLimitError`, the position saved, when the trunk's time is over. A position that cannot be written
        is noted, and raises only then.
        """
        if self._file is None:
            return
        late = self._file.is_late()
        if late or time.monotonic() - self._saved_at >= (SECONDS_WORTH if at_branch else SECONDS_BETWEEN):
            try:
                self._save(self._file, find())
            except LabError as error:
                if late:
                    raise
                self._tell_trouble(error)
            self._saved_at = time.monotonic()
        if late:
            position = find()
            raise TimeLimitError(
                "run",
                None,
                f"stopped at its limit of {self._file.limit_seconds / 60:g} minutes, {_tell_place(position)}",
                "the same command, best with more `--minutes`, goes on from there",
            )

    def load(self, latest_step: int) -> Position | None:
        """The position that was kept, if the trunk had not gone beyond `latest_step`.

        A checkpoint that is damaged, of another trunk, format, torch, code or machine, or too far on is left aside with
        a note.
        """
        if self._file is None or not self._file.path.exists():
            return None
        try:
            position = self._read(self._file, latest_step)
        except _UnfitError as error:
            self._note(f"a checkpoint was left aside: {error}")
            return None
        self._note(f"went on from a checkpoint, {_tell_place(position)}")
        return position

    def drop(self) -> None:
        """Forgets the position of a trunk that is done."""
        if self._file is not None:
            self._file.drop()

    def _save(self, file: CheckpointFile, position: Position) -> None:
        content = io.BytesIO()  # torch hides the file system's errors behind its own
        torch.save({"head": self._make_head(file), **vars(position)}, content)
        with file.replace() as stream:
            stream.write(content.getbuffer())

    def _tell_trouble(self, error: LabError) -> None:
        if not self._in_trouble:
            self._note(f"a checkpoint could not be kept: {error}")
        self._in_trouble = True

    def _read(self, file: CheckpointFile, latest_step: int) -> Position:
        try:
            state = torch.load(file.path, map_location="cpu", weights_only=True)
            head = state.pop("head")
            position = Position(**state)
            step = position.trunk["step"]
        except Exception as error:  # a damaged file makes torch raise what it likes; the trunk then starts anew
            raise _UnfitError(f"it is damaged ({str(error).partition(chr(10))[0]})") from error
        ours = self._make_head(file)
        if other := [name for name in ours if head.get(name) != ours[name]]:
            raise _UnfitError(f"its {other[0]} is {head.get(other[0])!r}, ours {ours[other[0]]!r}")
        if step > latest_step:
            raise _UnfitError(f"its trunk is at step {step}, and a branch leaves at step {latest_step}")
        return position

    @staticmethod
    def _make_head(file: CheckpointFile) -> dict[str, Any]:
        return {"format": FORMAT, "trunk": file.trunk_key, "torch": str(torch.__version__), **file.origin}


def read_generators(device: str) -> dict[str, torch.Tensor]:
    """The state of torch's generators that a run on `device` draws from."""
    states = {"cpu": torch.get_rng_state()}
    return {**states, "cuda": torch.cuda.get_rng_state()} if device == "cuda" else states


def set_generators(states: dict[str, torch.Tensor]) -> None:
    """Returns torch's generators to what `read_generators` gave."""
    torch.set_rng_state(states["cpu"])
    if "cuda" in states:
        torch.cuda.set_rng_state(states["cuda"])


def _tell_place(position: Position) -> str:
    if position.branch is None:
        return f"the trunk at step {position.trunk['step']}"
    return f"the branch of {position.horizon} tokens at step {position.branch['step']}"
