"""The adaptive code of Krichevsky and Trofimov 1981 (IEEE Trans. Inf. Theory 27, eq. 3), in closed form from counts.

It predicts symbol s after n symbols by (n_s + 1/2) / (n + m/2), m the size of the alphabet. The product over a message
depends on the counts alone: −log2 [Γ(m/2) / Γ(n + m/2) · Π_s Γ(n_s + 1/2) / Γ(1/2)] bits.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln


def count_adaptive_bits(counts: NDArray[np.int64], totals: NDArray[np.int64], alphabet: int) -> float:
    """Bits of all symbols, coded by one such code in every context.

    `counts`, shape (pairs,): of every symbol in every context, zeros welcome; `totals`, shape (contexts,).
    """
    symbols = gammaln(counts + 0.5) - gammaln(0.5)
    contexts = gammaln(totals + alphabet / 2) - gammaln(alphabet / 2)
    return max(0.0, float(contexts.sum() - symbols.sum()) / math.log(2))
