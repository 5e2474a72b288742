"""One long path of a finite-state process, followed in many pieces at once.

Every step is a function of the state and of a uniform number of its own. The path is cut into about √n pieces that
advance side by side from guessed states; where a piece turns out to begin elsewhere, it is followed again. After
pass k the first k pieces are right, so the path is exactly the sequential one; two passes are the rule, because two
paths under the same uniform numbers soon meet (coupling: Doeblin 1938, Propp and Wilson 1996).
"""

from __future__ import annotations

from collections.abc import Callable
from math import isqrt

import numpy as np

Step = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]
"""(states (K,), uniforms (K,)) → (symbols (K,), next states (K,))."""


def follow_path(step: Step, state: int, uniforms: np.ndarray) -> np.ndarray:
    """The symbols that `step` emits from `state` on under these uniform numbers: int64, shape of `uniforms`, (n,)."""
    length = len(uniforms)
    pieces = isqrt(max(length - 1, 0)) + 1
    steps = -(-length // pieces)
    chance_TK = np.pad(uniforms, (0, pieces * steps - length)).reshape(pieces, steps).T.copy()
    symbols_TK = np.empty((steps, pieces), dtype=np.int64)
    begins, ends = np.full(pieces, state), np.empty(pieces, dtype=np.int64)
    stale = np.arange(pieces)
    while len(stale):
        now = begins[stale]
        for t in range(steps):
            symbols_TK[t, stale], now = step(now, chance_TK[t, stale])
        ends[stale] = now
        found = np.concatenate([[state], ends[:-1]])
        stale = np.flatnonzero(found != begins)
        begins = found
    return symbols_TK.T.ravel()[:length]
