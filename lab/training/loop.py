"""Training one trunk and its branches.

The trunk runs at a constant rate; at each horizon's branch point the state is set aside, the branch is cooled to the
horizon and evaluated in full, and the trunk goes on from the state set aside. Only cooled endpoints are results.
"""

from __future__ import annotations

import copy
import math
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import nn

from lab.core.seeds import derive_seed
from lab.core.units import NATS_PER_BIT
from lab.data import Source
from lab.families import Family, Shape
from lab.optimizers import Optimizer
from lab.training.checkpoint import Keeper, Position, read_generators, set_generators
from lab.training.evaluation import CalibrationObserver, average_losses, evaluate_net
from lab.training.objective import OwnReport, find_objective
from lab.training.optimizers import make_optimizers
from lab.training.schedule import Schedule

CURVE_POINTS_PER_OCTAVE = 4  # every second one with a held-out loss
FIRST_CURVE_STEP = 4
CURVE_WINDOWS = 256  # held-out windows of a curve's points, spread over those of the endpoint
COOLDOWN_POINTS = 4
HOPELESS_NATS = 2.0  # a training loss this far above that of the start, or of the uniform guess, is divergence


@dataclass(frozen=True)
class Task:
    """What a trunk trains. `evaluation_tokens` are rounded down to whole windows; `clip_norm` 0 clips no gradient.

    `precision` is that of training's matrix products (autocast); weights, optimizers and evaluation stay in float32.
    `stop`: a horizon (tokens) and the loss (nats per token) above which, if it ends so, no longer one is trained.
    """

    family: Family
    source: Source
    schedule: Schedule
    optimizer: Optimizer | str
    learning_rate: float
    seed: int
    window: int
    evaluation_tokens: int
    clip_norm: float = 1.0
    precision: str = "float32"
    compile: bool = False
    stop: tuple[int, float] | None = None
    device: str = "cpu"

    @property
    def shape(self) -> Shape:
        """What the data demand of the net."""
        return Shape(self.source.vocabulary, self.window)

    @property
    def flops_per_token(self) -> float:
        """Training FLOP per token."""
        return self.family.count_training_flops(self.shape) / self.window


@dataclass
class Curve:
    """Columns of a training curve and, apart, their CPU seconds. Means are over the steps since the last point."""

    points: dict[str, list[float | None]] = field(default_factory=lambda: defaultdict(list))
    cpu_seconds: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Endpoint:
    """A horizon's outcome. `diverged_at` is the step of the first hopeless loss, None for a run that ended well, which
    has the `weights` of the cooled net by parameter name. `stopped`: by which rule its trunk ended before it.
    """

    horizon: int
    curve: Curve
    metrics: Mapping[str, float]
    arrays: Mapping[str, np.ndarray]
    cpu_seconds: float
    diverged_at: int | None = None
    weights: Mapping[str, np.ndarray] = field(default_factory=dict)
    stopped: str = ""


class DivergedError(Exception):
    """The training loss became NaN, infinite or hopeless; caught where the endpoint is made."""

    def __init__(self, step: int) -> None:
        super().__init__(f"diverged at step {step}")
        self.step = step


def train_trunk(
    task: Task, horizons: list[int], advance: Callable[[float], None], keeper: Keeper | None = None
) -> Iterator[Endpoint]:
    """Yields the endpoint of each horizon (tokens), shortest first; `advance` is told the tokens just trained.

    With a `keeper` it goes on from where an earlier call was killed, and its position is kept; the last endpoint taken,
    nothing is kept any more. Raises `TimeLimitError` as the keeper does.
    """
    keeper = keeper or Keeper()
    trainer = Trainer(task, advance)
    resumed = keeper.load(task.schedule.find_branch(min(horizons)))
    ordered = sorted({*horizons, *_find_milestone(task, horizons, resumed)})
    if resumed:
        trainer.take_up(resumed.trunk)
        advance(trainer.step * task.schedule.batch_tokens)
    for position, horizon in enumerate(ordered):
        try:
            trainer.run_trunk(
                task.schedule.find_branch(horizon), lambda: keeper.watch(lambda: Position(trainer.read_state()))
            )
        except DivergedError as error:
            for lost in ordered[position:]:
                yield trainer.report_divergence(lost, error.step)
            break
        trunk = trainer.set_aside()
        keeper.watch(lambda: Position(trainer.read_state()), at_branch=True)
        if resumed and resumed.branch and resumed.horizon == horizon:
            trainer.take_up(resumed.branch)
            advance((trainer.step - trunk["step"]) * task.schedule.batch_tokens)
        endpoint = _cool_branch(trainer, horizon, trunk, keeper)
        if horizon in horizons:
            yield endpoint
        trainer.take_up(trunk)
        if reason := _judge_milestone(task, endpoint):
            for left in ordered[position + 1 :]:
                yield replace(trainer.report_divergence(left, trainer.step), diverged_at=None, stopped=reason)
            break
    keeper.drop()


