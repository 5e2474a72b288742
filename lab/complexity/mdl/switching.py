"""The switch distribution: a code that changes its predictor along the data, where one that learns fast meets one that
learns well (van Erven, Grünwald and de Rooij 2012, Journal of the Royal Statistical Society B 74).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from lab.core.errors import InputError


def count_switch_bits(bits: NDArray[np.float64]) -> float:
    """Bits of the data by the switch distribution over m predictors; `bits` (n, m) is what each pays for each example.

    The paper's forward algorithm with its priors: the number of switches is geometric (½), a switch
    before example t + 1 has hazard 1/(t + 1), so that P(T ≥ t) = 1/t, and goes to any predictor alike. A predictor is
    'unstable' while a switch may still come. It is a mixture, so Kraft holds; it costs at most log2 m + 1 bits more
    than the best single predictor.
    """
    if bits.ndim != 2 or bits.shape[1] < 1:
        raise InputError("switch distribution", bits.shape, "needs lengths of shape (examples, predictors)")
    examples, predictors = bits.shape
    unstable = np.full(predictors, 0.5 / predictors)
    stable = unstable.copy()
    total = 0.0
    for t in range(examples):
        likelihood = np.exp2(bits[t].min() - bits[t])
        unstable, stable = unstable * likelihood, stable * likelihood
        mass = float(unstable.sum() + stable.sum())
        total += float(bits[t].min()) - math.log2(mass)
        unstable, stable = unstable / mass, stable / mass
        leaving = float(unstable.sum()) / (t + 2)
        unstable = unstable * (1 - 1 / (t + 2)) + leaving * 0.5 / predictors
        stable = stable + leaving * 0.5 / predictors
    return total
