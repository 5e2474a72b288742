"""ε-machines from sequences and in closed form."""

from __future__ import annotations

import itertools
import math
import time
import tracemalloc

import numpy as np
import pytest
from scipy.stats import chi2_contingency

from lab.complexity.causal_states import compare_counts, find_causal_states
from lab.complexity.machine import Machine, measure_entropies
from tests.complexity.processes import PROCESSES, Process


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("process", ["golden_mean", "even"])
def test_machines_of_1e5_symbols(process: str, seed: int) -> None:
    """Anchors: golden mean C_μ = 0.9183, h = 2/3, E = 0.2516; even C_μ = E = 0.9183, h = 2/3; to ±.005, in a second."""
    truth, message = PROCESSES[process], PROCESSES[process].draw(100_000, seed)
    find_causal_states(message.sequence[:1000])  # compiled before the clock runs
    start = time.process_time()
    found = find_causal_states(message.sequence)
    assert time.process_time() - start < 1.0
    machine = found.machine
    assert machine is not None and machine.states == 2
    assert machine.rate_bits == pytest.approx(truth.entropy_rate, abs=0.005)
    assert machine.complexity_bits == pytest.approx(truth.statistical_complexity, abs=0.005)
    assert machine.excess_bits == pytest.approx(truth.excess_entropy, abs=0.005)
    assert found.followed == 1.0


def make_machine(process: Process) -> Machine:
    return Machine(np.array(process.emit), np.array(process.lead))


@pytest.mark.parametrize("process", PROCESSES)
def test_a_known_machine_has_its_closed_form(process: str) -> None:
    truth, machine = PROCESSES[process], make_machine(PROCESSES[process])
    assert machine.rate_bits == pytest.approx(truth.entropy_rate, abs=1e-12)
    assert machine.complexity_bits == pytest.approx(truth.statistical_complexity, abs=1e-12)
    assert machine.excess_bits == pytest.approx(truth.excess_entropy, abs=1e-9)
    assert machine.crypticity_bits == pytest.approx(truth.statistical_complexity - truth.excess_entropy, abs=1e-9)


def test_excess_entropy_is_that_of_all_words() -> None:
    """Three states that no word of ones tells apart: E against H(L) − L h over every word of 12 symbols."""
    emits = np.array([[0.8, 0.2], [0.6, 0.4], [0.7, 0.3]])
    machine = Machine(emits, np.array([[0, 1], [0, 2], [1, 1]]))
    chances = []
    for word in itertools.product((0, 1), repeat=12):
        belief = machine.stationary
        for symbol in word:
            belief = belief @ machine.moves[symbol]
        chances.append(belief.sum())
    words = float(measure_entropies(np.array(chances))) - 12 * machine.rate_bits
    excess, doubt = machine.trace_excess()
    assert doubt < 1e-9
    assert 0 < excess - words < 1e-3


def test_the_states_are_those_that_made_the_sequence() -> None:
    """Even process: the state before a symbol is the parity of the ones since the last zero."""
    symbols = PROCESSES["even"].draw(20_000, 0).sequence
    states = find_causal_states(symbols).states
    zeros = np.flatnonzero(symbols == 0)
    since = np.arange(len(symbols)) - zeros[np.searchsorted(zeros, np.arange(len(symbols))) - 1] - 1
    known = (states >= 0) & (np.arange(len(symbols)) > zeros[0])
    assert known.mean() > 0.99
    assert len(set(zip(states[known], since[known] % 2, strict=True))) == 2


def test_a_coin_is_split_no_more_often_than_the_significance_says() -> None:
    rng = np.random.default_rng(0)
    found = [find_causal_states(rng.integers(0, 2, 2_000), significance=0.05) for _ in range(200)]
    split = sum(one.machine is None or one.machine.states > 1 for one in found)
    assert split <= 0.05 * 200 + 3 * math.sqrt(200 * 0.05 * 0.95)


def test_counts_are_compared_as_a_likelihood_ratio() -> None:
    first, second = np.array([[30, 12, 5], [9, 0, 4]]), np.array([[22, 31, 3], [11, 0, 30]])
    for p, a, b in zip(compare_counts(first, second), first, second, strict=True):
        seen = np.stack([a, b])[:, (a + b) > 0]
        assert p == pytest.approx(chi2_contingency(seen, correction=False, lambda_="log-likelihood").pvalue)
    assert compare_counts(np.zeros((1, 2), dtype=int), np.array([[3, 4]])) == 1.0


def test_what_diverges_grows_with_the_sequence() -> None:
    symbols = np.array([i.bit_count() % 2 for i in range(2**15)])
    short, long = (find_causal_states(symbols[:n]).machine for n in (2**10, 2**15))
    assert short is not None and long is not None
    assert long.complexity_bits > short.complexity_bits + 1


@pytest.mark.parametrize("symbols", [np.zeros(0, int), np.arange(300) % 100])
def test_too_few_symbols_are_refused(symbols: np.ndarray) -> None:
    found = find_causal_states(symbols)
    assert found.machine is None and "too few" in found.reason and (found.states == -1).all()


def test_memory_longer_than_the_histories_is_refused() -> None:
    rng = np.random.default_rng(0)
    rows = rng.dirichlet(np.full(20, 0.5), 20)
    chain = [0]
    for _ in range(20_000):
        chain.append(int(rng.choice(20, p=rows[chain[-1]])))
    found = find_causal_states(np.array(chain))
    assert found.machine is None and "foretells differently" in found.reason


def test_what_is_missing_of_an_excess_is_bounded() -> None:
    """Symbols that permute the states: no word tells them apart for certain, nothing is hidden, E = C_μ."""
    machine = Machine(np.array([[0.3, 0.7], [0.6, 0.4], [0.8, 0.2]]), np.array([[0, 1], [2, 0], [1, 2]]))
    excess, doubt = machine.trace_excess()
    assert doubt > 0.01 and math.isnan(machine.excess_bits)
    assert excess < machine.complexity_bits <= excess + doubt + 1e-9


def test_levels_are_not_all_kept() -> None:
    """Zeros bear histories of 4 log2 n symbols, and each level names every position."""
    zeros = np.zeros(2**17, dtype=np.uint8)
    tracemalloc.start()
    found = find_causal_states(zeros)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found.machine is not None and found.machine.states == 1 and found.reach > 60
    assert peak < 120 * len(zeros)


def test_a_history_tested_alone_is_tested_as_among_all() -> None:
    counts = np.random.default_rng(0).integers(0, 50, (2, 30, 4))
    np.testing.assert_array_equal(compare_counts(*counts)[7:9], compare_counts(*counts[:, 7:9]))
