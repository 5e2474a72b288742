"""Trunk and branches: bit-identical to runs of their own, whatever else happens beside them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from lab.core.registry import open_shelf
from lab.core.units import NATS_PER_BIT
from lab.data.markov import Markov
from lab.training.loop import Endpoint, Task, train_trunk
from lab.training.schedule import Schedule

BATCH, WINDOW = 256, 16
HORIZONS = [BATCH * 20, BATCH * 40]


def make_task(family: str = "transformer", optimizer: str = "muon", rate: float = 0.02, **changes: object) -> Task:
    values = {
        "family": changes.pop("family_entry", None) or open_shelf("families").load(family)(width=8),
        "source": open_shelf("data").load("markov")(symbols=8, order=1),
        "schedule": Schedule(BATCH, warmup_tokens=BATCH * 4, cooldown=0.25),
        "optimizer": optimizer,
        "learning_rate": rate,
        "seed": 0,
        "window": WINDOW,
        "evaluation_tokens": WINDOW * 64,
    }
    return Task(**{**values, **changes})  # type: ignore[arg-type]


def train(task: Task, horizons: list[int]) -> list[Endpoint]:
    torch.set_num_threads(1)
    return list(train_trunk(task, horizons, lambda tokens: None))


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
@pytest.mark.parametrize("family", open_shelf("families").names())
def test_branch_equals_run_of_its_own(family: str, optimizer: str) -> None:
    short, long = train(make_task(family, optimizer), HORIZONS)
    (alone,) = train(make_task(family, optimizer), HORIZONS[1:])
    assert alone.metrics == long.metrics
    assert dict(alone.curve.points) == dict(long.curve.points)
    assert short.metrics != long.metrics


@dataclass(frozen=True)
class Spelled(Markov):
    """Token i stands for i + 1 bytes."""

    bytes_per_token = 3.0

    def count_bytes(self, tokens: np.ndarray) -> np.ndarray:
        return tokens + 1.0


def test_bits_per_byte_are_of_the_bytes_that_were_evaluated() -> None:
    source = Spelled(symbols=8, order=1)
    (endpoint,) = train(make_task(source=source), HORIZONS[:1])
    targets = source.heldout_windows(64, WINDOW)[:, 1:]
    bits = endpoint.metrics["loss_nats"] * targets.size / NATS_PER_BIT
    assert endpoint.metrics["bits_per_byte"] == pytest.approx(bits / (targets + 1).sum())
    (plain,) = train(make_task(), HORIZONS[:1])
    assert plain.metrics["bits_per_byte"] == plain.metrics["loss_nats"] / NATS_PER_BIT


def test_same_task_twice_is_bit_identical_and_another_seed_is_not() -> None:
    first, again = train(make_task(), HORIZONS)[-1], train(make_task(), HORIZONS)[-1]
    torch.rand(1)
    other = train(make_task(seed=1), HORIZONS)[-1]
    assert first.metrics == again.metrics
    assert first.metrics["loss_nats"] != other.metrics["loss_nats"]


def test_curve_carries_the_code_length() -> None:
    end = train(make_task(), HORIZONS)[-1]
    points = end.curve.points
    assert points["tokens"][-1] == HORIZONS[-1]
    steps = np.diff([0, *points["tokens"]])
    coded = np.cumsum(steps * np.array(points["train_loss_nats"], dtype=float)) / NATS_PER_BIT
    # Each point's training loss is the mean over the steps since the previous point, so the sum is the code length.
    np.testing.assert_allclose(points["online_bits"], coded, rtol=1e-12)
    assert end.metrics["online_bits"] == points["online_bits"][-1]
    assert len(end.curve.cpu_seconds) == len(points["tokens"])
    assert np.all(np.diff(end.curve.cpu_seconds) > 0)


def test_learning_beats_the_uniform_guess_and_not_the_floor() -> None:
    end = train(make_task(), [BATCH * 200])[0]
    assert end.metrics["floor_nats"] < end.metrics["loss_nats"] < np.log(8)
    assert end.metrics["excess_nats"] == end.metrics["loss_nats"] - end.metrics["floor_nats"]
    assert end.arrays["calibration_counts"][0].sum() == 64 * WINDOW


def test_divergence_is_an_outcome_with_its_step() -> None:
    ends = train(make_task("lstm", "adamw", rate=1e4, clip_norm=0.0), HORIZONS)
    assert [end.horizon for end in ends] == HORIZONS
    assert all(end.diverged_at is not None and end.diverged_at > 0 for end in ends)
    assert all(not end.metrics for end in ends)


def test_rates_warm_up_stay_and_cool() -> None:
    schedule = Schedule(batch_tokens=10, warmup_tokens=50, cooldown=0.2)
    assert [schedule.rate_at(step) for step in (0, 4, 5, 50)] == [0.2, 1.0, 1.0, 1.0]
    assert schedule.find_branch(1000) == 80
    cooled = [schedule.cooldown_rate_at(step, 1000) for step in range(80, 100)]
    assert np.all(np.diff(cooled) < 0)
    assert cooled[0] == pytest.approx(20 / 21)
    assert cooled[-1] == pytest.approx(1 / 21)


def test_weights_that_numpy_has_no_type_for_are_given_in_one_that_holds_them() -> None:
    class Short(torch.nn.Module):
        def __init__(self, net: torch.nn.Module) -> None:
            super().__init__()
            self.net = net
            self.register_buffer("scale", torch.tensor([0.75, 1 / 3], dtype=torch.bfloat16))

        def forward(self, tokens_BT: torch.Tensor) -> torch.Tensor:
            return self.net(tokens_BT)

    class ShortFamily(type(make_task("lstm").family)):  # type: ignore[misc]
        def build(self, shape):  # type: ignore[no-untyped-def]
            return Short(super().build(shape))

    task = make_task(optimizer="adamw", family_entry=ShortFamily(width=8))
    scale = train(task, HORIZONS[:1])[0].weights["scale"]
    assert scale.dtype == np.float32
    assert torch.equal(torch.from_numpy(scale).bfloat16(), torch.tensor([0.75, 1 / 3], dtype=torch.bfloat16))
