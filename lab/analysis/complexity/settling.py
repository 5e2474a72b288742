"""Whether a number of a sequence has come to rest: what an interval by resampling takes for granted, tested.

The bootstrap of block entropies gives the spread of h(L), not how far h(L) still is above h; that of a machine is given
its states. Each test here says why the interval would claim too much, or '' where it finds nothing against it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

from lab.complexity.blocks import Blocks, Floats, Integers, estimate_plug_in, grow_blocks, list_sampled
from lab.complexity.causal_states import CausalStates, find_causal_states
from lab.complexity.machine import Machine

SIGNIFICANCE = 0.01
MOST_FALL = 0.5  # of h(L) from half the length on, in half widths of its interval: more is no longer small beside it


@dataclass(frozen=True, eq=False)
class BlockSurvey:
    """The sampled blocks of a sequence: the `longest`, and by length from 0 plug-in entropies and different blocks."""

    longest: Blocks
    entropies_bits: Floats
    distinct: Integers

    @property
    def rates_bits(self) -> Floats:
        """Plug-in h(L), L = 1 …: bits a symbol that the best chain of order L − 1 spends on this very sequence."""
        return np.diff(self.entropies_bits)

    @property
    def freedoms(self) -> Integers:
        """Free parameters of the chain of order L − 1, L = 1 …, by the transitions seen."""
        return np.diff(self.distinct)

    def compare(self, rate_bits: float, freedoms: int) -> float:
        """p-value of what spends `rate_bits` a symbol on the sequence with so many `freedoms`, against the chain of the
        longest blocks: 2 n ln 2 Δh is χ² where nothing is missing (Billingsley 1961, Ann. Math. Statist. 32:12).
        """
        gained = 2 * len(self.longest.ranks) * math.log(2) * (rate_bits - float(self.rates_bits[-1]))
        return float(chdtrc(max(int(self.freedoms[-1]) - freedoms, 1), max(gained, 0.0)))


def survey_blocks(sequence: NDArray[np.integer]) -> BlockSurvey:
    """All sampled lengths of a sequence; a level at a time, for they would not fit."""
    longest, entropies, distinct = next(grow_blocks(sequence)), [0.0], [1]
    for longest in list_sampled(sequence):
        entropies.append(estimate_plug_in(longest.counts))
        distinct.append(longest.distinct)
    return BlockSurvey(longest, np.array(entropies), np.array(distinct))


def explain_fall(survey: BlockSurvey, rates_bits: Floats, reach: float) -> str:
    """h(L) is well above h where it falls from half the length on, for certain and by much of `reach`, the half width
    of its interval. `rates_bits`: the corrected ones.
    """
    length, half = survey.longest.length, survey.longest.length // 2
    fall = float(rates_bits[half - 1] - rates_bits[-1])
    if fall <= MOST_FALL * reach:
        return ""
    if survey.compare(float(survey.rates_bits[half - 1]), int(survey.freedoms[half - 1])) > SIGNIFICANCE:
        return ""
    return f"h(L) still falls, by {fall:.4f} from L = {half} to {length}: an upper bound of h"


def explain_misfit(survey: BlockSurvey, machine: Machine) -> str:
    """A machine lacks states where the blocks foretell this sequence better than it does by more than chance."""
    spent = machine.rate_bits
    if survey.compare(spent, int(np.count_nonzero(machine.emits)) - machine.states) > SIGNIFICANCE:
        return ""
    found = f"{survey.rates_bits[-1]:.4f} bits a symbol against {spent:.4f}"
    return f"states are missing: blocks of {survey.longest.length} foretell the sequence better, {found}"


def explain_growth(survey: BlockSurvey, sequence: NDArray[np.integer], causal: CausalStates) -> str:
    """The states are those of the longest histories allowed, and not of the source, where histories of half the length
    show fewer and h(L) falls between the two: so it goes on where C_μ and E diverge, as in the Thue-Morse word.

    A chain whose order lies between the two is taken for such a one: it needs a longer sequence.
    """
    fall, reach = explain_fall(survey, survey.rates_bits, 0.0), causal.reach // 2
    if not fall or not reach or causal.machine is None:
        return ""
    shorter = find_causal_states(sequence, reach=reach).machine
    if shorter is None or shorter.states >= causal.machine.states:
        return ""
    found = f"{causal.machine.states} by histories of up to {causal.reach} symbols, {shorter.states} by {reach}"
    return f"states not settled: {found}; {fall}"


def explain_halves(sequence: NDArray[np.integer], machine: Machine) -> str:
    """The states are not settled where a half of the sequence shows another number of them by itself.

    So it is with two of three sequences of 1,000 to 2,000 symbols of the even process, which pass for chains of finite
    order: intervals given the states hold h in 30 % of all, and in as many as they say where both halves agree.
    """
    halves = [find_causal_states(half).machine for half in np.array_split(sequence, 2)]
    counts = [half.states if half else 0 for half in halves]
    if counts == [machine.states] * 2:
        return ""
    return f"states not settled: {machine.states}, but {counts[0]} and {counts[1]} in the halves of the sequence"
