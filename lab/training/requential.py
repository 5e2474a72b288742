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
from torch import Tensor, nn

from lab.core.seeds import derive_seed
from lab.core.units import NATS_PER_BIT
from lab.data import Source
from lab.training.evaluation import evaluate_net
from lab.training.loop import Curve, Task, Trainer


class TeacherSource(Source):
    """Training windows sampled from a net as it stands; everything else is the source's own.

    A window's first token is drawn uniformly, which teacher and decoder can agree on for nothing. The windows of an
    index are kept until others are asked for, since the net will have changed.
    """

    def __init__(self, source: Source, net: nn.Module) -> None:
        self.source, self.net = source, net
        self._kept: tuple[int, np.ndarray] | None = None

    @property
    def vocabulary(self) -> int:
        """As the source's."""
        return self.source.vocabulary

    def content_hash(self) -> str:
        """As the source's: the teacher follows from it."""
        return self.source.content_hash()

    @torch.no_grad()
    def training_windows(self, seed: int, start: int, count: int, window: int) -> np.ndarray:
        """Windows sampled token by token from the net."""
        if self._kept is None or self._kept[0] != start:
            device = next(self.net.parameters()).device
            chance = torch.Generator().manual_seed(derive_seed(seed, "requential", start))
            tokens_BT = torch.randint(self.vocabulary, (count, 1), generator=chance)
            for _ in range(window):
                logits_BV = self.net(tokens_BT.to(device))[:, -1].float().cpu()
                tokens_BT = torch.cat([tokens_BT, torch.multinomial(logits_BV.softmax(-1), 1, generator=chance)], 1)
            self._kept = start, tokens_BT.numpy()
        return self._kept[1]

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
        windows = torch.from_numpy(samples.training_windows(task.seed, step * per_step, per_step, task.window))
        nats += _find_divergence(teacher.net, student.net, windows[:, :-1])
        student.run_trunk(step + 1)
        bits += [nats / NATS_PER_BIT] * (len(teacher.curve.points["tokens"]) - len(bits))
    own = {"loss_nats": student.curve.points["loss_nats"], "requential_bits": bits}
    seconds = [a + b for a, b in zip(teacher.curve.cpu_seconds, student.curve.cpu_seconds, strict=True)]
    return Lesson(
        curve=Curve({**teacher.curve.points, **own}, seconds),
        requential_bits=nats / NATS_PER_BIT,
        online_bits=teacher.nats / NATS_PER_BIT,
        student_losses=evaluate_net(student.net, student.heldout, student.documents),
        teacher_losses=evaluate_net(teacher.net, teacher.heldout, teacher.documents),
        cpu_seconds=teacher.cpu_seconds + student.cpu_seconds,
    )


@torch.no_grad()
def _find_divergence(teacher: nn.Module, student: nn.Module, inputs_BT: Tensor) -> float:
    """Σ over tokens of KL(teacher ‖ student), nats: exact over the vocabulary at every context sampled."""
    inputs_BT = inputs_BT.to(next(teacher.parameters()).device)
    own, others = (net(inputs_BT).double().log_softmax(dim=-1) for net in (teacher, student))
    return float((own.exp() * (own - others)).sum())
