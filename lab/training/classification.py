"""Training a net that classifies: one run from its start to the end of its cooldown.

Batches walk through the training examples, epoch after epoch, each in an order of its own. Shapes: N examples, B of a
batch, K classes.
"""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lab.core.seeds import derive_seed, open_stream
from lab.core.units import NATS_PER_BIT
from lab.data.examples import Examples, ExampleSource
from lab.families.classifiers import Classifier, ExampleShape
from lab.optimizers import Optimizer
from lab.training.evaluation import CalibrationObserver, Observer
from lab.training.optimizers import make_optimizers
from lab.training.schedule import Schedule

FIRST_CURVE_STEP = 4
CURVE_POINTS_PER_OCTAVE = 2
CURVE_EXAMPLES = 1000  # held-out ones of a curve's points, the first; the end is evaluated on all
EVALUATION_BATCH = 500


@dataclass(frozen=True)
class ClassificationTask:
    """What is trained: `examples` of a source, in `steps` of `batch` each, at a rate that warms up, stays and falls to
    zero over the share `cooldown` of the steps. `clip_norm` 0 clips no gradient.
    """

    family: Classifier
    source: ExampleSource
    optimizer: Optimizer | str
    learning_rate: float
    seed: int
    examples: int
    steps: int
    batch: int
    warmup_steps: int
    cooldown: float
    clip_norm: float = 0.0
    device: str = "cpu"

    @property
    def shape(self) -> ExampleShape:
        """What the data demand of the net."""
        return ExampleShape(self.source.shape, self.source.classes)

    @property
    def schedule(self) -> Schedule:
        """That of language models, an example for a token."""
        return Schedule(self.batch, self.warmup_steps * self.batch, self.cooldown)


@dataclass
class Trained:
    """What a run gave; `diverged_at` is the step whose loss was no number, None for a run that ended well."""

    metrics: Mapping[str, float] = field(default_factory=dict)
    curve: dict[str, list[float | None]] = field(default_factory=lambda: defaultdict(list))
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)
    weights: Mapping[str, np.ndarray] = field(default_factory=dict)
    point_seconds: list[float] = field(default_factory=list)
    cpu_seconds: float = 0.0
    diverged_at: int | None = None


class PredictionObserver:
    """Keeps what was predicted, from which every measure of calibration can be computed exactly."""

    def __init__(self) -> None:
        self._log_probabilities: list[np.ndarray] = []
        self._labels: list[np.ndarray] = []

    def update(
        self, log_probabilities_BTV: Tensor, targets_BT: Tensor, documents_B: np.ndarray, counted_BT: np.ndarray
    ) -> None:
        """Sees one batch of predictions, T = 1 of each example."""
        self._log_probabilities.append(log_probabilities_BTV[:, 0].cpu().numpy())
        self._labels.append(targets_BT[:, 0].cpu().numpy())

    def metrics(self) -> Mapping[str, float]:
        """None of its own."""
        return {}

    def arrays(self) -> Mapping[str, np.ndarray]:
        """`heldout_log_probabilities` (nats) float32 (N, K), `heldout_labels` uint16 (N,)."""
        return {
            "heldout_log_probabilities": np.concatenate(self._log_probabilities).astype(np.float32),
            "heldout_labels": np.concatenate(self._labels).astype(np.uint16),
        }


def train_classifier(task: ClassificationTask, advance: Callable[[int], None] = lambda steps: None) -> Trained:
    """The whole run; `advance` is told the steps done since it was last told."""
    return _Run(task, advance).train()


