"""Upper bounds on Kolmogorov complexity: the shortest of many descriptions, with the bits that say which.

Kolmogorov 1965, and Li and Vitányi 2008 (An Introduction to Kolmogorov Complexity, section 2.1): K(x) is not to be
computed, but any description that a fixed decoder undoes bounds it from above. Here the decoder is the set of codes,
packings and scans; it knows the alphabet and is told the shape.

bits(x) = bits(shape) + log2(ways) + min over ways of the code's length.

One way is literal, n·log2(alphabet) bits rounded up: no bound exceeds that by more than the bits that name the way.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from lab.complexity.code import Code, Message, Proof
from lab.complexity.integers import count_shape_bits
from lab.complexity.scans import Packing, Scan, list_packings, list_scans, pack_message, scan_message
from lab.core.errors import InputError, UnknownNameError
from lab.core.registry import open_shelf

ENSEMBLE = "ensemble"
"""The name under which the shortest of all proven descriptions stands beside the codes."""
LITERAL = "literal"
"""No code: the symbols are the digits of one number."""


@dataclass(frozen=True)
class Description:
    """One way to describe a message, and its bits without those that say which way it is."""

    code: str
    packing: Packing
    scan: Scan
    payload_bits: float
    proof: Proof


@dataclass(frozen=True)
class Bound:
    """All descriptions of one message of `symbols` symbols, the literal one among them; `told_bits` say its shape and
    what else was asked to be told; `left_out`: code → why.
    """

    symbols: int
    alphabet: int
    told_bits: float
    descriptions: tuple[Description, ...]
    left_out: Mapping[str, str] = field(default_factory=dict)

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes that described it, in their order."""
        names = dict.fromkeys(description.code for description in self.descriptions)
        return tuple(name for name in names if name != LITERAL)

    @property
    def raw_bits(self) -> float:
        """The length without any code: log2 of the alphabet a symbol, the shape told."""
        return self.told_bits + self.symbols * math.log2(self.alphabet)

    def choose(self, code: str = ENSEMBLE) -> Description:
        """The shortest description by one code, or of all that are proven."""
        return min(self._list_ways(code), key=lambda description: description.payload_bits)

    def count_bits(self, code: str = ENSEMBLE) -> float:
        """The bound in bits by one code, or by the ensemble: shortest payload, choice and shape paid for.

        Of a code that only estimates it is the estimate, to which nothing is told.
        """
        chosen = self.choose(code)
        if chosen.proof == "estimate":
            return chosen.payload_bits
        return self.told_bits + math.log2(len(self._list_ways(code))) + chosen.payload_bits

    def rate_bits(self, code: str = ENSEMBLE) -> float:
        """Bits per symbol; NaN where there is no symbol."""
        return self.count_bits(code) / self.symbols if self.symbols else math.nan

    def tabulate(self, code: str = ENSEMBLE) -> dict[str, float | str]:
        """The measured columns of a table's row: bits, bits per symbol, and which packing and scan gave them."""
        chosen, bits, rate = self.choose(code), self.count_bits(code), self.rate_bits(code)
        return {"code_bits": bits, "bits_per_symbol": rate, "packing": chosen.packing, "scan": chosen.scan}

    def _list_ways(self, code: str) -> list[Description]:
        if code == ENSEMBLE:
            return [d for d in self.descriptions if d.proof != "estimate"]
        ways = [d for d in self.descriptions if d.code == code]
        if not ways:
            raise UnknownNameError.among(
                "code of the bound", code, [ENSEMBLE, *self.codes], self.left_out.get(code, "")
            )
        return ways


def load_codes() -> dict[str, Code]:
    """Every code of the shelf, dials at their defaults."""
    shelf = open_shelf("codes")
    return {name: shelf.load(name)() for name in shelf.names()}


def count_literal_bits(message: Message) -> float:
    """The digits of one number: n·log2 of the alphabet, rounded up."""
    return float(math.ceil(len(message) * math.log2(message.alphabet)))


def bound_message(
    message: Message,
    codes: Mapping[str, Code] | None = None,
    told_bits: float = 0.0,
    scans: Sequence[Scan] | None = None,
) -> Bound:
    """The bound by the codes given, by default all of the shelf, over every packing and scan that fits the message.

    `scans`: of those, the ones to try, where fewer are enough; the decoder knows which, so fewer ways are told apart.
    `told_bits`: what the decoder of this object must be told beside its shape (`lab.complexity.objects`).
    A code is left out, with the reason, of a message longer than its `most_symbols` or that it refuses: a proven code
    by its shape and alphabet alone, which the decoder knows too, so that both count the same ways. A code that
    estimates is shown, of the message as it stands, and bounds nothing. Raises `RefusedError` where no code is left.
    """
    usable, left_out = _choose_codes(message, load_codes() if codes is None else codes)
    descriptions = [Description(LITERAL, "symbols", "row", count_literal_bits(message), "kraft")]
    for packing, scan, laid_out, choice_bits in _lay_out(message, scans):
        for name, code in usable.items():
            if code.proof == "estimate" and (packing, scan) != ("symbols", "row"):
                continue
            try:
                bits = code.count_bits(laid_out)
            except InputError as refusal:
                left_out.setdefault(name, str(refusal))
                continue
            # The ideal length of a probability is that of a prefix code once it is rounded up (Shannon 1948).
            payload = math.ceil(bits + choice_bits) if code.proof == "kraft" else bits + math.ceil(choice_bits)
            descriptions.append(Description(name, packing, scan, float(payload), code.proof))
    told = told_bits + count_shape_bits(message.symbols.shape)
    described = {description.code for description in descriptions}
    left_out = {name: why for name, why in left_out.items() if name not in described}
    return Bound(len(message), message.alphabet, told, tuple(descriptions), left_out)


def _choose_codes(message: Message, codes: Mapping[str, Code]) -> tuple[dict[str, Code], dict[str, str]]:
    usable, left_out = {}, {}
    for name, code in codes.items():
        doubt = code.find_doubt(message)
        if len(message) > code.most_symbols:
            left_out[name] = f"takes at most {code.most_symbols:,} symbols, for its time and memory"
        elif doubt:
            left_out[name] = doubt
        else:
            usable[name] = code
    return usable, left_out


def _lay_out(message: Message, scans: Sequence[Scan] | None) -> Iterator[tuple[Packing, Scan, Message, float]]:
    """One message at a time, and the bits of the choices made in it: a large one is not held in all its layouts."""
    for scan in list_scans(message):
        if scans is not None and scan not in scans:
            continue
        scanned = scan_message(message, scan)
        for packing in list_packings(message):
            laid_out = pack_message(scanned.message) if packing == "packed" else scanned.message
            yield packing, scan, laid_out, scanned.told_bits
