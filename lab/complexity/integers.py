"""What a whole number costs: Rissanen's universal code of the integers, which lengths and shapes are told in.

Rissanen 1983 (Annals of Statistics 11, eq. 2.5): log*(n) = log2 n + log2 log2 n + …, positive terms only, plus log2 c
with c = Σ_n 2^−log*(n), so that the lengths of all n ≥ 1 together meet Kraft's inequality with equality. The sum is
2.8651084; the paper prints 2.865064, with which the lengths would break the inequality by 1.5e-5.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from lab.core.errors import InputError

LOG_CONSTANT = math.log2(2.8651085)


def count_integer_bits(number: int) -> float:
    """Bits of `number` ≥ 1 to a decoder that knows nothing of its size; raises `InputError` below 1."""
    if number < 1:
        raise InputError("integer", number, "the universal code starts at 1", "add an offset first")
    bits, term = LOG_CONSTANT, math.log2(number)
    while term > 0:
        bits += term
        term = math.log2(term)
    return bits


def count_shape_bits(shape: Sequence[int]) -> float:
    """Bits of an array's shape: how many sides, then each of them; a side may be 0."""
    return count_integer_bits(len(shape) + 1) + sum(count_integer_bits(side + 1) for side in shape)
