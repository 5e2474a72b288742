"""What one object tells of another, by descriptions that may use it: conditional complexity and mutual information.

K(x | y) is bounded as K(x) is: by the shortest description of x that a decoder undoes who has y. C(x, y) − C(y) is no
such description. A difference of bounds is no bound either: the mutual information K(x) − K(x | y) (Kolmogorov 1965;
Li and Vitányi 2008, section 3.9.1) is estimated by codes that can do both.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lab.complexity.bounds import LITERAL, Bound, Description, count_literal_bits, load_codes
from lab.complexity.code import Code, ConditionalCode, Message
from lab.complexity.integers import count_shape_bits
from lab.complexity.scans import list_packings, pack_message
from lab.core.errors import InputError

Matrix = NDArray[np.float64]
Advance = Callable[[], None]
USE_BITS = 1.0  # whether what is known is used at all


@dataclass(frozen=True, eq=False)
class Information:
    """Bits of `alone` (n,) each object and of `given` (n, n) row given column, by the same codes."""

    alone: Matrix
    given: Matrix

    @property
    def conditional(self) -> Matrix:
        """An upper bound on K(x | y) (n, n), x by row: with y or without it, and a bit that says which."""
        bits: Matrix = np.minimum(self.given, self.alone[:, None]) + USE_BITS
        return bits

    @property
    def mutual(self) -> Matrix:
        """What x and y tell of each other (n, n), bits: the mean of C(x) − C(x | y) and C(y) − C(y | x); no bound."""
        told = self.alone[:, None] - self.given
        shared: Matrix = (told + told.T) / 2
        return shared


def load_conditional() -> dict[str, Code]:
    """Every code of the shelf that can be given another message, dials at their defaults."""
    return {name: code for name, code in load_codes().items() if isinstance(code, ConditionalCode)}


def measure_information(
    messages: Sequence[Message], codes: Mapping[str, Code] | None = None, advance: Advance = lambda: None
) -> Information:
    """Every object alone and given every other, itself included, all by the conditional codes among `codes`.

    `advance` is called n² times. Raises `InputError` for alphabets that differ.
    """
    if len(alphabets := sorted({message.alphabet for message in messages})) > 1:
        raise InputError("objects", f"alphabets of {alphabets} symbols", "are written in one alphabet", "recode them")
    chosen = load_conditional() if codes is None else codes
    nothing = [Message(message.sequence[:0], message.alphabet) for message in messages]
    alone = [bound_given(message, none, chosen).count_bits() for message, none in zip(messages, nothing, strict=True)]
    given = np.empty((len(messages), len(messages)))
    for row, message in enumerate(messages):
        for column, known in enumerate(messages):
            given[row, column] = bound_given(message, known, chosen).count_bits()
            advance()
    return Information(np.array(alone), given)


def bound_given(message: Message, known: Message, codes: Mapping[str, Code] | None = None) -> Bound:
    """The bound on K(message | known) by the conditional codes among `codes`, packed or not, and literally.

    A code is left out, with the reason, where both together are longer than its `most_symbols` or it refuses.
    """
    both = len(message) + len(known)
    descriptions, left_out = [Description(LITERAL, "symbols", "row", count_literal_bits(message), "kraft")], {}
    for name, code in (load_conditional() if codes is None else codes).items():
        if not isinstance(code, ConditionalCode):
            left_out[name] = "is not given other symbols"
            continue
        if both > code.most_symbols:
            left_out[name] = f"takes at most {code.most_symbols:,} symbols, for its time and memory"
            continue
        for packing in list_packings(message):
            pair = (message, known) if packing == "symbols" else (pack_message(message), pack_message(known))
            try:
                bits = math.ceil(code.count_bits_given(*pair))
            except InputError as refusal:
                left_out.setdefault(name, str(refusal))
                continue
            descriptions.append(Description(name, packing, "row", float(bits), code.proof))
    described = {description.code for description in descriptions}
    left_out = {name: why for name, why in left_out.items() if name not in described}
    told = count_shape_bits(message.symbols.shape)
    return Bound(len(message), message.alphabet, told, tuple(descriptions), left_out)