def _find_milestone(task: Task, horizons: list[int], resumed: Position | None) -> list[int]:
    """The horizon of the stop rule, where the trunk has yet to be judged by it."""
    if task.stop is None or max(horizons) <= task.stop[0]:
        return []
    passed = resumed is not None and resumed.trunk["step"] > task.schedule.find_branch(task.stop[0])
    return [] if passed else [task.stop[0]]


def _judge_milestone(task: Task, endpoint: Endpoint) -> str:
    """Why the trunk is not worth going on with, '' where it is."""
    if task.stop is None or endpoint.horizon != task.stop[0]:
        return ""
    loss, most = endpoint.metrics.get("loss_nats", math.inf), task.stop[1]
    step = task.schedule.count_steps(endpoint.horizon)
    return (
        f"stopped at step {step}: {loss:.4g} nats at {endpoint.horizon} tokens, above {most:.4g}" if loss > most else ""
    )


def _cool_branch(trainer: Trainer, horizon: int, trunk: dict[str, Any], keeper: Keeper) -> Endpoint:
    """The endpoint of a branch that left the `trunk` where it was set aside."""
    try:
        trainer.cool(horizon, lambda: keeper.watch(lambda: Position(trunk, horizon, trainer.read_state())))
        return trainer.finish(horizon)
    except DivergedError as error:
        return trainer.report_divergence(horizon, error.step)


