"""A unifilar machine (ε-machine when its states are causal) and what it knows in closed form: h, C_μ, E, crypticity."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lab.complexity.blocks import Floats, Integers
from lab.core.errors import InputError

SETTLED = 1e-10  # bits: of doubt about the state, below which longer pasts are not asked
LARGEST_DOUBT = 1e-3  # bits
MOST_BELIEFS = 20_000


@dataclass(frozen=True, eq=False)
class Machine:
    """`emits` (states, symbols): probability of a symbol in a state; `leads` (states, symbols): the state it leads to.

    One closed class of states; where a symbol is impossible its lead is not read. All quantities are of the stationary
    machine, in bits.
    """

    emits: Floats
    leads: Integers

    def __post_init__(self) -> None:
        if self.emits.shape != self.leads.shape or not np.allclose(self.emits.sum(axis=1), 1.0):
            raise InputError("machine", self.emits.shape, "probabilities of each state sum to 1, a lead for each")

    @property
    def states(self) -> int:
        """How many states."""
        return len(self.emits)

    @cached_property
    def moves(self) -> Floats:
        """P(symbol, next state | state), shape (symbols, states, states)."""
        moves = np.zeros((self.emits.shape[1], self.states, self.states))
        state, symbol = np.nonzero(self.emits)
        moves[symbol, state, self.leads[state, symbol]] = self.emits[state, symbol]
        return moves

    @cached_property
    def stationary(self) -> Floats:
        """The share of time in each state, shape (states,)."""
        balance = np.vstack([self.moves.sum(axis=0).T - np.eye(self.states), np.ones(self.states)])
        share = np.linalg.lstsq(balance, np.eye(self.states + 1)[self.states], rcond=None)[0]
        return np.asarray(np.clip(share, 0.0, None) / np.clip(share, 0.0, None).sum())

    @property
    def rate_bits(self) -> float:
        """Entropy rate h = Σ π(s) H(next symbol | s), bits per symbol (Shannon 1948, section 7)."""
        return float(self.stationary @ measure_entropies(self.emits))

    @property
    def complexity_bits(self) -> float:
        """Statistical complexity C_μ = H(π) (Crutchfield and Young 1989, Phys. Rev. Lett. 63:105)."""
        return float(measure_entropies(self.stationary))

    @property
    def excess_bits(self) -> float:
        """Excess entropy E = Σ_L (h_L − h); NaN where more than LARGEST_DOUBT of it is left out (`trace_excess`)."""
        excess, doubt = self.trace_excess()
        return excess if doubt <= LARGEST_DOUBT else math.nan

    @property
    def crypticity_bits(self) -> float:
        """χ = C_μ − E: what the states store that the future never shows (Mahoney, Ellison and Crutchfield 2009).

        0 below what E is settled to.
        """
        hidden = self.complexity_bits - self.excess_bits
        return 0.0 if hidden <= SETTLED else hidden

    def trace_excess(self) -> tuple[float, float]:
        """E and a bound on what is missing of it, bits.

        Follows the belief about the state of one who has seen L symbols (the mixed states of Crutchfield, Ellison and
        Riechers 2016, Phys. Lett. A 380:998): h_L is the entropy it leaves to the next symbol. What the terms from L on
        can still add is no more than the doubt H(state | L symbols); the sum ends where that is SETTLED or where there
        are MOST_BELIEFS.
        """
        beliefs, chances = self.stationary[None, :], np.ones(1)
        excess, doubt = 0.0, float(measure_entropies(self.stationary))
        while doubt > SETTLED and len(beliefs) <= MOST_BELIEFS:
            ahead = measure_entropies(beliefs @ self.emits) - beliefs @ measure_entropies(self.emits)
            excess += float(chances @ ahead)
            beliefs, chances = self._look_on(beliefs, chances)
            doubt = float(chances @ measure_entropies(beliefs))
        return excess, doubt

    def _look_on(self, beliefs: Floats, chances: Floats) -> tuple[Floats, Floats]:
        """Every belief after one more symbol; equal ones are joined, certain ones left out: they learn no more."""
        joint = np.einsum("bs,xst->bxt", beliefs, self.moves).reshape(-1, self.states)
        seen = joint.sum(axis=1)
        after = np.repeat(chances, len(self.moves)) * seen
        kept = (after > SETTLED**2) & (joint.max(axis=1) < seen * (1 - 1e-14))
        following = np.round(joint[kept] / seen[kept, None], 12)
        if not kept.any():
            return np.zeros((1, self.states)), np.zeros(1)
        unique, place = np.unique(following, axis=0, return_inverse=True)
        return unique, np.bincount(place.ravel(), after[kept]).astype(np.float64)


def measure_entropies(shares: Floats) -> Floats:
    """−Σ p log2 p along the last axis."""
    logs = np.log2(shares, where=shares > 0, out=np.zeros_like(shares))
    return np.asarray(0.0 - (shares * logs).sum(axis=-1))
