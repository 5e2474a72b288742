"""The panel: the length of one data set by every code of a model class, order by order."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

CODES: Mapping[str, str] = {
    "two_part": "two-part: parameters at a precision of 1/√n, then the data by them (Rissanen 1978)",
    "nml": "normalised maximum likelihood, exact (Shtarkov 1987; Rissanen 2000)",
    "nml_asymptotic": "normalised maximum likelihood by its Fisher asymptotic (Rissanen 1996)",
    "bayes_jeffreys": "Bayes mixture under Jeffreys' prior (Krichevsky and Trofimov 1981)",
    "bayes_laplace": "Bayes mixture under the uniform prior (Laplace)",
    "bayes": "Bayes mixture under the conjugate prior",
    "prequential": "prequential, parameters anew for each example (Dawid 1984)",
    "prequential_block": "prequential, parameters anew for each block (Blier and Ollivier 2018)",
    "switch": "switch distribution over the orders (van Erven, Grünwald and de Rooij 2012)",
}
"""What each code is, in the order they are shown. A panel holds those its model class has."""

ALL_ORDERS = -1
"""In place of an order, for a code that describes the data by all of them together."""


@dataclass(frozen=True)
class Panel:
    """Lengths in bits: `lengths[code][order]`, NaN where a code has none there.

    `hindsight`: by order, −log2 of the maximum likelihood: what regret is measured against. `parameters`: by order.
    `n`: examples. A length names the data given the order; the order itself is one of len(parameters), all alike.
    `uniform_bits`: of the symbols all alike, NaN for real values; these are told to `precision`, in their own unit.
    """

    lengths: Mapping[str, Mapping[int, float]]
    hindsight: Mapping[int, float]
    parameters: Mapping[int, int]
    n: int
    uniform_bits: float = math.nan
    precision: float = math.nan

    @property
    def orders(self) -> tuple[int, ...]:
        """The orders of the class that were tried."""
        return tuple(self.hindsight)

    def choose_order(self, code: str) -> int | None:
        """The order with the shortest description by `code`; None where it has no length at any order."""
        known = {order: bits for order, bits in self.lengths[code].items() if not math.isnan(bits)}
        return min(known, key=lambda order: known[order], default=None)

    def count_total_bits(self, code: str) -> float:
        """The shortest description by `code`, the bits that name its order included; NaN where there is none."""
        chosen = self.choose_order(code)
        if chosen is None:
            return math.nan
        return self.lengths[code][chosen] + (math.log2(len(self.orders)) if chosen != ALL_ORDERS else 0.0)

    @property
    def free_codes(self) -> tuple[str, ...]:
        """The codes that have a length at every order: what the others choose is of fewer."""
        return tuple(
            code for code, own in self.lengths.items() if not any(math.isnan(own.get(k, math.nan)) for k in self.orders)
        )

    @property
    def usual_order(self) -> int:
        """The order that most codes choose of those that could choose any; the lowest of as many."""
        votes = Counter(order for code in self.free_codes if (order := self.choose_order(code)) is not None)
        return max(votes, key=lambda order: (votes[order], -order), default=min(self.orders))

    def find_regret(self, code: str, order: int) -> float:
        """Bits above the maximum likelihood in hindsight of that order (`ALL_ORDERS`: of the usual one)."""
        return self.lengths[code][order] - self.hindsight[self.usual_order if order == ALL_ORDERS else order]

    def count_regret_bits(self, code: str) -> float:
        """`count_total_bits` above the maximum likelihood in hindsight of the usual order, the same for all codes."""
        return self.count_total_bits(code) - self.hindsight[self.usual_order]

    def refine(self, unit: float, precision: float) -> Panel:
        """The panel of the same values told to `precision` where its lengths are those of a precision of `unit`."""
        more = self.n * math.log2(unit / precision)
        lengths = {code: {k: bits + more for k, bits in own.items()} for code, own in self.lengths.items()}
        hindsight = {order: bits + more for order, bits in self.hindsight.items()}
        return replace(self, lengths=lengths, hindsight=hindsight, precision=precision)

    def tabulate(self) -> dict[str, list[float | None]]:
        """Columns over the orders: order, hindsight_bits, and one of lengths per code; None where it has none."""
        columns: dict[str, list[float | None]] = {
            "order": [float(order) for order in self.orders],
            "hindsight_bits": [self.hindsight[order] for order in self.orders],
        }
        for code, lengths in self.lengths.items():
            if ALL_ORDERS not in lengths:
                columns[f"{code}_bits"] = [None if math.isnan(lengths[k]) else lengths[k] for k in self.orders]
        return columns