class Trainer:
    """The state of one trunk: net, optimizers, step, curve."""

    def __init__(self, task: Task, advance: Callable[[float], None]) -> None:
        self.task, self.advance = task, advance
        torch.manual_seed(derive_seed(task.seed, "initialization"))
        self.net = task.family.build(task.shape).to(task.device)
        if task.compile:
            self.net.compile()  # in place: parameters keep their names
        self.optimizers = make_optimizers(
            task.optimizer, self.net, task.family, task.learning_rate, task.schedule.batch_tokens
        )
        count = task.evaluation_tokens // task.window
        self.heldout = task.source.heldout_windows(count, task.window)
        self.weights = task.source.target_weights(self.heldout)
        self.documents = task.source.heldout_documents(count, task.window)
        self.sample = np.arange(len(self.heldout))[:: max(1, len(self.heldout) // CURVE_WINDOWS)]
        self.step, self.nats, self.cpu_seconds, self.rate_factor = 0, 0.0, 0.0, 0.0
        self.most_nats = math.log(task.source.vocabulary) + HOPELESS_NATS
        self.since: list[float] = []
        self.curve = Curve()

    def read_state(self) -> dict[str, Any]:
        """Everything that a step changes, of types that a checkpoint can hold; the tensors are the live ones."""
        return {
            "net": self.net.state_dict(),
            "optimizers": self.optimizers.state_dict(),
            "generators": read_generators(self.task.device),
            "step": self.step,
            "nats": self.nats,
            "rate_factor": self.rate_factor,
            "cpu_seconds": self.cpu_seconds,
            "since": self.since,
            "points": dict(self.curve.points),
            "point_seconds": self.curve.cpu_seconds,
        }

    def set_aside(self) -> dict[str, Any]:
        """A copy of everything a branch changes."""
        return copy.deepcopy(self.read_state())

    def take_up(self, state: dict[str, Any]) -> None:
        """Returns to a state set aside."""
        self.net.load_state_dict(state["net"])
        self.optimizers.load_state_dict(state["optimizers"])
        set_generators(state["generators"])
        self.step, self.nats, self.rate_factor = state["step"], state["nats"], state["rate_factor"]
        self.cpu_seconds, self.since = state["cpu_seconds"], list(state["since"])
        points = defaultdict(list, {name: list(values) for name, values in state["points"].items()})
        self.curve = Curve(points, list(state["point_seconds"]))

    def run_trunk(self, until: int, watch: Callable[[], None] = lambda: None) -> None:
        """Trains at the trunk's rate to step `until`, with curve points evenly spaced in the logarithm of the step.

        `watch` is called after every step, when the trainer can be left and taken up again.
        """
        while self.step < until:
            self._take_step(self.task.schedule.rate_at(self.step))
            octave = _find_curve_point(self.step)
            if octave is not None:
                self._record_point(self._evaluate_sample() if octave % 2 == 0 else None)
            watch()

    def cool(self, horizon: int, watch: Callable[[], None] = lambda: None) -> None:
        """Trains the branch of `horizon` to its end; `watch` as on the trunk."""
        schedule = self.task.schedule
        steps, begin = schedule.count_steps(horizon), schedule.find_branch(horizon)
        marks = set(np.linspace(begin, steps, COOLDOWN_POINTS + 1).round().astype(int)[1:-1])
        while self.step < steps:
            self._take_step(schedule.cooldown_rate_at(self.step, horizon))
            if self.step in marks:
                self._record_point(self._evaluate_sample())
            watch()

    def finish(self, horizon: int) -> Endpoint:
        """Evaluates the cooled net in full."""
        task = self.task
        observer = CalibrationObserver(int(self.documents.max()) + 1)
        losses = evaluate_net(self.net, self.heldout, self.documents, [observer], self.weights)
        loss = float(losses.mean())
        if not math.isfinite(loss):
            raise DivergedError(self.step)
        target_bytes = torch.from_numpy(task.source.count_bytes(self.heldout[:, 1:]))
        metrics = {
            "loss_nats": loss,
            "loss_se": float(losses.std(ddof=1)) / len(losses) ** 0.5,
            "online_bits": self.nats / NATS_PER_BIT,
            "bits_per_byte": loss / NATS_PER_BIT / float(average_losses(target_bytes, self.weights).mean()),
            **observer.metrics(),
            **(self.net.report() if isinstance(self.net, OwnReport) else {}),
        }
        true_loss = task.source.true_loss(self.heldout)
        if true_loss is not None:
            # Unweighted in one sum, as ever: means of means differ in the last place, and with it the result's hash.
            floors = true_loss if self.weights is None else average_losses(torch.from_numpy(true_loss), self.weights)
            metrics["floor_nats"] = float(floors.mean())
            metrics["excess_nats"] = loss - metrics["floor_nats"]
        self._record_point(float(losses[self.sample].mean()))
        weights = {name: _read_array(tensor) for name, tensor in self.net.state_dict().items()}
        return Endpoint(horizon, self.curve, metrics, observer.arrays(), self.cpu_seconds, weights=weights)

    def report_divergence(self, horizon: int, step: int) -> Endpoint:
        """The endpoint of a horizon that was not reached."""
        return Endpoint(horizon, copy.deepcopy(self.curve), {}, {}, self.cpu_seconds, diverged_at=step)

    def _take_step(self, rate_factor: float) -> None:
        task, began = self.task, time.process_time()
        per_step = task.schedule.batch_tokens // task.window
        windows = task.source.training_windows(task.seed, self.step * per_step, per_step, task.window)
        weights = task.source.target_weights(windows)
        batch = torch.from_numpy(windows).to(task.device)
        weights_BT = None if weights is None else torch.from_numpy(weights).to(task.device)
        with torch.autocast(task.device, torch.bfloat16, enabled=task.precision == "bfloat16"):
            objective, loss = find_objective(self.net, batch[:, :-1], batch[:, 1:], weights_BT)
        objective.backward()  # type: ignore[no-untyped-call]
        if task.clip_norm:
            nn.utils.clip_grad_norm_(self.net.parameters(), task.clip_norm)
        self.optimizers.step(rate_factor)
        nats = loss.item()
        self.step += 1
        if not nats < self.most_nats:
            raise DivergedError(self.step)
        self.nats += nats * (task.schedule.batch_tokens if weights is None else float(weights.sum()))
        self.since.append(nats)
        self.rate_factor = rate_factor
        self.cpu_seconds += time.process_time() - began
        self.advance(task.schedule.batch_tokens)

    def _evaluate_sample(self) -> float:
        weights = None if self.weights is None else self.weights[self.sample]
        losses = evaluate_net(self.net, self.heldout[self.sample], self.documents[self.sample], weights_NT=weights)
        return float(losses.mean())

    def _record_point(self, loss: float | None) -> None:
        task, point = self.task, self.curve.points
        tokens = self.step * task.schedule.batch_tokens
        point["tokens"].append(tokens)
        point["flops"].append(tokens * task.flops_per_token)
        point["loss_nats"].append(loss)
        point["train_loss_nats"].append(sum(self.since) / len(self.since) if self.since else None)
        point["online_bits"].append(self.nats / NATS_PER_BIT)
        point["learning_rate"].append(task.learning_rate * self.rate_factor)
        self.curve.cpu_seconds.append(self.cpu_seconds)
        self.since = []


def _read_array(tensor: torch.Tensor) -> np.ndarray:
    """A copy; bfloat16, which numpy does not have, as float32."""
    array: np.ndarray = (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).cpu().numpy().copy()
    return array


def _find_curve_point(step: int) -> int | None:
    """The index of the curve point at this step, None where there is none."""
    if step < FIRST_CURVE_STEP:
        return None
    index = round(CURVE_POINTS_PER_OCTAVE * math.log2(step / FIRST_CURVE_STEP))
    return index if round(FIRST_CURVE_STEP * 2 ** (index / CURVE_POINTS_PER_OCTAVE)) == step else None