class _Run:
    """The state of a run: net, optimizers, step and curve."""

    def __init__(self, task: ClassificationTask, advance: Callable[[int], None]) -> None:
        self.task, self.advance = task, advance
        torch.manual_seed(derive_seed(task.seed, "init"))
        self.net = task.family.build(task.shape).to(task.device)
        self.optimizers = make_optimizers(task.optimizer, self.net, task.family, task.learning_rate, task.batch)
        self.training = task.source.training(task.seed, task.examples)
        self.heldout = task.source.heldout()
        self.sample = Examples(*(part[:CURVE_EXAMPLES] for part in self.heldout))
        self.found = Trained()
        self.step, self.nats, self.since = 0, 0.0, list[float]()

    def train(self) -> Trained:
        """All steps and the evaluation behind them."""
        task, schedule = self.task, self.task.schedule
        horizon = task.steps * task.batch
        branch, points = schedule.find_branch(horizon), _list_curve_steps(task.steps)
        while self.step < task.steps:
            begin = self.step
            cooling = begin >= branch
            loss = self._take_step(schedule.cooldown_rate_at(begin, horizon) if cooling else schedule.rate_at(begin))
            if not math.isfinite(loss):
                self.found.diverged_at = self.step
                return self.found
            if self.step in points and np.isnan(self._record_point(self.sample)).any():
                self.found.diverged_at = self.step
                return self.found
            self.advance(1)
        return self._finish()

    def _take_step(self, rate_factor: float) -> float:
        task, began = self.task, time.process_time()
        chosen = draw_batch(task.seed, task.examples, self.step * task.batch, task.batch)
        inputs, labels = (torch.from_numpy(part[chosen]).to(task.device) for part in self.training)
        loss = F.cross_entropy(self.net(inputs), labels)
        loss.backward()  # type: ignore[no-untyped-call]
        if task.clip_norm:
            nn.utils.clip_grad_norm_(self.net.parameters(), task.clip_norm)
        self.optimizers.step(rate_factor)
        nats = loss.item()
        self.step += 1
        self.nats += nats * task.batch
        self.since.append(nats)
        self.rate_factor = rate_factor
        self.found.cpu_seconds += time.process_time() - began
        return nats

    def _record_point(self, examples: Examples, observers: Sequence[Observer] = ()) -> np.ndarray:
        """A point of the curve, unless the net says nothing any more; the loss of every held-out example, (N,)."""
        task, point, calibration = self.task, self.found.curve, CalibrationObserver(1)
        losses = evaluate_classifier(self.net, examples, [calibration, *observers])
        if np.isnan(losses).any():
            return losses
        seen = self.step * task.batch
        said = calibration.metrics()
        point["tokens"].append(seen)
        point["flops"].append(seen * task.family.count_training_flops(task.shape))
        point["loss_nats"].append(float(losses.mean()))
        point["train_loss_nats"].append(sum(self.since) / len(self.since))
        point["online_bits"].append(self.nats / NATS_PER_BIT)
        point["learning_rate"].append(task.learning_rate * self.rate_factor)
        point["test_error"].append(1 - said["accuracy_top1"])
        point["ece_top1"].append(said["ece_top1"])
        self.found.point_seconds.append(self.found.cpu_seconds)
        self.since = []
        return losses

    def _finish(self) -> Trained:
        """Evaluates the cooled net on all held-out and all training examples."""
        calibration, predictions, fitted = CalibrationObserver(1), PredictionObserver(), CalibrationObserver(1)
        losses = self._record_point(self.heldout, [calibration, predictions])
        fitted_losses = evaluate_classifier(self.net, self.training, [fitted])
        if not (np.isfinite(losses).all() and np.isfinite(fitted_losses).all()):
            self.found.diverged_at = self.step
            return self.found
        self.found.metrics = {
            "loss_nats": float(losses.mean()),
            "loss_se": float(losses.std(ddof=1)) / len(losses) ** 0.5,
            "test_error": 1 - calibration.metrics()["accuracy_top1"],
            "fitted_nats": float(fitted_losses.mean()),
            "train_error": 1 - fitted.metrics()["accuracy_top1"],
            "online_bits": self.nats / NATS_PER_BIT,
            **calibration.metrics(),
        }
        self.found.arrays = {**calibration.arrays(), **predictions.arrays()}
        self.found.weights = {name: value.cpu().numpy().copy() for name, value in self.net.state_dict().items()}
        return self.found


@torch.no_grad()
def evaluate_classifier(net: nn.Module, examples: Examples, observers: Sequence[Observer] = ()) -> np.ndarray:
    """The loss of every example (nats), float64 (N,); each observer sees it as the one token of a window."""
    device = next(net.parameters()).device
    net.eval()
    losses = []
    for begin in range(0, len(examples.labels), EVALUATION_BATCH):
        inputs, labels_B = (torch.from_numpy(part[begin : begin + EVALUATION_BATCH]).to(device) for part in examples)
        log_probabilities_BK = net(inputs).float().log_softmax(dim=-1)
        losses.append(F.nll_loss(log_probabilities_BK, labels_B, reduction="none").double().cpu().numpy())
        if not log_probabilities_BK.isfinite().all():  # of a net that is lost; its loss tells, and has no confidence
            continue
        for observer in observers:
            one, all_counted = np.zeros(len(labels_B), dtype=np.int64), np.ones((len(labels_B), 1), dtype=bool)
            observer.update(log_probabilities_BK[:, None], labels_B[:, None], one, all_counted)
    net.train()
    return np.concatenate(losses)


def draw_batch(seed: int, examples: int, start: int, count: int) -> np.ndarray:
    """Which examples the `count` from the `start`-th on are: without replacement within an epoch, int64 (count,)."""
    index = np.arange(start, start + count)
    chosen = np.empty(count, dtype=np.int64)
    for epoch in np.unique(index // examples):
        mine = index // examples == epoch
        order = open_stream(seed, "classification", "order", int(epoch)).permutation(examples)
        chosen[mine] = order[index[mine] % examples]
    return chosen


def _list_curve_steps(steps: int) -> frozenset[int]:
    """Evenly spaced in the logarithm of the step, without the last, which is evaluated in full."""
    octaves = math.log2(max(steps, FIRST_CURVE_STEP) / FIRST_CURVE_STEP)
    count = int(octaves * CURVE_POINTS_PER_OCTAVE) + 1
    points: Any = np.round(FIRST_CURVE_STEP * 2 ** (np.arange(count) / CURVE_POINTS_PER_OCTAVE)).astype(int)
    return frozenset(points.tolist()) - {steps}
