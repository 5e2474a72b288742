"""Programs of one small machine, whose running time is not bounded by a multiple of what they print.

A program is a rule of Wolfram's (1983), a word of four cells in an endless row of zeros, and one of two ways to read:
the cell where the word ends, or the one that lies one further to the left at every second step. Each step prints the
cell that is read; then all cells change at once. The background is one cell to the machine, so that what stays in a
bounded stretch is cheap: a constant takes time linear in the output, and rule 30 from a single cell n² for its n
symbols, for which nobody knows a shorter way (Wolfram 2019, the prize problems of rule 30).

There are 2^13 programs: one costs 13 bits, whatever it prints, to a decoder that knows the length.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit

from lab.complexity.code import Symbols

RULES, WORDS, READINGS = 256, 16, 2
PROGRAM_BITS = 13.0
MOST_PRINTED = 2**14
"""Symbols; the programs are not tried on longer sequences, since one that prints them may take n² operations."""

ENDLESS = 2**62  # operations


@dataclass(frozen=True)
class Program:
    """A program and its work: `rule`, `word` (its four cells as a number), `moving` whether the cell read moves, and
    `operations`, cells read or written until all is printed.
    """

    rule: int
    word: int
    moving: bool
    operations: int


def find_program(sequence: Symbols) -> Program | None:
    """Of the programs that print these bits the one that takes fewest operations; None where none prints them.

    Every program is run until it prints something else, or takes longer than the best so far.
    """
    if not 0 < len(sequence) <= MOST_PRINTED or int(sequence.max()) > 1:
        return None
    rule, word, reading, operations = _search(np.ascontiguousarray(sequence))
    return None if operations < 0 else Program(int(rule), int(word), bool(reading), int(operations))


def run_program(program: Program, length: int) -> Symbols:
    """The first `length` symbols that it prints."""
    printed = np.empty(length, np.uint8)
    _run(program.rule, program.word, int(program.moving), printed, False, ENDLESS, _make_rows(length))
    return printed


@njit(cache=True)
def _make_rows(length: int) -> Any:
    """Room for two rows, as wide as a word can grow in as many steps."""
    return np.empty((2, 2 * length + 8), np.uint8)


@njit(cache=True)
def _search(sequence: Any) -> tuple[int, int, int, int]:
    rows = _make_rows(len(sequence))
    best, least = (0, 0, 0), ENDLESS
    for word in range(WORDS):
        for rule in range(RULES):
            for reading in range(READINGS):
                operations = _run(rule, word, reading, sequence, True, least, rows)
                if 0 <= operations < least:
                    best, least = (rule, word, reading), operations
    return best[0], best[1], best[2], (least if least < ENDLESS else -1)


@njit(cache=True)
def _run(rule: int, word: int, moving: int, symbols: Any, compare: bool, most: int, rows: Any) -> int:
    """Prints into `symbols`, or compares with them; the operations, −1 at the first difference and beyond `most`.

    Only cells `low` to `high` are kept: all others are `ground`. A step reads three cells and writes one for each that
    may change, and reads those at either end that have become like the ground, which are then kept no longer; where
    none is left it reads and writes the ground.
    """
    length = len(symbols)
    end = length + 5
    now, low, high, ground = 0, end - 3, end, 0
    for cell in range(4):
        rows[0, low + cell] = word >> (3 - cell) & 1
    operations = 4
    for step in range(length):
        at = end - moving * (step // 2)
        printed = rows[now, at] if low <= at <= high else ground
        if not compare:
            symbols[step] = printed
        elif symbols[step] != printed:
            return -1
        operations += 2
        if low > high:
            ground = rule >> (7 * ground) & 1
            operations += 2
            continue
        after = 1 - now
        for cell in range(low - 1, high + 2):
            left = rows[now, cell - 1] if low < cell <= high + 1 else ground
            here = rows[now, cell] if low <= cell <= high else ground
            right = rows[now, cell + 1] if low <= cell + 1 <= high else ground
            rows[after, cell] = rule >> (4 * left + 2 * here + right) & 1
        operations += 4 * (high - low + 3)
        low, high, now, ground = low - 1, high + 1, after, rule >> (7 * ground) & 1
        while low <= high and rows[now, low] == ground:
            low += 1
            operations += 1
        while low <= high and rows[now, high] == ground:
            high -= 1
            operations += 1
        if operations > most:
            return -1
    return operations
