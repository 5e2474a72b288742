"""Many predictions of the next bit, mixed into one by weights that learn (context mixing).

A byte is eight binary decisions, its high bit first. For each, every context (the last 0 … 6 bytes; the word so far)
says what followed it: the share of ones, and what a history like this one (discounted counts of zeros and ones) has
meant so far. What followed the last place where the same bytes stood is one more prediction, and one may come from
outside: a net's. All are mixed in the logistic domain, p = σ(Σ wᵢ·xᵢ) with xᵢ = ln(pᵢ / (1 − pᵢ)), and the weights
follow the gradient of the code length, Δwᵢ = η·(bit − p)·xᵢ (Mahoney 2005, Adaptive Weighing of Context Models for
Lossless Data Compression, section 3). Three sets of weights, each chosen by a small context, are mixed once more
(Knoll & de Freitas 2012, arXiv 1108.3298), and what the mixture said is corrected by what came of it.

Both ends of a code call `code_places`. It computes with integers and float64 in a fixed order, by +, −, × and ÷ only;
logarithm and exponential are rounded tables, so that another machine's last place does not matter.

Shapes: S streams, C contexts, I inputs, V = 256 byte values.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from lab.complexity.arithmetic import (
    SCALE,
    Bytes,
    Counts,
    Interval,
    Payload,
    Places,
    close_writer,
    code_bit,
    drain,
    open_reader,
    open_writer,
)
from lab.complexity.contexts import (
    AFTER,
    BIAS,
    BUCKETS,
    CELLS,
    CLIP,
    CONTEXTS,
    HALF,
    INPUTS,
    LONGEST_MATCH,
    MATCH,
    MOST_SLOTS,
    ORDERS,
    OUTSIDE,
    SAID,
    SETS,
    SQUASH,
    STRETCH,
    Memory,
    Reals,
    make_memory,
)

FIRST_RATE, LAST_RATE, RATE_HALVES = 0.02, 0.002, 16384.0  # of the weights, falling as 1 / bits; bits at half the fall
MOST_SEEN = (255, 1023)  # occurrences after which the chance of a context, and that of a history, slow down no more
MATCHED = 5  # bytes that must agree before a match is followed
CORRECTION_RATE = 0.02
LEAST = 2.0**-18  # chance of either bit
_PRIME = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio (Knuth 1973, section 6.4)
SAYS_NOTHING: Counts = np.ones((1, 256), np.int64)  # a prediction from outside, where there is none


class MixedWriter:
    """The writing end of a mixed code."""

    def __init__(self, data: Bytes, streams: int, most_slots: int = MOST_SLOTS) -> None:
        self._memory, self._interval = make_memory(streams, data.copy(), most_slots), open_writer(streams)
        self._written = bytearray()

    def code(self, places: Places, counts_SV: Counts) -> Bytes:
        """What stands there, written."""
        code_places(self._memory, self._interval, np.arange(len(places)), places, counts_SV)
        self._written += drain(self._interval)
        found: Bytes = self._memory.content[places]
        return found

    def finish(self) -> bytes:
        """What was written."""
        return bytes(self._written) + close_writer(self._interval)

    @property
    def area(self) -> float:
        """Σ −log2 of the mixed probabilities so far, bits."""
        return float(self._memory.tally[1])


class MixedReader:
    """The reading end; `data` is filled as it reads.

    `least_bits`: what a byte costs at the least, for each of its eight bits may be the other one.
    """

    least_bits = 8 * LEAST

    def __init__(self, data: Bytes, streams: int, payload: Payload, most_slots: int = MOST_SLOTS) -> None:
        self._memory, self._interval = make_memory(streams, data, most_slots), open_reader(payload)

    def code(self, places: Places, counts_SV: Counts) -> Bytes:
        """What was written."""
        code_places(self._memory, self._interval, np.arange(len(places)), places, counts_SV)
        found: Bytes = self._memory.content[places]
        return found


@njit(cache=True)
def code_places(memory: Memory, interval: Interval, streams: Places, places: Places, counts: Counts) -> None:
    """Codes the bytes at `places`, one after the other, each the next of its stream; a reader fills them in.

    `counts` (a row for each, or one for all) are the predictions from outside; all counts equal say nothing.
    """
    for i in range(places.size):
        _code_byte(memory, interval, streams[i], places[i], counts[i % counts.shape[0]])


@njit(cache=True)
def _code_byte(memory: Memory, interval: Interval, s: int, place: int, counts_V: Counts) -> None:
    slots_C, inputs_I = np.empty(CONTEXTS, np.int64), np.empty(INPUTS)
    chosen, dots, below = np.empty(SETS, np.int64), np.empty(SETS), np.empty(257, np.int64)
    inputs_I[BIAS] = 0.3
    _follow_match(memory, s, place)
    below[0] = 0
    for v in range(256):
        below[v + 1] = below[v] + counts_V[v]
    known = 1  # the bits so far behind a leading one
    for shift in range(7, -1, -1):
        if shift == 7 or shift == 3:
            _find_slots(memory, s, known, slots_C)
        node = known if shift > 3 else (known & ((1 << (3 - shift)) - 1)) | 1 << (3 - shift)
        expected = _expect(memory, s, known, shift)
        _gather(memory, known, shift, node, expected, slots_C, below, inputs_I)
        chance, total = _mix(memory, s, known, expected, inputs_I, chosen, dots)
        ones = min(max(int(chance * SCALE), 1), SCALE - 1)
        bit = code_bit(interval, ones, memory.content[place] >> shift & 1)
        memory.tally[1] -= math.log2(chance if bit else 1.0 - chance)
        _learn_counts(memory, expected, node, slots_C, bit)
        _learn_weights(memory, s, known, inputs_I, chosen, dots, total, bit)
        known = known << 1 | bit
    _remember(memory, s, place, known & 255)


@njit(cache=True)
def _squash(logit: float) -> float:
    """σ, by linear interpolation."""
    at = (logit + CLIP) * ((CELLS + 1) / (2 * CLIP))
    cell = min(int(at), CELLS)
    chance: float = SQUASH[cell] + (SQUASH[cell + 1] - SQUASH[cell]) * (at - cell)
    return chance


@njit(cache=True)
def _clip(logit: float) -> float:
    return min(max(logit, -CLIP), CLIP)


@njit(cache=True)
def _nudge(word: int, bit: int, most: int) -> int:
    """The chance in a word moved towards the bit by 1 / (seen + 3/2)."""
    chance, seen = int(word) >> 10, int(word) & 1023
    chance += (((bit << 22) - bit - chance) * 2) // (2 * seen + 3)
    return chance << 10 | min(seen + 1, most)


@njit(cache=True)
def _hash_context(memory: Memory, s: int, context: int) -> np.uint64:
    """The context of a stream as a number."""
    kept = memory.tails[s] & ((np.uint64(1) << np.uint64(8 * context)) - np.uint64(1))
    key: np.uint64 = ((memory.words[s] if context == ORDERS else kept) + np.uint64(context)) * _PRIME
    return key


@njit(cache=True)
def _find_slots(memory: Memory, s: int, known: int, slots_C: Places) -> None:
    """The slot of every context for the half byte that begins: its own, or the less used of two made free."""
    mask = np.uint64(2 * memory.pairs.shape[1] - 1)
    for c in range(CONTEXTS):
        key = _hash_context(memory, s, c)
        key = (key ^ key >> np.uint64(29)) + np.uint64(known)
        key *= _PRIME
        key ^= key >> np.uint64(32)
        hashed, check = np.int64(key & mask), np.uint8(np.uint64(1) + (key >> np.uint64(40)) % np.uint64(255))
        first = 2 * _place_pair(memory, c, hashed >> 1) + (hashed & 1)
        second = first ^ 1
        if memory.checks[first] == check:
            slots_C[c] = first
        elif memory.checks[second] == check:
            slots_C[c] = second
        else:
            used = memory.chances[first, 1] & 1023, memory.chances[second, 1] & 1023
            slot = first if used[0] <= used[1] else second
            memory.checks[slot] = check
            memory.chances[slot] = HALF
            memory.histories[slot] = 0
            slots_C[c] = slot


@njit(cache=True)
def _place_pair(memory: Memory, c: int, pair: np.int64) -> int:
    """Where a pair of slots lies; where it has no place yet, the next that is free, or one that is shared."""
    if memory.pairs[c, pair] == 0:
        free = 2 * memory.taken[0] < memory.checks.size
        memory.pairs[c, pair] = memory.taken[0] if free else pair + 1
        memory.taken[0] += 1 if free else 0
    place: int = memory.pairs[c, pair]
    return place


@njit(cache=True)
def _follow_match(memory: Memory, s: int, place: int) -> None:
    """Keeps the place that has been right, or looks for one where the last bytes stood before."""
    kept = memory.tails[s] & ((np.uint64(1) << np.uint64(8 * MATCHED)) - np.uint64(1))
    key = (kept + np.uint64(1)) * _PRIME
    at = np.int64((key ^ key >> np.uint64(32)) & np.uint64(memory.last_places.size - 1))
    match = memory.matches[s]
    if match[1] == 0 and memory.last_places[at] >= 0:
        match[0], alike = memory.last_places[at], 0
        while (
            alike < 8
            and alike < match[0]
            and _recall(memory, match[0] - 1 - alike) == (memory.tails[s] >> np.uint64(8 * alike)) & np.uint64(255)
        ):
            alike += 1
        match[1] = alike if alike >= MATCHED else 0
    if match[1] and (match[0] >= memory.content.size or _recall(memory, match[0]) < 0):
        match[1] = 0
    memory.last_places[at] = place


@njit(cache=True)
def _recall(memory: Memory, place: int) -> int:
    """The byte that was coded there; −1 where none was yet."""
    known: int = memory.coded[place >> 3] >> (place & 7) & 1
    return int(memory.content[place]) if known else -1


@njit(cache=True)
def _expect(memory: Memory, s: int, known: int, shift: int) -> int:
    """What the match foretells: 2 · bucket of its length + the bit; 0 where there is none or it has failed already."""
    length = memory.matches[s, 1]
    if length == 0:
        return 0
    followed = np.int64(memory.content[memory.matches[s, 0]]) | 256
    if followed >> (shift + 1) != known:
        return 0
    bucket = length if length < 16 else min(14 + length // 8, LONGEST_MATCH)
    expected: int = 2 * bucket | (followed >> shift & 1)
    return expected


@njit(cache=True)
def _gather(
    memory: Memory, known: int, shift: int, node: int, expected: int, slots_C: Places, below: Places, inputs_I: Reals
) -> None:
    """The logits of all predictions; 0 where a context was never seen."""
    for c in range(CONTEXTS):
        word, history = np.int64(memory.chances[slots_C[c], node]), np.int64(memory.histories[slots_C[c], node])
        seen = word & 1023
        inputs_I[2 * c] = STRETCH[word >> 20] if seen else 0.0
        inputs_I[2 * c + 1] = STRETCH[memory.meanings[c, history] >> 20] if seen else 0.0
    right = STRETCH[memory.match_meanings[expected >> 1] >> 20]
    inputs_I[MATCH] = 0.0 if expected < 2 else right if expected & 1 else -right
    low = (known << (shift + 1)) & 255
    ones = below[low + (2 << shift)] - below[low + (1 << shift)]
    inputs_I[OUTSIDE] = STRETCH[ones * CELLS // (below[low + (2 << shift)] - below[low] + 1)]


@njit(cache=True)
def _mix(
    memory: Memory, s: int, known: int, expected: int, inputs_I: Reals, chosen: Places, dots: Reals
) -> tuple[float, float]:
    """The chance of a one, and what the mixture said before it was corrected."""
    trust = min(int(abs(inputs_I[OUTSIDE]) * 1.75), 15)
    last = np.int64(memory.tails[s] & np.uint64(255))
    chosen[0], chosen[1], chosen[2] = (expected >> 1) * 16 + trust, known, last
    total = 0.0
    for j in range(SETS):
        dot = 0.0
        for i in range(INPUTS):
            dot += memory.weights[j, chosen[j], i] * inputs_I[i]
        dots[j] = _clip(dot)
        total += memory.last_weights[known, j] * dots[j]
    total = _clip(total)
    at = (total + CLIP) * ((BUCKETS - 1) / (2 * CLIP))
    cell = min(int(at), BUCKETS - 2)
    share, mixed, chance = at - cell, _squash(total), 0.0
    for m in range(2):
        row = memory.corrections[m, _place_correction(memory, s, known, m)]
        chance += mixed + row[cell] + (row[cell + 1] - row[cell]) * share
    return min(max(0.5 * mixed + 0.25 * chance, LEAST), 1.0 - LEAST), total


@njit(cache=True)
def _place_correction(memory: Memory, s: int, known: int, m: int) -> np.int64:
    """The context of a correction: the last byte, or a hash of the last two."""
    if m == 0:
        return np.int64(memory.tails[s] & np.uint64(255)) << np.int64(8) | np.int64(known)
    kept = ((memory.tails[s] & np.uint64(0xFFFF)) << np.uint64(8) | np.uint64(known)) * _PRIME
    return np.int64(kept >> np.uint64(48))


@njit(cache=True)
def _learn_counts(memory: Memory, expected: int, node: int, slots_C: Places, bit: int) -> None:
    """Every context, history and match learns the bit."""
    for c in range(CONTEXTS):
        slot = slots_C[c]
        history = np.int64(memory.histories[slot, node])
        memory.meanings[c, history] = _nudge(memory.meanings[c, history], bit, MOST_SEEN[1])
        memory.chances[slot, node] = _nudge(memory.chances[slot, node], bit, MOST_SEEN[0])
        memory.histories[slot, node] = AFTER[bit, history]
    if expected >= 2:
        right = 1 if (expected & 1) == bit else 0
        memory.match_meanings[expected >> 1] = _nudge(memory.match_meanings[expected >> 1], right, MOST_SEEN[1])


@njit(cache=True)
def _learn_weights(
    memory: Memory, s: int, known: int, inputs_I: Reals, chosen: Places, dots: Reals, total: float, bit: int
) -> None:
    """Every weight follows its own gradient; the corrections move towards the bit."""
    rate = LAST_RATE + (FIRST_RATE - LAST_RATE) / (1.0 + memory.tally[0] / RATE_HALVES)
    memory.tally[0] += 1.0
    error = bit - _squash(total)
    for j in range(SETS):
        own = rate * (bit - _squash(dots[j]))
        for i in range(INPUTS):
            memory.weights[j, chosen[j], i] += own * inputs_I[i]
        memory.last_weights[known, j] += LAST_RATE * error * dots[j]
    at = (total + CLIP) * ((BUCKETS - 1) / (2 * CLIP))
    cell = min(int(at), BUCKETS - 2)
    share = at - cell
    for m in range(2):
        row = memory.corrections[m, _place_correction(memory, s, known, m)]
        row[cell] += CORRECTION_RATE * (1.0 - share) * (bit - SAID[cell] - row[cell])
        row[cell + 1] += CORRECTION_RATE * share * (bit - SAID[cell + 1] - row[cell + 1])


@njit(cache=True)
def _remember(memory: Memory, s: int, place: int, byte: int) -> None:
    """The stream is one byte further."""
    match = memory.matches[s]
    if match[1]:
        match[1] = min(match[1] + 1, 65535) if memory.content[match[0]] == byte else 0
        match[0] += 1
    memory.content[place] = byte
    memory.coded[place >> 3] |= 1 << (place & 7)
    memory.tails[s] = memory.tails[s] << np.uint64(8) | np.uint64(byte)
    folded = byte | 32
    letter = 97 <= folded <= 122 or byte == 95 or byte >= 128 or 48 <= byte <= 57
    memory.words[s] = (memory.words[s] + np.uint64(byte + 1)) * _PRIME if letter else np.uint64(0)
