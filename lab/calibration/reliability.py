"""What a reliability diagram shows: how often it happened at each confidence, with two bands that ask two questions.

- Consistency band: where would the curve lie were the model calibrated? (Bröcker and Smith 2007.) It lies around the
  diagonal; a curve inside it is no evidence against calibration.
- Confidence band: where may the true curve lie? It lies around the curve: percentiles of bootstrap curves, which serve
  here because a frequency, unlike an error, has no bias to double. Pointwise: a band holds about 95 % of the points.

The curve is of bins, or isotonic regression without any (CORP, Dimitriadis et al. 2021). Shape suffixes: B bins, P
points, R replicates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from lab.calibration.bins import Bins, cut_equal_mass, cut_equal_width
from lab.calibration.cells import Cells, Floats, lay_grid
from lab.calibration.corp import fit_isotonic
from lab.calibration.draws import draw_bootstrap, draw_calibrated
from lab.calibration.predictions import Predictions
from lab.core.seeds import open_stream

Curve = Literal["isotonic", "equal_width", "equal_mass"]
BINNING = {"equal_width": cut_equal_width, "equal_mass": cut_equal_mass}
POINTS = 101  # of an isotonic curve: the confidences at its percentiles
REPLICATES = 400


@dataclass(frozen=True, eq=False)
class Reliability:
    """A point per bin that holds predictions, or per percentile of the confidences; all shape (P,).

    `confidence_P`: mean confidence; `frequency_P`: how often it happened; `share_P`: of the weight (bins; of an
    isotonic curve, that up to the next point); `consistent_low_P` and so on: central bands at `level`.
    """

    curve: Curve
    confidence_P: Floats
    frequency_P: Floats
    share_P: Floats
    consistent_low_P: Floats
    consistent_high_P: Floats
    low_P: Floats
    high_P: Floats
    level: float


def trace_reliability(
    predictions: Predictions,
    curve: Curve = "isotonic",
    bins: int = 15,
    seed: int = 0,
    replicates: int = REPLICATES,
    level: float = 0.95,
) -> Reliability:
    """The curve with its bands; `bins` of a binned one. Groups are drawn whole for the confidence band."""
    rng, grid = open_stream(seed, "calibration", "reliability"), lay_grid(predictions)
    rows = Cells.of_rows(predictions)
    calibrated = draw_calibrated(predictions, grid, replicates, rng)
    drawn = draw_bootstrap(predictions, grid, replicates, rng)
    if curve == "isotonic":
        return _trace_isotonic(rows, calibrated, drawn, level)
    return _trace_bins(curve, bins, rows, calibrated, drawn, level)


def _trace_isotonic(rows: Cells, calibrated: Cells, drawn: Cells, level: float) -> Reliability:
    confidence_G, weight_G = _find_confidences(rows), rows.cell_weight_RG[0]
    passed = np.cumsum(weight_G) / weight_G.sum()
    chosen = np.unique(np.minimum(np.searchsorted(passed, np.linspace(0, 1, POINTS)), len(passed) - 1))
    confidence_P, frequency_P = confidence_G[chosen], fit_isotonic(rows)[0][chosen]
    share_P = np.diff(np.append(passed[chosen] - weight_G[chosen] / weight_G.sum(), 1.0))
    consistent = _bound(_look_up(calibrated, confidence_P), level)
    low, high = _bound(_look_up(drawn, confidence_P), level)
    return Reliability("isotonic", confidence_P, frequency_P, share_P, *consistent, low, high, level)


def _trace_bins(
    curve: Literal["equal_width", "equal_mass"], bins: int, rows: Cells, calibrated: Cells, drawn: Cells, level: float
) -> Reliability:
    cut = BINNING[curve]
    exact = cut(rows, bins)
    held = exact.weight_RB[0] > 0
    confidence_P = (exact.frequency_RB + exact.gap_RB)[0][held]
    frequency_P, share_P = exact.frequency_RB[0][held], exact.share_RB[0][held]
    consistent = _bound(_read_bins(cut(calibrated, bins))[:, held], level)
    low, high = _bound(_read_bins(cut(drawn, bins))[:, held], level)
    return Reliability(curve, confidence_P, frequency_P, share_P, *consistent, low, high, level)


def _read_bins(bins: Bins) -> Floats:
    return np.where(bins.weight_RB > 0, bins.frequency_RB, np.nan)


def _find_confidences(cells: Cells) -> Floats:
    """Mean confidence of each cell over all replicates together."""
    weight_G = np.maximum(cells.cell_weight_RG.sum(axis=0), 1e-300)
    confidences: Floats = (cells.cell_residual_RG + cells.cell_right_RG).sum(axis=0) / weight_G
    return confidences


def _look_up(cells: Cells, confidence_P: Floats) -> Floats:
    """Isotonic curves at some confidences, linear between the cells that weigh, shape (R, P)."""
    confidence_G, looked = _find_confidences(cells), np.empty((len(cells.weight_RC), len(confidence_P)))
    for r, (weight_G, fitted_G) in enumerate(zip(cells.cell_weight_RG, fit_isotonic(cells), strict=True)):
        held = weight_G > 0
        looked[r] = np.interp(confidence_P, confidence_G[held], fitted_G[held])
    return looked


def _bound(curve_RP: Floats, level: float) -> tuple[Floats, Floats]:
    low, high = np.nanquantile(curve_RP, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return low, high
