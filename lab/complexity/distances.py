"""How far apart two objects are, by what a code saves when it has seen the other.

The normalised compression distance stands in for the normalised information distance, which is not computable (Li,
Chen, Li, Ma and Vitányi 2004, IEEE Trans. Inf. Theory 50, 3250; Cilibrasi and Vitányi 2005, IEEE Trans. Inf. Theory 51,
1523). It means something only for a code that sees all of both objects at once: that is measured first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from lab.complexity.code import Code, Message
from lab.core.errors import InputError, RefusedError
from lab.core.estimate import Estimate
from lab.core.seeds import open_stream

Matrix = NDArray[np.float64]
Advance = Callable[[], None]

FARTHEST_SELF = 0.25
"""The most by which a code may take a pair of objects for news when it sees it again: of codes that see all of it,
bzip2 comes nearest to this (0.24); codes that never repeat a phrase lie above 0.4, deflate past its window near 1."""

CHUNKS = 16
SHORTEST_CHUNK = 16  # symbols


@dataclass(frozen=True, eq=False)
class Lengths:
    """Code lengths in bits: `single` (n,) of each object, `joint` (n, n) of row followed by column."""

    single: Matrix
    joint: Matrix

    @cached_property
    def both(self) -> Matrix:
        """C(x, y) (n, n): the mean over both orders."""
        return (self.joint + self.joint.T) / 2

    @property
    def distance(self) -> Matrix:
        """NCD (n, n): (C(x, y) − min(C(x), C(y))) / max(C(x), C(y)); its diagonal is 0 for an ideal code.

        Cilibrasi and Vitányi 2005, section III, here symmetrised. Near 1 for objects with nothing in common.
        """
        low, high = (pick.outer(self.single, self.single) for pick in (np.minimum, np.maximum))
        distance: Matrix = (self.both - low) / high
        return distance


@dataclass(frozen=True, eq=False)
class Distances:
    """Distances between `names` by one code. `reach`: NCD of the largest pair with itself (`measure_reach`).

    `replicates` (r, n, n): the NCD of random halves of the objects (`measure_halves`); r is 0 where there are none, and
    `silence` then says why.
    """

    names: tuple[str, ...]
    lengths: Lengths
    reach: float
    replicates: Matrix
    silence: str = ""

    def estimate(self, row: int, column: int) -> Estimate:
        """NCD of two objects with the interval of its halves: ± t(r − 1) · their standard deviation."""
        name, value = f"NCD({self.names[row]}, {self.names[column]})", float(self.lengths.distance[row, column])
        n = len(self.replicates)
        if n < 2 or row == column:
            return Estimate(name, value, method=self.silence or "an object and itself have no spread")
        half = float(stdtrit(n - 1, 0.975) * self.replicates[:, row, column].std(ddof=1))
        return Estimate(name, value, value - half, value + half, method=f"{n} random halves of the objects", n=n)


def measure_distances(
    names: Sequence[str],
    messages: Sequence[Message],
    code: Code,
    replicates: int = 10,
    seed: int = 0,
    advance: Advance = lambda: None,
) -> Distances:
    """Distances of all pairs, with `replicates` of halves for their intervals. `advance` is called n² times
    for the whole and n² for each of the halves.

    Raises `InputError` for fewer than two objects, an empty one, or alphabets that differ, and `RefusedError` for a
    code that does not see both objects of the largest pair at once.
    """
    if len(messages) < 2:
        raise InputError("objects", len(messages), "a distance is between two or more", "name another")
    for name, message in zip(names, messages, strict=True):
        if not len(message):
            raise InputError("object", name, "is empty: nothing can be said of it", "leave it out")
        if message.alphabet != messages[0].alphabet:
            raise InputError("objects", f"{name}: {message.alphabet} symbols", "all have one alphabet", "read as bytes")
    reach = measure_reach(messages, code)
    if reach > FARTHEST_SELF:
        rule = (
            f"the largest pair, seen again, costs {reach:.3g} of its length: the pair is too short for the code, or its"
            " window shorter than the pair, or it does not learn from repetition"
        )
        step = "give longer objects, or a code that sees all of both, such as lzma"
        name = type(code).__module__.rsplit(".", 1)[-1]
        raise RefusedError("distances by this code", name, rule, step)
    shortest = min(map(len, messages))
    silence = "" if replicates >= 2 else "no halves were asked for"
    if shortest < CHUNKS * SHORTEST_CHUNK:
        replicates, silence = 0, f"an object of {shortest} symbols is too short to be halved"
    lengths = measure_lengths(messages, code, advance)
    halves = np.empty((replicates, len(names), len(names)))
    for draw in range(replicates):
        halves[draw] = measure_lengths(_draw_halves(messages, seed, draw), code, advance).distance
    return Distances(tuple(names), lengths, reach, halves, silence)


def measure_lengths(messages: Sequence[Message], code: Code, advance: Advance = lambda: None) -> Lengths:
    """The length of every object once, and of every ordered pair, each object with itself included."""
    count = len(messages)
    single = np.array([code.count_bits(message) for message in messages])
    joint = np.empty((count, count))
    for row, first in enumerate(messages):
        for column, second in enumerate(messages):
            joint[row, column] = code.count_bits(first.join(second))
            advance()
    return Lengths(single, joint)


def measure_reach(messages: Sequence[Message], code: Code) -> float:
    """NCD(xy, xy), x and y the two longest: near 0 where the code looks back over both, near 1 where it does not.

    NCD(x, x) alone would pass a window of one object: in a pair, what is alike may lie as far apart as both are long.
    """
    first, second = sorted(messages, key=len)[-2:]
    pair = first.join(second)
    once = code.count_bits(pair)
    return (code.count_bits(pair.join(pair)) - once) / once


def _draw_halves(messages: Sequence[Message], seed: int, draw: int) -> list[Message]:
    """Half the chunks of every object, in their order, drawn without replacement.

    A bootstrap would repeat chunks, and a repetition costs nothing: its distances are not those of more such data. The
    spread over halves is that of the whole (Shao and Wu 1989, Ann. Stat. 17, 1176: the factor (n − d)/d is 1 for
    d = n/2) where chunks are exchangeable: where the object is alike throughout.
    """
    chance = open_stream(seed, "distances", "halves", draw)
    return [_halve(message, chance) for message in messages]


def _halve(message: Message, chance: np.random.Generator) -> Message:
    chunks = np.array_split(message.sequence, CHUNKS)
    kept = np.sort(chance.choice(CHUNKS, CHUNKS // 2, replace=False))
    return Message(np.concatenate([chunks[k] for k in kept]), message.alphabet)
