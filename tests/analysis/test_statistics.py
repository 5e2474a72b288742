"""Statistics of an object with intervals, and how often the intervals hold."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lab.analysis.complexity.admissible import find_status, restrict
from lab.analysis.complexity.objects import open_object
from lab.analysis.complexity.statistics import average_statistics, measure_statistics, tabulate_statistics
from lab.complexity.code import Message
from lab.complexity.estimator import Estimator
from lab.complexity.objects import Described
from lab.complexity.resampling import draw_positions
from lab.core.errors import RefusedError
from lab.core.estimate import Estimate
from lab.core.registry import open_shelf
from lab.figures import draw_figure
from tests.complexity.processes import PROCESSES

CLAIMS = {
    "causal_entropy_rate": "entropy_rate",
    "causal_excess_entropy": "excess_entropy",
    "statistical_complexity": "statistical_complexity",
    "block_entropy_rate": "entropy_rate",
    "block_excess_entropy": "excess_entropy",
}


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


def test_a_constant_has_no_entropy_and_no_interval() -> None:
    """Zeros alone do not tell a constant from a coin that seldom shows one."""
    found = measure_statistics(Described("constant", Message(np.zeros(2_000, np.uint8), 2)), draws=20)
    for name in ("block_entropy_rate", "causal_entropy_rate", "statistical_complexity", "permutation_entropy"):
        estimate = found.find(name)
        assert estimate.value == 0.0 and not estimate.has_interval and "varie" in estimate.method, name


def test_what_cannot_be_says_so_and_bears_no_interval() -> None:
    """A period of seven, 200 symbols: blocks corrected below 0, and histories too rare to be split, which is a coin."""
    described = open_object("periodic", 200)
    found = measure_statistics(described)
    rate = found.find("block_entropy_rate")
    assert rate.value < 0 and find_status(rate, 2) == "out of range" and "below 0" in rate.method
    machine = found.find("causal_entropy_rate")
    assert machine.value > 0.9 and find_status(machine, 2) == "no interval" and "states are missing" in machine.method
    period = measure_statistics(Described("period", PROCESSES["period_5"].draw(500, 0)), draws=20)
    assert not period.find("block_excess_entropy").has_interval
    morse = measure_statistics(open_object("thue_morse", 4_096))
    assert "still falls" in morse.find("block_entropy_rate").method
    assert "not settled" in morse.find("statistical_complexity").method


def test_a_machine_that_grows_with_its_histories_has_no_interval() -> None:
    """Both halves of this word show as many states as the whole: that its C_μ diverges shows by the length alone."""
    found = measure_statistics(open_object("thue_morse", 20_000))
    for name in ("causal_entropy_rate", "statistical_complexity", "causal_excess_entropy", "crypticity"):
        estimate = found.find(name)
        assert not estimate.has_interval and "still falls" in estimate.method and "64 by 28" in estimate.method, name
    assert found.find("causal_states").unit == "states"
    even = measure_statistics(open_object("even_process", 20_000), draws=20)
    assert even.find("causal_entropy_rate").has_interval, "h(L) falls here too, and the states are those of few symbols"


def test_intervals_end_where_the_range_does() -> None:
    above = Estimate("block_entropy_rate", 1.01, 0.98, 1.04, method="bootstrap")
    kept = restrict(above, 2)
    assert (kept.value, kept.low, kept.high) == (1.01, 0.98, 1.0)
    assert kept.method.startswith("0.01 above 1, the most it can be: chance")
    assert find_status(kept, 2) == "measured" == find_status(above, 4)
    far = restrict(Estimate("block_entropy_rate", 1.01, 1.005, 1.015), 2)
    assert find_status(far, 2) == "out of range" and "too few symbols" in far.method
    beyond = restrict(Estimate("block_excess_entropy", -0.2, -0.3, -0.1), 2)
    assert not beyond.has_interval and beyond.value == -0.2 and "whole interval" in beyond.method
    assert restrict(Estimate("logical_depth", -5.0, -6.0, -4.0), 2).low == -6.0  # of no known range


def test_over_seeds_the_interval_is_students() -> None:
    measured = [measure_statistics(open_object("golden_mean", 3_000, seed), draws=0) for seed in range(3)]
    rate = next(one for one in average_statistics(measured) if one.name == "causal_entropy_rate")
    assert rate.method == "t(2) over 3 seeds" and rate.low < 2 / 3 < rate.high
    assert not measured[0].find("causal_entropy_rate").has_interval
    tables = tabulate_statistics("golden", measured)
    frame, _ = draw_figure("block_entropies", tables, {})
    assert set(frame["run_key"].dropna()) == set(tables.runs["run_key"]) and len(tables.runs) == 3


def test_a_machine_is_drawn_and_one_of_too_many_states_is_not() -> None:
    golden = tabulate_statistics("golden", [measure_statistics(open_object("golden_mean", 4_000), draws=0)])
    frame, drawing = draw_figure("state_diagram", golden, {})
    assert (frame["mark"] == "state").sum() == 2
    moves = sorted(text.split(" | ")[0] for text in frame["text"][frame["mark"] == "label"])
    assert moves == ["0", "1", "1"] and len(drawing.layout.annotations) == 2 + 3
    morse = tabulate_statistics("morse", [measure_statistics(open_object("thue_morse", 4_096), draws=0)])
    assert "64 states" in draw_figure("state_diagram", morse, {})[0].attrs["missing"]


def test_resamples_are_stretches_of_the_sequence() -> None:
    rng = np.random.default_rng(0)
    positions = np.array([draw_positions(500, 20.0, rng) for _ in range(200)])
    joints = (np.diff(positions, axis=1) % 500 != 1).mean()
    assert joints == pytest.approx(1 / 20, rel=0.05)
    counts = np.bincount(positions.ravel(), minlength=500)
    assert abs(counts.mean() - 200) < 1e-9 and counts.std() < 0.25 * 200  # every position is as likely


def measure_coverage(process: str, length: int, many: int) -> tuple[dict[str, float], dict[str, int]]:
    """How often 95 % intervals hold the truth, and how many there are, by estimate, of `many` sequences."""
    truth, held = PROCESSES[process], {name: list[bool]() for name in CLAIMS}
    for seed in range(many):
        found = measure_statistics(Described(process, truth.draw(length, seed)), seed, draws=40)
        for name, quantity in CLAIMS.items():
            if (estimate := found.find(name)).has_interval:
                held[name].append(estimate.contains(getattr(truth, quantity)))
    shown = {name: len(holds) for name, holds in held.items()}
    return {name: float(np.mean(holds)) for name, holds in held.items() if holds}, shown


def test_few_symbols_bear_few_intervals_and_these_hold() -> None:
    """The even process at 1,000 symbols passes for a chain in two of three: intervals of these would hold in 35 %."""
    held, shown = measure_coverage("even", 1_000, 40)
    assert 0 < shown["causal_entropy_rate"] < 20 and shown["block_entropy_rate"] < 10
    assert held["causal_entropy_rate"] >= 0.95 - 3 * math.sqrt(0.95 * 0.05 / shown["causal_entropy_rate"])
    assert measure_coverage("golden_mean", 1_000, 10)[1]["causal_entropy_rate"] == 10


@pytest.mark.slow
@pytest.mark.parametrize("length", [500, 1_000, 4_000])
@pytest.mark.parametrize("process", ["golden_mean", "even", "bernoulli", "three_symbols", "period_5"])
def test_intervals_hold_as_often_as_they_say(process: str, length: int) -> None:
    """Of the sequences that get one: few of the even process's do, none of a period's, whose entropy is 0."""
    held, shown = measure_coverage(process, length, 100)
    for name in held:
        assert held[name] >= 0.95 - 3 * math.sqrt(0.95 * 0.05 / shown[name]), (name, held, shown)
    if process in ("golden_mean", "bernoulli"):
        assert shown["causal_entropy_rate"] >= 90


def test_what_would_not_fit_is_refused() -> None:
    for alphabet, most in ((2, 2**22), (256, 2**20)):
        long = Described("long", Message(np.zeros(most + 1, dtype=np.uint8), alphabet))
        with pytest.raises(RefusedError, match="--length"):
            measure_statistics(long)
