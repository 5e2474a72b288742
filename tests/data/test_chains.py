"""Processes of known truth: closed forms, exact paths, and what is given away by the rules that are not random."""

from __future__ import annotations

import math
import time
from itertools import pairwise, product

import numpy as np
import pytest

from lab.core.errors import InputError, RefusedError
from lab.core.seeds import open_stream
from lab.data import Source
from lab.data.bernoulli import Bernoulli
from lab.data.bytes_text import BytesText
from lab.data.chains.path import follow_path
from lab.data.chains.unifilar import Machine
from lab.data.elementary import Elementary, iterate_rings
from lab.data.even_process import EvenProcess
from lab.data.golden_mean import GoldenMean
from lab.data.markov import Markov
from lab.data.periodic import Periodic
from lab.data.prng import Prng
from lab.data.thue_morse import ThueMorse


def binary(p: float) -> float:
    return -p * math.log(p) - (1 - p) * math.log(1 - p)


def truths(source: Source) -> list[float]:
    values = (source.entropy_rate, source.excess_entropy, source.statistical_complexity)
    return [math.nan if value is None else value / math.log(2) for value in values]


@pytest.mark.parametrize(
    ("source", "bits"),
    [
        (Bernoulli(), (1.0, 0.0, 0.0)),
        (Bernoulli(0.1), (0.468996, 0.0, 0.0)),
        (GoldenMean(), (2 / 3, 0.251629, 0.918296)),
        (EvenProcess(), (2 / 3, 0.918296, 0.918296)),
        (Periodic("01"), (0.0, 1.0, 1.0)),
        (Periodic("0010111"), (0.0, math.log2(7), math.log2(7))),
        (Periodic("011011"), (0.0, math.log2(3), math.log2(3))),
    ],
)
def test_published_values_in_bits(source: Source, bits: tuple[float, float, float]) -> None:
    assert truths(source) == pytest.approx(bits, abs=1e-6)


@pytest.mark.parametrize("p", [0.1, 0.3, 0.8])
def test_closed_forms_at_every_dial(p: float) -> None:
    rate, memory = binary(p) / (1 + p), binary(p / (1 + p))
    golden, even = GoldenMean(p), EvenProcess(p)
    assert (golden.entropy_rate, golden.statistical_complexity) == pytest.approx((rate, memory), abs=1e-12)
    assert golden.excess_entropy == pytest.approx(memory - rate, abs=1e-11)
    assert (even.entropy_rate, even.statistical_complexity) == pytest.approx((rate, memory), abs=1e-12)
    assert even.excess_entropy == pytest.approx(memory, abs=1e-9)


def measure_block(machine: Machine, length: int) -> float:
    """H(L) in nats, every word by itself."""
    rows = machine.stationary[None]
    for _ in range(length):
        rows = np.concatenate([rows @ table for table in machine.transitions])
    chance = rows.sum(axis=1)
    assert chance.sum() == pytest.approx(1.0)
    return float(-(chance[chance > 0] * np.log(chance[chance > 0])).sum())


@pytest.mark.parametrize("source", [GoldenMean(), GoldenMean(0.2), EvenProcess(), EvenProcess(0.7), Periodic("00101")])
def test_excess_entropy_is_what_block_entropies_keep_above_the_rate(source: GoldenMean | EvenProcess) -> None:
    assert source.excess_entropy is not None
    gaps = [measure_block(source.machine, length) - length * source.entropy_rate for length in (4, 8, 16)]
    missing = [source.excess_entropy - gap for gap in gaps]
    assert (np.diff(missing) <= 1e-9).all()
    assert -1e-9 <= missing[-1] <= missing[0] / 4 + 1e-9


@pytest.mark.parametrize("order", [1, 2])
def test_a_markov_chain_agrees_with_itself_as_a_machine(order: int) -> None:
    chain = Markov(symbols=3, order=order)
    probe = np.array(list(product(range(3), repeat=order + 1)))
    contexts = np.hstack([probe[:, :1], probe])[:, 1:]
    emits = np.exp(-chain.true_loss(contexts)[:, -1]).reshape(-1, 3)
    successors = (np.arange(len(emits))[:, None] * 3 + np.arange(3)) % len(emits)
    machine = Machine(emits, successors)
    assert chain.entropy_rate == pytest.approx(machine.entropy_rate, abs=1e-12)
    assert chain.statistical_complexity == pytest.approx(machine.statistical_complexity, abs=1e-12)
    assert chain.excess_entropy == pytest.approx(machine.excess_entropy, abs=1e-9)


def test_states_of_one_future_are_no_machine() -> None:
    with pytest.raises(InputError, match="1 different futures"):
        Machine(np.array([[0.5, 0.5], [0.5, 0.5]]), np.array([[1, 0], [0, 1]]))


@pytest.mark.parametrize("source", [EvenProcess(), Markov(symbols=5), Markov(symbols=2, order=5)])
@pytest.mark.parametrize("length", [0, 1, 2, 1000, 4097])
def test_a_path_in_pieces_is_the_sequential_path(source: EvenProcess | Markov, length: int) -> None:
    step = source.machine.step if isinstance(source, EvenProcess) else source._step
    uniforms = open_stream(0, "test").random(length)
    state, wanted = np.array([1]), []
    for uniform in uniforms:
        symbol, state = step(state, np.array([uniform]))
        wanted.append(int(symbol[0]))
    np.testing.assert_array_equal(follow_path(step, 1, uniforms), wanted)


