"""Causal states, block entropies and permutation entropy against counting words in a dictionary, as usual tools do.

CPU-seconds of one process on the golden mean, medians; the plain peer in the same run, once where it is slow. Both
block entropies must agree, and so must both permutation entropies. Of causal splitting the peer does the counting of
histories alone, the first step of CSSR, to the length that the lab tests.

    python -m benchmarks.statistics
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import Any

import numpy as np

from lab.analysis.complexity.objects import open_object
from lab.complexity.blocks import measure_blocks
from lab.complexity.causal_states import find_causal_states
from lab.complexity.estimators.permutation_entropy import PermutationEntropy

LENGTHS = {100_000: (5, 3), 1_000_000: (3, 1)}  # rounds of the lab, of the peer
ORDER = 4


def count_words(symbols: bytes, length: int) -> Counter[bytes]:
    """How often every word of `length` symbols occurs."""
    return Counter(symbols[start : start + length] for start in range(len(symbols) - length + 1))


def measure_plain_entropies(symbols: bytes, longest: int) -> list[float]:
    """Plug-in block entropies in bits to `longest`."""
    return [find_entropy(count_words(symbols, length)) for length in range(1, longest + 1)]


def count_histories(symbols: bytes, longest: int) -> list[Counter[bytes]]:
    """What a parse tree of causal splitting holds: all words to a history and the symbol behind it."""
    return [count_words(symbols, length) for length in range(1, longest + 2)]


def measure_plain_patterns(values: list[int]) -> float:
    """Permutation entropy, a window sorted at a time; not corrected, over log2 ORDER!."""
    windows = (values[start : start + ORDER] for start in range(len(values) - ORDER + 1))
    counts = Counter(tuple(sorted(range(ORDER), key=window.__getitem__)) for window in windows)
    return find_entropy(counts) / math.log2(math.factorial(ORDER))


def find_entropy(counts: Counter[Any]) -> float:
    """Of observed shares, bits."""
    total = counts.total()
    return -sum(count / total * math.log2(count / total) for count in counts.values())


def clock(work: Callable[[], object], rounds: int) -> float:
    """Median CPU-seconds of `work`."""
    spent = []
    for _ in range(rounds):
        began = time.process_time()
        work()
        spent.append(time.process_time() - began)
    return median(spent)


def main() -> None:
    """A line per measure and length: the lab's seconds, the peer's, and their ratio."""
    patterns = PermutationEntropy(ORDER)
    find_causal_states(open_object("golden_mean", 1_000).message.sequence)  # compiled before the clock runs
    for length, (rounds, peer_rounds) in LENGTHS.items():
        message = open_object("golden_mean", length).message
        sequence, symbols, values = message.sequence, message.sequence.tobytes(), message.sequence.tolist()
        longest, reach = measure_blocks(sequence).length, find_causal_states(sequence).reach
        plain = np.array(measure_plain_entropies(symbols, longest))
        assert np.allclose(plain, measure_blocks(sequence, "plug_in").entropies_bits[1:])
        assert abs(measure_plain_patterns(values) - patterns.estimate(message)) < 1e-3  # Miller and Madow's term
        pairs: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
            f"block entropies to L = {longest}": (
                partial(measure_blocks, sequence),
                partial(measure_plain_entropies, symbols, longest),
            ),
            f"causal states to {reach}": (
                partial(find_causal_states, sequence),
                partial(count_histories, symbols, reach),
            ),
            f"permutation entropy, order {ORDER}": (
                partial(patterns.estimate, message),
                partial(measure_plain_patterns, values),
            ),
        }
        for name, (own, peer) in pairs.items():
            ours, theirs = clock(own, rounds), clock(peer, peer_rounds)
            told = f"{ours:7.3f} s  plain {theirs:7.2f} s  {theirs / ours:6.1f} times"
            print(f"{length:>9,}  {name:28}  {told}", flush=True)


if __name__ == "__main__":
    main()
