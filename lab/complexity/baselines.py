"""A code length beside those of what the object is not: constant, shuffled, and a structured surrogate.

Bits alone say little: fair coins are long and say nothing of structure. Between the constant message (0) and the
shuffled one (1) a normalised length says how much of the order of the symbols the code can use.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from lab.complexity.bounds import ENSEMBLE, Bound, bound_message, load_codes
from lab.complexity.code import Code, Message
from lab.complexity.surrogates import Surrogate, choose_surrogate, draw_surrogate, make_constant, shuffle_symbols
from lab.core.errors import RefusedError
from lab.core.estimate import Estimate
from lab.core.replicates import average_replicates
from lab.core.seeds import open_stream

EXACT = "upper bound, exact for its decoder"
Advance = Callable[[], None]


@dataclass(frozen=True)
class Comparison:
    """Bounds of an object and of its baselines; `shuffled` and `surrogates` hold one bound per seed.

    `kind`: which surrogate it is; see `lab.complexity.surrogates`. `left_out`: code → why it did not describe all of
    them; their ensemble is then that of the other codes.
    """

    object: Bound
    constant: Bound
    shuffled: tuple[Bound, ...]
    surrogates: tuple[Bound, ...]
    kind: Surrogate
    left_out: Mapping[str, str] = field(default_factory=dict)

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes that described the object."""
        return self.object.codes

    def estimate_bits(self, code: str = ENSEMBLE) -> Estimate:
        """The bound itself: no interval, it is exact."""
        return Estimate("code_bits", self.object.count_bits(code), unit="bits", method=EXACT, n=1)

    def estimate_constant(self, code: str = ENSEMBLE) -> Estimate:
        """The bound of as many symbols that are all the same."""
        known = _count_all([self.constant], code)
        return Estimate("constant_bits", known[0] if known else math.nan, unit="bits", method=EXACT, n=len(known))

    def estimate_shuffled(self, code: str = ENSEMBLE, level: float = 0.95) -> Estimate:
        """Mean bound over shuffles, t interval over their seeds; none by a code that is left out."""
        return average_replicates("shuffled_bits", _count_all(self.shuffled, code), "bits", level)

    def estimate_surrogate(self, code: str = ENSEMBLE, level: float = 0.95) -> Estimate:
        """Mean bound over structured surrogates, t interval over their seeds; none by a code that is left out."""
        return average_replicates("surrogate_bits", _count_all(self.surrogates, code), "bits", level)

    def normalize(self, code: str = ENSEMBLE, level: float = 0.95) -> Estimate:
        """(C − C_constant) / (C_shuffled − C_constant) per shuffle, t interval; none where shuffling costs nothing."""
        floor = self.estimate_constant(code).value
        rise = self.object.count_bits(code) - floor
        spans = [bits - floor for bits in _count_all(self.shuffled, code)]
        shares = [rise / span if span > 0 else math.nan for span in spans]
        found = average_replicates("normalised", shares, level=level)
        if found.n:
            return found
        why = self.left_out.get(code) or "shuffled is no longer than constant: nothing to compare with"
        return Estimate("normalised", math.nan, method=why)


def _count_all(bounds: Sequence[Bound], code: str) -> list[float]:
    """The bits of each, or none where one of them was not described by the code."""
    if code != ENSEMBLE and any(code not in bound.codes for bound in bounds):
        return []
    return [bound.count_bits(code) for bound in bounds]


def compare_message(
    message: Message,
    codes: Mapping[str, Code] | None = None,
    seeds: int = 4,
    kind: Surrogate | None = None,
    told_bits: float = 0.0,
    advance: Advance = lambda: None,
) -> Comparison:
    """Bounds of the message, of a constant, and of `seeds` shuffles and surrogates.

    `told_bits` are told of all of them alike. A shuffle or surrogate longer than the `most_compared` of a code is
    described by the others, among them by those that no shuffle or chain of order 1 can be said much shorter by: KT and
    PPMd. `advance` is called `count_bounds(seeds)` times. Raises `RefusedError` where no code describes the message.
    """
    chosen = load_codes() if codes is None else codes
    surrogate = kind or choose_surrogate(message)
    quick = {name: code for name, code in chosen.items() if len(message) <= code.most_compared}
    numbers = range(seeds if quick else 0)

    def bound(other: Message, among: Mapping[str, Code] = quick) -> Bound:
        found = bound_message(other, among, told_bits)
        advance()
        return found

    described = bound(message, chosen)
    if not described.codes:
        why = "; ".join(f"{name}: {reason}" for name, reason in described.left_out.items())
        raise RefusedError("codes", ", ".join(chosen) or None, why or "there is no code", "name another code")
    compared = Comparison(
        described,
        bound(make_constant(message), chosen),
        tuple(bound(shuffle_symbols(message, open_stream(seed, "shuffle"))) for seed in numbers),
        tuple(bound(draw_surrogate(message, surrogate, open_stream(seed, surrogate))) for seed in numbers),
        surrogate,
    )
    return replace(compared, left_out=_explain(compared, chosen) if seeds else {})


def count_bounds(seeds: int) -> int:
    """How many messages are described in a comparison: the object, a constant, and two for every seed."""
    return 2 + 2 * seeds


def _explain(compared: Comparison, codes: Mapping[str, Code]) -> dict[str, str]:
    """Every code that described the object and not all of its baselines, with the reason."""
    reasons = {}
    for name in compared.codes:
        most = codes[name].most_compared
        if compared.object.symbols > most:
            reasons[name] = f"above {most:,} symbols they are left to quicker codes"
        for bound in (compared.constant, *compared.shuffled, *compared.surrogates):
            reasons |= {name: f"of a baseline: {bound.left_out[name]}"} if name in bound.left_out else {}
    return reasons
