"""Expected calibration error less what noise adds to it, as Gaussian frequencies would (Kumar et al. 2019).

The mean of resampled absolute gaps is known in closed form (the folded normal), so that nothing is drawn. It removes
only part of the bias.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import erf

from lab.calibration.bins import cut_equal_width, measure_error
from lab.calibration.cells import Cells, Floats
from lab.calibration.measure import CellMeasure


@dataclass(frozen=True)
class DebiasedError(CellMeasure):
    """2 ECE − Σ_b n_b/n · E|gap + s ε| with s² = p (1 − p)/n_b and ε normal, over `bins` of equal width; may be < 0."""

    name = "debiased_l1"
    title = "Debiased expected calibration error"
    symbol = "ECE (debiased)"
    bias_exponent = 0.5
    citation = "Kumar, Liang and Ma 2019, Verified uncertainty calibration, section 4 and its library"

    bins: int = 15

    def of_cells(self, cells: Cells) -> Floats:
        """The plug-in, less what another round of noise would add to it."""
        bins = cut_equal_width(cells, self.bins)
        gap_RB, p_RB, n_RB = np.abs(bins.gap_RB), bins.frequency_RB, bins.weight_RB
        s_RB = np.sqrt(np.divide(p_RB * (1 - p_RB), n_RB, out=np.zeros_like(p_RB), where=n_RB > 0))
        z_RB = np.divide(gap_RB, s_RB * np.sqrt(2), out=np.full_like(gap_RB, np.inf), where=s_RB > 0)
        folded_RB = s_RB * np.sqrt(2 / np.pi) * np.exp(-(z_RB**2)) + gap_RB * erf(z_RB)
        noisy: Floats = (bins.share_RB * folded_RB).sum(axis=1)
        return 2 * measure_error(bins) - noisy


measure = DebiasedError()
