"""LZ76 by a suffix automaton against the quadratic algorithm of Kaspar and Schuster 1987, both compiled.

CPU-seconds of one process on fair bits, medians of several rounds, the compiled peer in the same run; the peer once,
because it is slow. The counts must agree. Beside a step stands what the memory allows: reading from place to place of a
random cycle through an array as large as the automaton, each read waiting for the one before.

    python -m benchmarks.lz76
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np
from numba import njit

from lab.complexity.code import Message
from lab.complexity.phrases import count_lz76, count_lz78, normalise_count
from lab.complexity.suffix import ROW

LENGTHS = (200_000, 1_000_000, 10_000_000)
PEER_LENGTH = 200_000
ROUNDS = {200_000: 9, 1_000_000: 5, 10_000_000: 3}
READS = 2_000_000
BAR_SECONDS, BAR_RATIO = 0.6, 100


@njit
def count_by_scanning(bits: np.ndarray) -> int:
    """Kaspar and Schuster 1987, Phys. Rev. A 36, 842, Fig. 1: every phrase is compared with every earlier start."""
    n = bits.size
    start, length, phrase, count, longest = 0, 1, 1, 1, 1
    while phrase + length <= n:
        if bits[start + length - 1] == bits[phrase + length - 1]:
            length += 1
            continue
        longest = max(longest, length)
        start += 1
        if start == phrase:
            count += 1
            phrase += longest
            start, longest = 0, 1
        length = 1
    return count + 1 if length > 1 or phrase < n else count


@njit
def follow(links: np.ndarray, steps: int) -> int:
    """Where `steps` steps through the links end."""
    place = 0
    for _ in range(steps):
        place = links[place, 0]
    return place


def time_read(bits: int) -> float:
    """Seconds of a dependent read from about as many states as the automaton of random bits has, three for two bits."""
    cycle = np.random.default_rng(1).permutation(bits + bits // 2).astype(np.int32)
    links = np.empty((cycle.size, ROW + 2), np.int32)
    links[cycle, 0] = np.roll(cycle, -1)
    return clock(lambda: follow(links, READS), 3) / READS


def clock(work: Callable[[], object], rounds: int) -> float:
    """Median CPU-seconds of `work`."""
    spent = []
    for _ in range(rounds):
        began = time.process_time()
        work()
        spent.append(time.process_time() - began)
    return statistics.median(spent)


def main() -> None:
    """Times at three lengths, and the ratio to the peer at the shortest."""
    chance = np.random.default_rng(0)
    messages = {n: Message(chance.integers(0, 2, n, dtype=np.uint8), 2) for n in LENGTHS}
    for warm in (count_lz76, count_lz78):
        warm(Message(np.zeros(10, np.uint8), 2))
    count_by_scanning(np.zeros(10, np.uint8))
    follow(np.zeros((1, ROW + 2), np.int32), 1)
    spent, read = {}, {}
    for n, message in messages.items():
        spent[n] = clock(lambda message=message: count_lz76(message), ROUNDS[n])
        read[n] = time_read(n)
        dictionary = clock(lambda message=message: count_lz78(message), ROUNDS[n])
        found = count_lz76(message)
        print(
            f"{n:>10,} bits: LZ76 {spent[n]:.3f} s ({1e9 * spent[n] / n:.0f} ns a bit, a read of its memory "
            f"{1e9 * read[n]:.0f}), {found:,} phrases, "
            f"c log2(n)/n = {normalise_count(found, n):.4f}; LZ78 {dictionary:.3f} s, "
            f"{normalise_count(count_lz78(message)[0], n):.4f}"
        )
    peer = messages[PEER_LENGTH]
    quadratic = clock(lambda: count_by_scanning(peer.sequence), 1)
    assert count_by_scanning(peer.sequence[:20_000]) == count_lz76(Message(peer.sequence[:20_000], 2))
    ratio = quadratic / spent[PEER_LENGTH]
    print(f"quadratic at {PEER_LENGTH:,} bits: {quadratic:.2f} s, {ratio:.0f} times the automaton (bar {BAR_RATIO})")
    print(f"10⁶ bits: {spent[1_000_000]:.3f} s (bar {BAR_SECONDS}); 10⁷ over 10⁶: {spent[10**7] / spent[10**6]:.1f}")
    slower, reads = (values[10**7] / values[10**6] for values in (spent, read))
    print(f"a bit takes {slower / 10:.2f} times as long at 10⁷ as at 10⁶, a read of as much memory {reads:.2f} times")


if __name__ == "__main__":
    main()
