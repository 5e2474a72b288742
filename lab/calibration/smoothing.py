"""Smooth calibration error: residuals smoothed by a reflected Gaussian (Błasiok and Nakkiran 2023, arXiv:2309.12236).

smECE_σ = ∫₀¹ |Σ w (f − y) K_σ(t, f)| dt / Σ w with K_σ the Gaussian reflected at 0 and 1; smECE is smECE_σ at the only
σ = σ* where the two are equal. On nodes at j/G the reflection makes the smoothing a multiplication of the cosine
transform (DCT-I), in which the masses at both ends count twice: a mass at 0 or 1 is its own mirror image. The reference
implementation leaves that out, and overstates the error of models sure of themselves by up to a half.

Shape suffixes: C categories, J nodes (G + 1), R replicates.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.fft import dct

from lab.calibration.cells import Cells, Floats

NODES = 2048  # G; the error is of second order in 1/G
RESOLVED = 3.0  # distances between nodes in a bandwidth: below, the cut spectrum of the Gaussian rings
FINER = 16  # times the nodes where a bandwidth is not resolved
STEPS = 60  # at most, of a search that halves where it does not do better
TOLERANCE = 1e-12  # of σ


def spread_residuals(cells: Cells, nodes: int = NODES) -> Floats:
    """Cosine transform of the residual masses, shape (R, J); a mass between two nodes is shared linearly."""
    place_C = cells.confidence_C * nodes
    left_C = place_C.astype(np.int64)  # at 1 the last node itself, and nothing is moved on
    mass_RJ = cells.sum_over(left_C, nodes + 1, cells.residual_C)
    moved_RJ = cells.sum_over(left_C, nodes + 1, cells.residual_C * (place_C - left_C))
    mass_RJ -= moved_RJ
    mass_RJ[:, 1:] += moved_RJ[:, :-1]
    mass_RJ /= cells.total_R[:, None]
    mass_RJ[:, [0, -1]] *= 2
    waves: Floats = dct(mass_RJ, type=1, axis=1)
    return waves


def smooth_at(waves_RJ: Floats, bandwidth_R: Floats) -> Floats:
    """smECE_σ of every replicate at its own σ, by the trapezoid rule on the nodes; shape (R,)."""
    nodes = waves_RJ.shape[1] - 1
    frequency_J = np.pi * np.arange(nodes + 1)
    damped_RJ = waves_RJ * np.exp(-0.5 * (frequency_J * bandwidth_R[:, None]) ** 2)
    height_RJ = np.abs(dct(damped_RJ, type=1, axis=1, overwrite_x=True)) / (2 * nodes)
    errors: Floats = height_RJ.sum(axis=1) - (height_RJ[:, 0] + height_RJ[:, -1]) / 2
    return errors


def measure_smooth_error(cells: Cells, nodes: int = NODES) -> Floats:
    """σ* = smECE of every replicate; those too narrow for the nodes are found again on finer ones, shape (R,)."""
    found_R = find_bandwidths(spread_residuals(cells, nodes))
    narrow = np.flatnonzero((found_R > 0) & (found_R * nodes < RESOLVED))
    for rows in np.array_split(narrow, 1 + len(narrow) // 64):  # so many at a time as memory bears
        if len(rows):
            part = replace(cells, weight_RC=cells.weight_RC[rows])
            found_R[rows] = find_bandwidths(spread_residuals(part, FINER * nodes))
    return found_R


def find_bandwidths(waves_RJ: Floats) -> Floats:
    """σ* of every replicate, by regula falsi (Illinois) on σ − smECE_σ, which rises.

    smECE_σ falls with σ and is never below the gap of the means: σ* lies between that gap and smECE at it.
    """
    low_R = np.abs(waves_RJ[:, 0]) / 2
    whole_R = smooth_at(waves_RJ, np.zeros(len(waves_RJ)))  # never exceeded, except by ringing
    high_R = np.minimum(smooth_at(waves_RJ, low_R), whole_R)
    below_R, above_R = low_R - high_R, high_R - smooth_at(waves_RJ, high_R)
    root_R, open_R = high_R.copy(), below_R < -TOLERANCE
    side_R = np.zeros(len(waves_RJ))
    for _ in range(STEPS):
        rows = np.flatnonzero(open_R)
        if not len(rows):
            break
        low, high, below, above = low_R[rows], high_R[rows], below_R[rows], above_R[rows]
        guess = np.clip((low * above - high * below) / (above - below), low, high)
        value = guess - smooth_at(waves_RJ[rows], guess)
        root_R[rows] = guess
        rises = value >= 0
        halve = np.where(rises == (side_R[rows] > 0), 0.5, 1.0) * (side_R[rows] != 0) + (side_R[rows] == 0)
        high_R[rows], above_R[rows] = np.where(rises, guess, high), np.where(rises, value, above * halve)
        low_R[rows], below_R[rows] = np.where(rises, low, guess), np.where(rises, below * halve, value)
        side_R[rows] = np.where(rises, 1.0, -1.0)
        open_R[rows] = (np.abs(value) > TOLERANCE) & (high_R[rows] - low_R[rows] > TOLERANCE)
    return np.minimum(root_R, whole_R)
