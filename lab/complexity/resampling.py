"""The stationary bootstrap: a dependent sequence resampled in stretches of random length (Politis and Romano 1994).

J. Am. Stat. Assoc. 89:1303. What is resampled is not the symbols but the *words* at each position, so that no word is
put together across a joint, where the sequence never was (the blocks of blocks of Künsch 1989).
"""

from __future__ import annotations

import math

import numpy as np

from lab.complexity.blocks import Integers


def choose_stretch(length: int) -> float:
    """Mean length of a stretch, n^(1/3): the rate at which the error of its variance falls fastest (Künsch 1989)."""
    return float(max(1.0, length ** (1 / 3)))


def draw_positions(length: int, stretch: float, rng: np.random.Generator) -> Integers:
    """`length` positions of a sequence of that length, wrapped around its end.

    A stretch begins anywhere and goes on, at each position, with chance 1 − 1/`stretch`: geometric lengths, so that
    what is resampled is stationary.
    """
    begins = rng.random(length) * stretch < 1.0
    begins[0] = True
    joints = np.flatnonzero(begins)
    shifts = rng.integers(0, length, len(joints)) - joints
    positions: Integers = (np.repeat(shifts, np.diff(np.append(joints, length))) + np.arange(length)) % length
    return positions


def count_stretches(length: int, stretch: float) -> int:
    """How many stretches a resample has on average: its independent pieces."""
    return max(1, math.floor(length / stretch))
