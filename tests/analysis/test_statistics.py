"""Statistics of an object with intervals, and how often the intervals hold."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lab.analysis.complexity.objects import open_object
from lab.analysis.complexity.statistics import average_statistics, measure_statistics, tabulate_statistics
from lab.complexity.code import Message
from lab.complexity.estimator import Estimator
from lab.complexity.objects import Described
from lab.complexity.resampling import draw_positions
from lab.core.errors import RefusedError
from lab.core.registry import open_shelf
from lab.figures import draw_figure
from tests.complexity.processes import PROCESSES

NAMED = {"entropy_rate": "causal_entropy_rate", "excess_entropy": "causal_excess_entropy"}


def test_the_numbers_are_those_of_the_shelf() -> None:
    described = open_object("even_process", 12_000)
    found = measure_statistics(described, draws=20)
    for name in open_shelf("estimators").names():
        estimator: Estimator = open_shelf("estimators").load(name)()
        if any(one.name == name for one in found.estimates):
            assert found.find(name).value == pytest.approx(estimator.estimate(described.message), abs=1e-9), name
    assert found.find("causal_states").value == 2
    assert found.find("crypticity").value == 0.0


def test_the_seed_decides_the_intervals() -> None:
    described = open_object("golden_mean", 3_000)
    first, again, other = (measure_statistics(described, seed, draws=20) for seed in (1, 1, 2))
    name = "block_entropy_rate"
    assert first.find(name) == again.find(name)
    assert first.find(name).value == other.find(name).value and first.find(name).low != other.find(name).low


def test_a_short_sequence_has_reasons_and_no_numbers() -> None:
    found = measure_statistics(Described("short", Message(np.zeros(12, np.uint8), 2)))
    for one in found.estimates:
        assert one.name == "logical_depth" or (math.isnan(one.value) and "too few" in one.method), one


def test_a_constant_has_no_entropy_and_no_spread() -> None:
    found = measure_statistics(Described("constant", Message(np.zeros(2_000, np.uint8), 2)), draws=20)
    for name in ("block_entropy_rate", "causal_entropy_rate", "statistical_complexity", "permutation_entropy"):
        estimate = found.find(name)
        assert (estimate.value, estimate.low, estimate.high) == (0.0, 0.0, 0.0), name


def test_over_seeds_the_interval_is_students() -> None:
    measured = [measure_statistics(open_object("golden_mean", 3_000, seed), draws=0) for seed in range(3)]
    rate = next(one for one in average_statistics(measured) if one.name == "causal_entropy_rate")
    assert rate.method == "t(2) over 3 seeds" and rate.low < 2 / 3 < rate.high
    assert not measured[0].find("causal_entropy_rate").has_interval
    tables = tabulate_statistics("golden", measured)
    frame, _ = draw_figure("block_entropies", tables, {})
    assert set(frame["run_key"].dropna()) == set(tables.runs["run_key"]) and len(tables.runs) == 3


def test_resamples_are_stretches_of_the_sequence() -> None:
    rng = np.random.default_rng(0)
    positions = np.array([draw_positions(500, 20.0, rng) for _ in range(200)])
    joints = (np.diff(positions, axis=1) % 500 != 1).mean()
    assert joints == pytest.approx(1 / 20, rel=0.05)
    counts = np.bincount(positions.ravel(), minlength=500)
    assert abs(counts.mean() - 200) < 1e-9 and counts.std() < 0.25 * 200  # every position is as likely


@pytest.mark.slow
@pytest.mark.parametrize("process", ["golden_mean", "even", "bernoulli"])
def test_intervals_hold_as_often_as_they_say(process: str) -> None:
    """95 % intervals of the machine's numbers, given its states: of the sequences that show as many as there are."""
    truth, held = PROCESSES[process], {name: list[bool]() for name in NAMED.values()}
    for seed in range(100):
        found = measure_statistics(Described(process, truth.draw(4_000, seed)), seed, draws=60)
        if found.find("causal_states").value != len(truth.emit):
            continue
        for quantity, name in NAMED.items():
            estimate, value = found.find(name), getattr(truth, quantity)
            held[name].append(estimate.low - 1e-9 <= value <= estimate.high + 1e-9)  # E = 0 is known exactly
    for name, holds in held.items():
        assert len(holds) >= 75, name
        assert np.mean(holds) >= 0.95 - 3 * math.sqrt(0.95 * 0.05 / len(holds)), name


def test_what_would_not_fit_is_refused() -> None:
    for alphabet, most in ((2, 2**22), (256, 2**20)):
        long = Described("long", Message(np.zeros(most + 1, dtype=np.uint8), alphabet))
        with pytest.raises(RefusedError, match="--length"):
            measure_statistics(long)
