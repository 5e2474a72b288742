"""Training speed of every family on the shelf: tokens per CPU second, and model FLOP over the matrix-multiply peak.

One thread, float32. Each family stands at its defaults, its size dial where all its parameters come nearest to each
target; vocabulary 256, 16 windows of 128 tokens, whole training steps: objective, gradient, clipping, update. In every
round each net takes one step and the peak (a product of two 512 × 512 matrices) is measured beside it, so that a busy
machine slows both; the table shows medians over the rounds. FLOP are those of the closed forms; what the optimizer
and element-wise work cost is time without FLOP.

    python -m benchmarks.utilisation [--rounds 5] [--optimizer muon] [--parameters 25000 ...] [--families lstm ...]
"""

from __future__ import annotations

import argparse
import math
import statistics
import time
from collections.abc import Iterator, Sequence

import torch
from torch import nn

from lab.core.errors import InputError
from lab.core.registry import open_shelf
from lab.families import Family, Shape
from lab.training.arithmetic import settle_arithmetic
from lab.training.objective import find_objective
from lab.training.optimizers import make_optimizers

SHAPE, WINDOWS = Shape(vocabulary=256, window=128), 16
BATCH_TOKENS = WINDOWS * SHAPE.window
TARGETS = (25_000, 100_000, 200_000, 800_000, 2_700_000)
LARGEST_SIZE, SIZE_STEP = 2048, 4
MATRIX, PRODUCTS = 512, 4
PEER, BAR = ("transformer", "gpt2_transformer"), 0.85


def count_all(family: Family) -> int:
    return sum(family.count_parameters(SHAPE).values())


def find_nearest(entry: type[Family], target: int) -> Family:
    """The family whose parameters are nearest to the target in their logarithm."""
    return min(list_sizes(entry), key=lambda family: abs(math.log(count_all(family) / target)))


def list_sizes(entry: type[Family]) -> Iterator[Family]:
    for size in range(SIZE_STEP, LARGEST_SIZE + 1, SIZE_STEP):
        try:
            yield entry(**{entry.size_dial: size})
        except InputError:  # a size this family has not got
            continue


def measure_peak() -> float:
    """FLOP per CPU second of a square product."""
    left, right = torch.randn(2, MATRIX, MATRIX)
    began = time.process_time()
    for _ in range(PRODUCTS):
        left @ right
    return PRODUCTS * 2 * MATRIX**3 / (time.process_time() - began)


class Contestant:
    """One net in training; `speeds` in tokens per CPU second, `utilisations` as a share of the peak measured beside."""

    def __init__(self, name: str, family: Family, optimizer: str) -> None:
        torch.manual_seed(0)
        self.name, self.family = name, family
        self.net = family.build(SHAPE)
        self.optimizers = make_optimizers(optimizer, self.net, family, 0.01, BATCH_TOKENS)
        self.flops_per_token = family.count_training_flops(SHAPE) / SHAPE.window
        self.speeds: list[float] = []
        self.utilisations: list[float] = []
        self.step()  # the first one also fills caches, and counts for nothing

    def measure(self) -> None:
        peak = measure_peak()
        began = time.process_time()
        self.step()
        self.speeds.append(BATCH_TOKENS / (time.process_time() - began))
        self.utilisations.append(self.speeds[-1] * self.flops_per_token / peak)

    def step(self) -> None:
        tokens = torch.randint(SHAPE.vocabulary, (WINDOWS, SHAPE.window + 1))
        objective, _ = find_objective(self.net, tokens[:, :-1], tokens[:, 1:])
        objective.backward()
        nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        self.optimizers.step(1.0)


def compare(names: Sequence[str], target: int, rounds: int, optimizer: str) -> None:
    shelf = open_shelf("families")
    contestants = {name: Contestant(name, find_nearest(shelf.load(name), target), optimizer) for name in names}
    for _ in range(rounds):
        for contestant in contestants.values():
            contestant.measure()
    for name, c in contestants.items():
        print(
            f"{target:>9,} {name:<24} {c.family.size:>5} {count_all(c.family):>10,} {c.flops_per_token / 1e6:>9.3f} "
            f"{statistics.median(c.speeds):>13,.0f} {statistics.median(c.utilisations):>6.1%}",
            flush=True,
        )
    if contestants.keys() >= set(PEER):
        ours, plain = (contestants[name].utilisations for name in PEER)
        ratio = statistics.median(ours) / statistics.median(plain)
        verdict = "met" if ratio >= BAR else "missed"
        print(f"{'':>9} {PEER[0]} / {PEER[1]}: {ratio:.2f} of its utilisation (bar {BAR}: {verdict})", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--optimizer", default="muon")
    parser.add_argument("--parameters", type=int, nargs="+", default=TARGETS)
    parser.add_argument("--families", nargs="+", default=open_shelf("families").names())
    arguments = parser.parse_args()
    with settle_arithmetic():
        peak = statistics.median(measure_peak() for _ in range(9))
        print(f"peak {peak / 1e9:.1f} GFLOP per CPU second ({MATRIX} × {MATRIX}, float32, one thread)")
        print(f"{'target':>9} {'family':<24} {'size':>5} {'parameters':>10}", end=" ")
        print(f"{'MFLOP/tok':>9} {'tokens/CPU-s':>13} {'MFU':>6}")
        for target in arguments.parameters:
            compare(arguments.families, target, arguments.rounds, arguments.optimizer)


if __name__ == "__main__":
    main()
