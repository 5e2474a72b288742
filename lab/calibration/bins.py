"""Bins of equal width and of equal mass, and the gaps between confidence and frequency in them.

Shape suffixes: C categories, G cells, B bins, R replicates.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lab.calibration.cells import Cells, Floats, Indices


@dataclass(frozen=True, eq=False)
class Bins:
    """Sums over each bin of each replicate; an empty bin weighs nothing.

    `weight_RB`; `residual_RB`: Σ weight (f − y); `right_RB`: weight of the outcomes 1.
    """

    weight_RB: Floats
    residual_RB: Floats
    right_RB: Floats

    @property
    def share_RB(self) -> Floats:
        """Of the weight of the replicate."""
        shares: Floats = self.weight_RB / self.weight_RB.sum(axis=1, keepdims=True)
        return shares

    @property
    def gap_RB(self) -> Floats:
        """Mean confidence − frequency, 0 in an empty bin (which has no share)."""
        return _divide(self.residual_RB, self.weight_RB)

    @property
    def frequency_RB(self) -> Floats:
        """How often it happened, 0 in an empty bin (which has no share)."""
        return _divide(self.right_RB, self.weight_RB)


def cut_equal_width(cells: Cells, bins: int) -> Bins:
    """[0, 1] cut into equal widths, closed below; exactly 1 belongs to the last bin."""
    bin_C = np.minimum((cells.confidence_C * bins).astype(np.int64), bins - 1)
    return Bins(
        cells.sum_over(bin_C, bins),
        cells.sum_over(bin_C, bins, cells.residual_C),
        cells.sum_over(bin_C, bins, cells.outcome_C),
    )


Edges = Callable[[float, int], Floats]


def split_evenly(total: float, bins: int) -> Floats:
    """Edges of B bins of whole counts, the first n mod B of them one larger (`numpy.array_split`), shape (B + 1,)."""
    steps = np.arange(bins + 1)
    size, left = divmod(int(total), bins)
    return (steps * size + np.minimum(steps, left)).astype(np.float64)


def round_edges(total: float, bins: int) -> Floats:
    """Edges of B bins of whole counts, each the nearest to its place, shape (B + 1,)."""
    return np.rint(np.linspace(0, total, bins + 1))


def cut_equal_mass(cells: Cells, bins: int, split: Edges = split_evenly, replicates: Indices | None = None) -> Bins:
    """The sorted confidences cut into equal weights; of some `replicates` where they are named.

    Whole weights are counts and `split` says where their edges are; others are cut exactly. Tied confidences across an
    edge are shared between its bins in proportion, so that the order of rows means nothing.
    """
    rows = np.arange(len(cells.weight_RC)) if replicates is None else replicates
    weight_RB, residual_RB, right_RB = (np.empty((len(rows), bins)) for _ in range(3))
    curves = cells.passed_weight_RG, cells.passed_residual_RG, cells.passed_right_RG
    whole = bool(np.all(cells.weight_RC == np.floor(cells.weight_RC)))
    for place, r in enumerate(rows):
        weight_G, residual_G, right_G = (curve_RG[r] for curve_RG in curves)
        edges = split(weight_G[-1], bins) if whole else np.linspace(0, weight_G[-1], bins + 1)
        weight_RB[place] = np.diff(edges)
        residual_RB[place] = np.diff(np.interp(edges, weight_G, residual_G))
        right_RB[place] = np.diff(np.interp(edges, weight_G, right_G))
    return Bins(weight_RB, residual_RB, right_RB)


def measure_error(bins: Bins) -> Floats:
    """Σ share · |gap|, shape (R,): the expected calibration error of these bins."""
    errors: Floats = np.abs(bins.residual_RB).sum(axis=1) / bins.weight_RB.sum(axis=1)
    return errors


def measure_debiased_square(bins: Bins) -> Floats:
    """Σ share · (gap² − p (1 − p) / (n − 1)) over bins of n predictions of frequency p; negative by chance.

    Bröcker 2012, and Kumar et al. 2019, section 4. A bin of one prediction has no estimate without bias and adds
    nothing; NaN where every bin is such.
    """
    p_RB, n_RB = bins.frequency_RB, bins.weight_RB
    several_RB = n_RB > 1
    noise_RB = np.divide(p_RB * (1 - p_RB), n_RB - 1, out=np.zeros_like(p_RB), where=several_RB)
    squares_RB = np.where(several_RB, bins.share_RB * (bins.gap_RB**2 - noise_RB), 0.0)
    return np.where(several_RB.any(axis=1), squares_RB.sum(axis=1), np.nan)


def _divide(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
