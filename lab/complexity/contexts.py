"""What a context mixer knows: of every context what followed it, what that meant, and how far to trust whom.

The statistics of `lab.complexity.mixing`. A context keeps, for every bit of the byte behind it, the share of ones with
a rate of 1 / (occurrences + 3/2), and a history: discounted counts of zeros and ones (Mahoney 2005, section 3.1), whose
meaning is learned from all contexts of that kind.

Shapes: S streams, C contexts, I inputs.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lab.complexity.arithmetic import Bytes, Places

Reals = NDArray[np.float64]
Words = NDArray[np.uint32]

ORDERS = 7  # contexts of the last 0 … 6 bytes; the word comes behind them
CONTEXTS = ORDERS + 1
MATCH, OUTSIDE, BIAS = 2 * CONTEXTS, 2 * CONTEXTS + 1, 2 * CONTEXTS + 2  # inputs behind the two of each context
INPUTS = BIAS + 1
SETS, SET_SIZE = 3, 512
LONGEST_MATCH = 31  # lengths of a match that are told apart
MOST_SLOTS = 1 << 20  # of each context, and half of these for a file longer than
LONG_FILE = 1 << 23  # bytes: beside the content and the payload of the longest the whole process stays below 1 GB
MOST_PAIRS = 1 << 21  # of slots, of all contexts, 340 MB, and half for a long file; four mebibytes of text need 1.4 M
CLIP = 12.0  # of a logit
CELLS = 4096  # of the tables of logarithm and exponential
BUCKETS = 33  # of a correction, across the logits
HALF = 1 << 31  # a chance of ½ in the upper 22 bits of a word; how often it was seen stands in the lower 10

# Rounded, so that a logarithm that differs in its last place gives the same table.
STRETCH: Reals = np.round(np.log((np.arange(CELLS) + 0.5) / (CELLS - np.arange(CELLS) - 0.5)) * 2**30) / 2**30
SQUASH: Reals = np.round(2**30 / (1 + np.exp(-np.linspace(-CLIP, CLIP, CELLS + 2)))) / 2**30
SAID: Reals = 1 / (1 + np.exp(-np.linspace(-CLIP, CLIP, BUCKETS)))
SAID = np.round(SAID * 2**30) / 2**30  # the chance at a bucket


def _list_histories() -> NDArray[np.uint8]:
    """(2, 256): the history after a bit. The count of the other value is cut to half and one where it is above two."""
    zeros, ones = np.divmod(np.arange(256), 16)
    more = [np.minimum(count + 1, 15) for count in (zeros, ones)]
    less = [np.where(count > 2, count // 2 + 1, count) for count in (zeros, ones)]
    return np.array([more[0] * 16 + less[1], less[0] * 16 + more[1]], np.uint8)


AFTER = _list_histories()


class Memory(NamedTuple):
    """All that a mixer has learned.

    A slot holds 16 nodes: those of half a byte after one context, node 0 unused. Slots lie in pairs, and a pair takes
    its place among them when a context first needs it: what is never reached takes no memory, and the rest lies close.
    Where all places are taken, one is shared.
    """

    pairs: NDArray[np.int32]  # (C, slots / 2): the place of a pair, 0 for none
    taken: Places  # (1,): the places taken, the first by none
    checks: Bytes  # (2 · places,): which context a slot belongs to, 0 for none
    chances: Words  # (2 · places, 16)
    histories: Bytes  # (2 · places, 16): discounted counts, zeros · 16 + ones
    meanings: Words  # (C, 256): the chance of a one after a history
    last_places: Places  # (2^k,): where the bytes of a hash stood last, −1 for nowhere
    match_meanings: Words  # (LONGEST_MATCH + 1,): the chance that a match of a length goes on
    weights: Reals  # (SETS, SET_SIZE, I)
    last_weights: Reals  # (256, SETS)
    corrections: Reals  # (2, 65536, BUCKETS): of the chance, by what was said, in small contexts
    content: Bytes  # (length,): the bytes of the file; a reader fills them in
    coded: Bytes  # (⌈length / 8⌉,): a bit for each of them, set when it is coded: none is looked at before
    tails: NDArray[np.uint64]  # (S,): the last eight bytes of a stream, the latest lowest
    words: NDArray[np.uint64]  # (S,): hash of the letters since the last that was none
    matches: Places  # (S, 2): the place that is followed, and for how long it has been right
    tally: Reals  # (2,): bits decided, and the code length of what was coded (bits)


def make_memory(streams: int, content: Bytes, most_slots: int = MOST_SLOTS) -> Memory:
    """The memory before the first byte of `content`, which it writes from or reads into: at most 410 MB, and 230
    for a long file. `most_slots`: of a context, a power of two.
    """
    length = len(content)
    slots = min(most_slots >> (length > LONG_FILE), 1 << max(8, math.ceil(math.log2(max(length, 1)))))
    orders = [min(slots // 2, 17 << 8 * order) for order in range(ORDERS)]  # 17: half bytes behind a context
    places = 1 + min(sum(orders) + slots // 2, MOST_PAIRS >> (length > LONG_FILE))
    return Memory(
        np.zeros((CONTEXTS, slots // 2), np.int32),
        np.ones(1, np.int64),
        np.zeros(2 * places, np.uint8),
        np.zeros((2 * places, 16), np.uint32),
        np.zeros((2 * places, 16), np.uint8),
        _guess_meanings(),
        np.full(slots, -1, np.int64),
        np.full(LONGEST_MATCH + 1, HALF + (HALF >> 1), np.uint32),
        np.full((SETS, SET_SIZE, INPUTS), 0.2),
        np.full((256, SETS), 1.0 / SETS),
        np.zeros((2, 65536, BUCKETS)),
        content,
        np.zeros(-(-length // 8), np.uint8),
        np.zeros(streams, np.uint64),
        np.zeros(streams, np.uint64),
        np.zeros((streams, 2), np.int64),
        np.zeros(2),
    )


def _guess_meanings() -> Words:
    """(ones + 0.4) / (zeros + ones + 0.8), until it is known better."""
    zeros, ones = np.divmod(np.arange(256), 16)
    chances = ((ones + 0.4) / (zeros + ones + 0.8) * 2**22).astype(np.uint32) << np.uint32(10)
    return np.tile(chances, (CONTEXTS, 1))
