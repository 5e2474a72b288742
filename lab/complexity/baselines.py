"""A code length beside those of what the object is not: constant, shuffled, and a structured surrogate.

Bits alone say little: fair coins are long and say nothing of structure. Between the constant message (0) and the
shuffled one (1) a normalised length says how much of the order of the symbols the code can use.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from lab.complexity.bounds import ENSEMBLE, Bound, bound_message, load_codes
from lab.complexity.code import Code, Message
from lab.complexity.surrogates import Surrogate, choose_surrogate, draw_surrogate, make_constant, shuffle_symbols
from lab.core.estimate import Estimate
from lab.core.replicates import average_replicates
from lab.core.seeds import open_stream

EXACT = "upper bound, exact for its decoder"
MOST_COMPARED = 2**20
"""Symbols of the longest message whose baselines are drawn: they take many times as long as the bound itself."""


@dataclass(frozen=True)
class Comparison:
    """Bounds of an object and of its baselines; `shuffled` and `surrogates` hold one bound per seed.

    `kind`: which surrogate it is; see `lab.complexity.surrogates`. `note`: why there are none, '' where there are.
    """

    object: Bound
    constant: Bound
    shuffled: tuple[Bound, ...]
    surrogates: tuple[Bound, ...]
    kind: Surrogate
    note: str = ""

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes that described the object and every baseline."""
        others = (self.constant, *self.shuffled, *self.surrogates)
        return tuple(name for name in self.object.codes if all(name in bound.codes for bound in others))

    def estimate_bits(self, code: str = ENSEMBLE) -> Estimate:
        """The bound itself: no interval, it is exact."""
        return Estimate("code_bits", self.object.count_bits(code), unit="bits", method=EXACT, n=1)

    def estimate_constant(self, code: str = ENSEMBLE) -> Estimate:
        """The bound of as many symbols that are all the same."""
        return Estimate("constant_bits", self.constant.count_bits(code), unit="bits", method=EXACT, n=1)

    def estimate_shuffled(self, code: str = ENSEMBLE, level: float = 0.95) -> Estimate:
        """Mean bound over shuffles, t interval over their seeds."""
        return average_replicates("shuffled_bits", [b.count_bits(code) for b in self.shuffled], "bits", level)

    def estimate_surrogate(self, code: str = ENSEMBLE, level: float = 0.95) -> Estimate:
        """Mean bound over structured surrogates, t interval over their seeds."""
        return average_replicates("surrogate_bits", [b.count_bits(code) for b in self.surrogates], "bits", level)

    def normalize(self, code: str = ENSEMBLE, level: float = 0.95) -> Estimate:
        """(C − C_constant) / (C_shuffled − C_constant) per shuffle, t interval; none where shuffling costs nothing."""
        floor = self.constant.count_bits(code)
        rise = self.object.count_bits(code) - floor
        spans = [bound.count_bits(code) - floor for bound in self.shuffled]
        shares = [rise / span if span > 0 else math.nan for span in spans]
        found = average_replicates("normalised", shares, level=level)
        if found.n:
            return found
        return Estimate("normalised", math.nan, method="shuffled is no longer than constant: nothing to compare with")


def compare_message(
    message: Message,
    codes: Mapping[str, Code] | None = None,
    seeds: int = 4,
    kind: Surrogate | None = None,
    told_bits: float = 0.0,
) -> Comparison:
    """Bounds of the message, of a constant, and of `seeds` shuffles and surrogates, all by the same codes.

    `told_bits` are told of all of them alike. Beyond `MOST_COMPARED` symbols only the constant is beside the object.

    It takes 2 + 2·`seeds` times as long as one bound.
    """
    chosen = load_codes() if codes is None else codes
    surrogate = kind or choose_surrogate(message)
    fits = len(message) <= MOST_COMPARED
    numbers = range(seeds if fits else 0)

    def bound(other: Message) -> Bound:
        return bound_message(other, chosen, told_bits)

    return Comparison(
        bound(message),
        bound(make_constant(message)),
        tuple(bound(shuffle_symbols(message, open_stream(seed, "shuffle"))) for seed in numbers),
        tuple(bound(draw_surrogate(message, surrogate, open_stream(seed, surrogate))) for seed in numbers),
        surrogate,
        "" if fits else f"shuffles and surrogates are drawn of at most {MOST_COMPARED:,} symbols: describe fewer",
    )
