"""Logical depth by counted operations: how long a decoder works to undo a nearly shortest description.

Bennett (1988): the depth of x at significance s is the least time in which a program within s bits of the shortest
prints x. Zenil, Delahaye and Gaucherel (2011) took the seconds of an unpacker; here a decoder's steps are counted, so
that the number is the same on every machine. The descriptions are four: the symbols themselves, copies of what came
before (LZ76), a growing dictionary (LZ78), and the programs of a small machine (`lab.complexity.programs`). The first
three are undone in time linear in the output; a program may take n², so that what is short to say and long to make is
told from what is neither. Bits and work are upper bounds, relative to these decoders.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lab.complexity.blocks import Integers
from lab.complexity.code import Code, Message, Symbols
from lab.complexity.phrases import parse_lz76
from lab.complexity.programs import PROGRAM_BITS, find_program, run_program
from lab.core.errors import InputError, LabError
from lab.core.registry import open_shelf

DECODERS = ("literal", "lz76", "lz78", "automaton")  # stored runs know them by their place
SIGNIFICANCE = 64.0
"""Bits by which the constants of these codes differ: a period is not deep because a slow program says it in 13."""


@dataclass(frozen=True)
class Decoded:
    """A description that was undone: one of `DECODERS`, its `bits`, and the `operations` it took: fields read, cells
    read or written.
    """

    name: str
    bits: float
    operations: int


def list_descriptions(message: Message) -> tuple[Decoded, ...]:
    """The descriptions of a sequence, shortest first; each is decoded and compared with the message."""
    sequence = message.sequence
    literal = Decoded(DECODERS[0], len(message) * math.log2(message.alphabet), 2 * len(message))
    if not len(message):
        return (literal,)
    copies = parse_lz76(message)
    ends = np.minimum(copies[:, 0] + copies[:, 1], len(sequence) - 1)
    by_copies = _undo_copies(copies, sequence[ends], len(sequence))
    parents, symbols = parse_dictionary(sequence)
    by_phrases = _undo_phrases(parents, symbols, len(sequence))
    found = [literal]
    for name, (decoded, operations) in zip(DECODERS[1:3], (by_copies, by_phrases), strict=True):
        code: Code = open_shelf("codes").load(name)()
        found.append(_check(Decoded(name, code.count_bits(message), int(operations)), decoded, sequence))
    program = find_program(sequence) if message.alphabet == 2 else None
    if program is not None:
        by_program = Decoded(DECODERS[3], PROGRAM_BITS, program.operations)
        found.append(_check(by_program, run_program(program, len(sequence)), sequence))
    return tuple(sorted(found, key=lambda one: (one.bits, one.operations)))


def _check(description: Decoded, decoded: Symbols, sequence: Symbols) -> Decoded:
    """The description, if it says the sequence."""
    if not np.array_equal(decoded, sequence):
        rule = "what it gives back is not the message"
        raise LabError(f"decoder of {description.name}", None, rule, "report this message")
    return description


def find_depth(descriptions: tuple[Decoded, ...], significance: float = 0.0) -> Decoded:
    """The description of fewest operations among those within `significance` bits of the shortest."""
    if significance < 0:
        raise InputError("significance", significance, "is a number of bits, at least 0")
    shortest = min(one.bits for one in descriptions)
    return min((one for one in descriptions if one.bits <= shortest + significance), key=lambda one: one.operations)


def parse_dictionary(sequence: Symbols) -> tuple[Integers, Symbols]:
    """LZ78's phrases (Ziv and Lempel 1978): the number of the phrase each extends (0: none), and by which symbol.

    The last may be cut by the end and then repeats one: a decoder that knows the length stops there.
    """
    phrases: dict[tuple[int, int], int] = {}
    parents, symbols, phrase, parent = [], [], 0, 0
    for symbol in sequence.tolist():
        parent, phrase = phrase, phrases.get((phrase, symbol), 0)
        if not phrase:
            phrases[parent, symbol] = len(phrases) + 1
            parents.append(parent)
            symbols.append(symbol)
    if phrase:
        parents.append(parent)
        symbols.append(int(sequence[-1]))
    return np.array(parents, dtype=np.int64), np.array(symbols, dtype=np.uint8)


@njit(cache=True)
def _undo_copies(copies: NDArray[np.int32], symbols: Symbols, length: int) -> tuple[Symbols, int]:
    """A phrase: its source and its length are read, every symbol of it read and written, then one symbol more."""
    decoded = np.empty(length, np.uint8)
    at = operations = 0
    for phrase in range(len(copies)):
        source = copies[phrase, 2]
        operations += 2
        for k in range(copies[phrase, 1]):
            decoded[at] = decoded[source + k]
            at += 1
            operations += 2
        if at < length:
            decoded[at] = symbols[phrase]
            at += 1
            operations += 2
    return decoded, operations


@njit(cache=True)
def _undo_phrases(parents: Integers, symbols: Symbols, length: int) -> tuple[Symbols, int]:
    """A phrase: its parent and its symbol are read and kept, then its line of parents walked from the last symbol to
    the first: a symbol and a parent read, a symbol written.
    """
    decoded = np.empty(length, np.uint8)
    sizes = np.zeros(len(parents) + 1, np.int64)
    at = operations = 0
    for phrase in range(len(parents)):
        sizes[phrase + 1] = sizes[parents[phrase]] + 1
        operations += 4
        node, place = phrase + 1, at + sizes[phrase + 1]
        at = place
        while node:
            place -= 1
            decoded[place] = symbols[node - 1]
            node = parents[node - 1]
            operations += 3
    return decoded, operations
