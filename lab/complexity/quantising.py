"""Real numbers as symbols, so that codes can describe them. The rule is a choice, and its choice is varied."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from lab.complexity.code import Message
from lab.core.errors import InputError, UnknownNameError

Rule = Literal["step", "quantile"]
REACH = 3.0  # standard deviations either side of the mean that even steps divide; what lies beyond is clipped


def quantise(values: NDArray[np.floating], levels: int, rule: Rule = "step") -> Message:
    """Values of any shape as symbols below `levels` (2 to 256), in the same shape.

    'step': even steps across mean ± 3 standard deviations, so that the histogram can be told from noise; 'quantile':
    levels with equally many values, ties together, so that only their arrangement can. Values all equal are one level.
    Raises `InputError` for values that are not finite.
    """
    if rule not in get_args(Rule):
        raise UnknownNameError.among("quantising rule", rule, get_args(Rule))
    if not 2 <= levels <= 256:
        raise InputError("quantise.levels", levels, "lies in 2 … 256")
    flat = np.asarray(values, float).ravel()
    if not np.isfinite(flat).all():
        raise InputError("quantise.values", None, "values must be finite", "look at the run: it has diverged")
    spread = float(flat.std()) if flat.size else 0.0
    if spread == 0:
        found = np.zeros(flat.shape)
    elif rule == "step":
        found = np.floor(levels * ((flat - flat.mean()) / (2 * REACH * spread) + 0.5))
    else:
        _, place, count = np.unique(flat, return_inverse=True, return_counts=True)
        middle = np.cumsum(count) - count / 2
        found = np.floor(levels * middle[place] / flat.size)
    return Message(found.clip(0, levels - 1).astype(np.uint8).reshape(np.shape(values)), levels)
