"""Requential training: a student learns from samples of a teacher that learns from the data.

A decoder that knows the student so far rebuilds it from a description of the teacher's samples, and a sample of P takes
KL(P‖Q) bits or more by a code for Q; relative entropy coding comes within log2(KL + 1) + O(1) bits a block of that. So
Σ KL(teacher ‖ student) over the student's tokens is the rate of a description of the student, the overhead of a block
(a batch) not counted (Finzi et al. 2026, arXiv 2601.03220; Qiu, Finzi, Zheng, Zhang &
Wilson 2026, Requential Coding, arXiv 2607.11883). Shapes: B windows, T tokens, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import nn

from lab.core.seeds import derive_seed
from lab.core.units import NATS_PER_BIT
from lab.data import Source
from lab.training.evaluation import evaluate_net
from lab.training.generation import Sampling, generate, read_on, recompute
from lab.training.loop import Curve, Task, Trainer


class TeacherSource(Source):
    """Training windows sampled from a net as it stands; everything else is the source's own.

    A window's first token is drawn from the tokens of the windows before, each token's count and ½ (Krichevsky &
    Trofimov 1981): teacher and decoder have both read them, so it costs nothing, and it comes to be how often the
    source has a token as the teacher learns that. The source's own first tokens would have to be told. The windows of
    an index are kept until others are asked for, since the net will have changed.
    """

    def __init__(self, source: Source, net: nn.Module) -> None:
        self.source, self.net = source, net
        self._kept: tuple[int, np.ndarray] | None = None
        self._seen = torch.full((source.vocabulary,), 0.5, dtype=torch.float64)

    @property
    def vocabulary(self) -> int:
        """As the source's."""
        return self.source.vocabulary

    def content_hash(self) -> str:
        """As the source's: the teacher follows from it."""
        return self.source.content_hash()

    def training_windows(self, seed: int, start: int, count: int, window: int) -> np.ndarray:
        """Windows sampled token by token from the net."""
        if self._kept is None or self._kept[0] != start:
            own = derive_seed(seed, "requential", start)
            first_B = torch.multinomial(self._seen, count, True, generator=torch.Generator().manual_seed(own))
            predict = (read_on if hasattr(self.net, "advance") else recompute)(self.net, window)
            following_BT = generate(predict, first_B[:, None].numpy(), window, Sampling(), own)
            self.net.train()
            windows = np.concatenate([first_B[:, None].numpy(), following_BT], axis=1)
            self._seen += torch.from_numpy(np.bincount(windows.ravel(), minlength=self.vocabulary))
            self._kept = start, windows
        return self._kept[1]

    def target_weights(self, windows_WT: np.ndarray) -> np.ndarray | None:
        """As the source's."""
        return self.source.target_weights(windows_WT)

    def heldout_windows(self, count: int, window: int) -> np.ndarray:
        """The source's."""
        return self.source.heldout_windows(count, window)

    def heldout_documents(self, count: int, window: int) -> np.ndarray:
        """The source's."""
        return self.source.heldout_documents(count, window)

    def count_unique(self, tokens: int, window: int) -> int:
        """Every sample is new."""
        return tokens

    def draw(self, length: int, seed: int) -> np.ndarray:
        """The source's."""
        return self.source.draw(length, seed)


@dataclass(frozen=True)
class Lesson:
    """What a teacher and a student gave: the teacher's curve with the student's held-out loss and the bits so far."""

    curve: Curve
    requential_bits: float
    online_bits: float
    student_losses: np.ndarray
    teacher_losses: np.ndarray
    cpu_seconds: float

    @property
    def metrics(self) -> dict[str, float]:
        """Columns of the run's row: the run is the student's."""
        return {
            "loss_nats": float(self.student_losses.mean()),
            "loss_se": float(self.student_losses.std(ddof=1)) / len(self.student_losses) ** 0.5,
            "teacher_loss_nats": float(self.teacher_losses.mean()),
            "online_bits": self.online_bits,
            "requential_bits": self.requential_bits,
        }


def teach(task: Task, steps: int, advance: Callable[[float], None]) -> Lesson:
    """Trains both for `steps` at the trunk's rate; before each of its steps the student's KL to the teacher is added.

    Raises `DivergedError` as a trunk does.
    """
    teacher = Trainer(task, advance)
    samples = TeacherSource(task.source, teacher.net)
    student = Trainer(replace(task, source=samples), lambda _: None)
    per_step = task.schedule.batch_tokens // task.window
    nats = 0.0
    bits: list[float | None] = []
    for step in range(steps):
        teacher.run_trunk(step + 1)
        windows = samples.training_windows(task.seed, step * per_step, per_step, task.window)
        nats += _find_divergence(teacher.net, student.net, windows[:, :-1], samples.target_weights(windows))
        student.run_trunk(step + 1)
        bits += [nats / NATS_PER_BIT] * (len(teacher.curve.points["tokens"]) - len(bits))
    own = {"loss_nats": student.curve.points["loss_nats"], "requential_bits": bits}
    seconds = [a + b for a, b in zip(teacher.curve.cpu_seconds, student.curve.cpu_seconds, strict=True)]
    return Lesson(
        curve=Curve({**teacher.curve.points, **own}, seconds),
        requential_bits=nats / NATS_PER_BIT,
        online_bits=teacher.nats / NATS_PER_BIT,
        student_losses=evaluate_net(student.net, student.heldout, student.documents, weights_NT=student.weights),
        teacher_losses=evaluate_net(teacher.net, teacher.heldout, teacher.documents, weights_NT=teacher.weights),
        cpu_seconds=teacher.cpu_seconds + student.cpu_seconds,
    )


@torch.no_grad()
def _find_divergence(
    teacher: nn.Module, student: nn.Module, inputs_BT: np.ndarray, weights_BT: np.ndarray | None
) -> float:
    """Σ over weighted tokens of KL(teacher ‖ student), nats: exact over the vocabulary at every context sampled."""
    device = next(teacher.parameters()).device
    own, others = (
        net.eval()(torch.from_numpy(inputs_BT).to(device)).double().log_softmax(dim=-1) for net in (teacher, student)
    )
    teacher.train()
    student.train()
    nats_BT = (own.exp() * (own - others)).sum(dim=-1)
    return float((nats_BT if weights_BT is None else nats_BT * torch.from_numpy(weights_BT).to(device)).sum())