@pytest.mark.parametrize("source", [Markov(), EvenProcess(), Bernoulli(), Periodic(), ThueMorse(), Prng()])
def test_a_million_symbols_are_quick(source: Source) -> None:
    source.draw(100, 0)
    began = time.process_time()
    assert len(source.draw(10**6, 1)) == 10**6
    assert time.process_time() - began < 2.0


def test_words_that_a_process_forbids_do_not_occur() -> None:
    golden = GoldenMean().draw(10_000, 0)
    assert not ((golden[1:] == 0) & (golden[:-1] == 0)).any()
    zeros = np.flatnonzero(EvenProcess().draw(10_000, 0) == 0)
    assert (np.diff(zeros) % 2 == 1).all(), "runs of 1s between 0s are even"
    assert np.isinf(GoldenMean().true_loss(np.array([[0, 0, 1]]))).all()


def test_thue_morse_holds_no_cube_and_its_pairs_have_their_frequencies() -> None:
    drawn = ThueMorse().draw(3000, 3)
    for length in range(1, 200):
        same = drawn[length:] == drawn[:-length]
        runs = np.diff(np.flatnonzero(np.concatenate([[True], ~same, [True]]))) - 1
        assert runs.max() <= length, "an overlap needs a repetition longer than its period (Thue 1912)"
    windows = np.array(list(product((0, 1), repeat=2)))
    loss = ThueMorse().true_loss(windows)[:, 0]
    np.testing.assert_allclose(np.exp(-loss), [1 / 3, 2 / 3, 2 / 3, 1 / 3], rtol=1e-12)


@pytest.mark.parametrize("rule", [15, 30, 54, 90, 110, 184])
def test_rings_obey_their_rule(rule: int) -> None:
    width, lanes = 11, 3
    states = iterate_rings(rule, width, lanes, int.from_bytes(open_stream(rule, "test").bytes(5)))
    cells = [np.array([[s >> i * lanes + k & 1 for i in range(width)] for k in range(lanes)]) for s in take(states, 30)]
    for now, then in pairwise(cells):
        table = np.array([rule >> i & 1 for i in range(8)])
        np.testing.assert_array_equal(then, table[4 * np.roll(now, 1, 1) + 2 * now + np.roll(now, -1, 1)])


def take(states: object, count: int) -> list[int]:
    return [next(states) for _ in range(count)]  # type: ignore[call-overload]


def test_a_block_is_rows_and_a_column_is_their_first_cell() -> None:
    block = Elementary(rule=30, width=64, view="block").draw(64 * 50, 2).reshape(50, 64)
    np.testing.assert_array_equal(block[:, 0], Elementary(rule=30, width=64).draw(50, 2))
    np.testing.assert_array_equal(block[1:], np.roll(block[:-1], 1, 1) ^ (block[:-1] | np.roll(block[:-1], -1, 1)))


def test_rows_a_stride_apart_are_rows_of_the_same_ring() -> None:
    every = Elementary(rule=30, width=64, view="block", settle=0).draw(64 * 97, 2).reshape(97, 64)
    apart = Elementary(rule=30, width=64, view="block", settle=0, stride=48)
    np.testing.assert_array_equal(apart.draw(64 * 3, 2).reshape(3, 64), every[::48])
    assert apart.training_windows(0, 0, 2, 127).shape == (2, 128)
    assert apart.content_hash() != Elementary(rule=30, width=64, view="block", settle=0).content_hash()


def test_low_bits_of_the_generator_repeat_and_the_high_one_looks_fair() -> None:
    low = Prng(bit=3).draw(4096, 0)
    np.testing.assert_array_equal(low[16:], low[:-16])
    assert not np.array_equal(low[8:], low[:-8])
    assert abs(Prng().draw(100_000, 0).mean() - 0.5) < 5 * 0.5 / math.sqrt(100_000)
    state, seed = [], int(open_stream(0, "prng", "draw").integers(2**64, size=(1, 1), dtype=np.uint64)[0, 0])
    for _ in range(5):
        state.append(seed >> 63)
        seed = (6364136223846793005 * seed + 1442695040888963407) % 2**64
    np.testing.assert_array_equal(Prng().draw(5, 0), state)


def test_a_text_is_drawn_whole_and_never_beyond_its_end() -> None:
    text = BytesText()
    drawn = text.draw(500, 3).astype(np.uint8).tobytes()
    assert drawn in text.load_split()[0].tobytes()
    with pytest.raises(RefusedError, match="corpus has"):
        text.draw(10**9, 0)


@pytest.mark.parametrize(
    "build",
    [
        lambda: Bernoulli(0.0), lambda: GoldenMean(1.0), lambda: EvenProcess(-0.1), lambda: Periodic("a"),
        lambda: Periodic("1"), lambda: Elementary(rule=256), lambda: Elementary(width=2), lambda: Elementary(stride=0),
        lambda: Prng(bit=64),
    ],
)  # fmt: skip
def test_a_dial_out_of_its_range_is_refused(build: type[Source]) -> None:
    with pytest.raises(InputError, match="got"):
        build()
