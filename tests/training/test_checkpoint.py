"""A trunk that was interrupted anywhere goes on to the bits it would have given."""

from __future__ import annotations

import contextlib
import errno
import io
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import numpy as np
import pytest
import torch

from lab.core.errors import LabError, TimeLimitError
from lab.runs.checkpoint import Checkpoint
from lab.runs.folders import explain_trouble
from lab.training import checkpoint
from lab.training.checkpoint import Keeper
from lab.training.loop import Endpoint, Task, train_trunk
from tests.training.test_loop import HORIZONS, make_task, train

STEPS = 15 + 5 + 15 + 10  # of the trunk to the first branch, its cooldown, on to the second branch, its cooldown


class InterruptedError(Exception):
    """What stands for a kill here; tests/runs/test_resuming.py kills for real."""


@pytest.fixture(autouse=True)
def always_due(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint, "SECONDS_BETWEEN", 0.0)
    monkeypatch.setattr(checkpoint, "SECONDS_WORTH", 0.0)


def run(task: Task, file: Checkpoint, notes: list[str], last_step: int | None = None) -> Iterator[Endpoint]:
    """Trains with a keeper, and is interrupted after the checkpoint of step `last_step`."""
    taken = 0

    def advance(tokens: float) -> None:
        nonlocal taken
        taken += 1
        if last_step is not None and taken > last_step:
            raise InterruptedError

    torch.set_num_threads(1)
    yield from train_trunk(task, HORIZONS, advance, Keeper(file, notes.append))


def agree(ours: Endpoint, theirs: Endpoint) -> bool:
    same = ours.metrics == theirs.metrics and dict(ours.curve.points) == dict(theirs.curve.points)
    return same and all(np.array_equal(ours.weights[name], theirs.weights[name]) for name in theirs.weights)


@pytest.mark.parametrize(
    ("optimizer", "last_step"), [("adamw", 18), *(("muon", step) for step in (7, 15, 18, 20, 28, 40, STEPS))]
)
def test_wherever_it_stops_it_goes_on_to_the_same_bits(tmp_path: Path, optimizer: str, last_step: int) -> None:
    task, file, notes = make_task(optimizer=optimizer), Checkpoint(tmp_path, "trunk"), []
    whole = train(task, HORIZONS)
    ended = []
    with pytest.raises(InterruptedError):
        for end in run(task, file, notes, last_step):
            ended.append(end)
        raise InterruptedError  # after the very last step
    if last_step < STEPS:
        assert file.path.exists() and not notes
    left = HORIZONS[len(ended) :]
    ended += list(train_trunk(task, left, lambda tokens: None, Keeper(file, notes.append))) if left else []
    assert all(agree(ours, theirs) for ours, theirs in zip(ended, whole, strict=True))
    assert [note for note in notes if "went on from" in note] or not left
    assert not file.path.exists(), "a trunk that is done keeps nothing"


def test_a_limit_of_time_keeps_the_state_and_says_how_far_it_came(tmp_path: Path) -> None:
    task, notes = make_task(), []
    with pytest.raises(TimeLimitError, match=r"limit of 0 minutes, the trunk at step 1\b"):
        list(run(task, Checkpoint(tmp_path, "trunk", limit_seconds=0.0), notes))
    ends = list(run(task, Checkpoint(tmp_path, "trunk"), notes))
    assert all(agree(ours, theirs) for ours, theirs in zip(ends, train(task, HORIZONS), strict=True))
    assert notes == ["went on from a checkpoint, the trunk at step 1"]


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        ("other trunk", "its trunk is"),
        ("torch", "its torch is"),
        ("code", "its code is"),
        ("processor", "its processor is"),
        ("damaged", "damaged"),
        ("too far", "at step 16"),
    ],
)
def test_a_checkpoint_that_does_not_fit_is_left_aside_with_a_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: str, reason: str
) -> None:
    task, file, notes = make_task(), Checkpoint(tmp_path, "trunk"), []
    with pytest.raises(InterruptedError):
        list(run(task, file, notes, 21))
    if trouble == "other trunk":
        file.trunk_key = "another"
    if trouble in ("code", "processor"):
        file.origin = {**file.origin, trouble: "another"}
    if trouble == "torch":
        monkeypatch.setattr(torch, "__version__", "1.0")
    if trouble == "damaged":
        file.path.write_bytes(file.path.read_bytes()[:-200])
    horizon = HORIZONS[0] if trouble == "too far" else HORIZONS[1]
    (end,) = train_trunk(task, [horizon], lambda tokens: None, Keeper(file, notes.append))
    assert len(notes) == 1 and notes[0].startswith("a checkpoint was left aside") and reason in notes[0]
    assert agree(end, train(task, [horizon])[0])


def test_chance_goes_on_where_it_was(tmp_path: Path) -> None:
    """Nets that draw in training (dropout) draw from torch's generator: a branch does not move it for its trunk."""

    class Noisy(torch.nn.Module):
        def __init__(self, net: torch.nn.Module) -> None:
            super().__init__()
            self.net, self.dropout = net, torch.nn.Dropout(0.1)

        def forward(self, tokens_BT: torch.Tensor) -> torch.Tensor:
            return self.dropout(self.net(tokens_BT))

    class NoisyFamily(type(make_task("lstm").family)):  # type: ignore[misc]
        def build(self, shape):  # type: ignore[no-untyped-def]
            return Noisy(super().build(shape))

    task = make_task(optimizer="adamw", family_entry=NoisyFamily(width=8))
    whole = train(task, HORIZONS)
    assert agree(train(task, HORIZONS[1:])[0], whole[1]), "a branch has not moved the trunk"
    file, notes = Checkpoint(tmp_path, "trunk"), []
    with pytest.raises(InterruptedError):
        list(run(task, file, notes, 18))
    assert all(agree(ours, theirs) for ours, theirs in zip(run(task, file, notes), whole, strict=True))


def test_nothing_that_executes_is_read(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self):  # type: ignore[no-untyped-def]
            return (pytest.fail, ("executed",))

    file, notes = Checkpoint(tmp_path, "trunk"), []
    torch.save({"head": Trap()}, file.path)
    assert Keeper(file, notes.append).load(10) is None
    assert "damaged" in notes[0]


class FullDisk(Checkpoint):
    """A place where nothing more fits."""

    @contextlib.contextmanager
    def replace(self) -> Iterator[IO[bytes]]:
        class Full(io.BytesIO):
            def write(self, content: object) -> int:
                raise OSError(errno.ENOSPC, "No space left on device")

        with explain_trouble(self.path.parent):
            yield Full()


def test_a_full_disk_costs_the_checkpoint_and_not_the_training(tmp_path: Path) -> None:
    task, notes = make_task(), []
    ends = list(run(task, FullDisk(tmp_path, "trunk"), notes))
    assert all(agree(ours, theirs) for ours, theirs in zip(ends, train(task, HORIZONS), strict=True))
    assert len(notes) == 1 and "could not be kept" in notes[0] and "No space left" in notes[0]
    with pytest.raises(LabError, match="No space left"):
        list(run(task, FullDisk(tmp_path, "trunk", limit_seconds=0.0), notes))
