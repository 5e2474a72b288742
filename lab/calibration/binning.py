"""Steps: cells of equal mass over the confidence, and one value in each of them. Shape suffixes: N rows, B cells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lab.calibration.recalibrator import ConfidenceMap


@dataclass(frozen=True)
class StepMap(ConfidenceMap):
    """`values_B[b]` for confidences above `edges[b − 1]` and up to `edges[b]`; a map `before` it, if any, is first."""

    edges: NDArray[np.float64]  # B − 1, rising
    values_B: NDArray[np.float64]
    before: ConfidenceMap | None = None

    @property
    def parameters(self) -> Mapping[str, float]:
        """Those of the map before the steps; the steps are a table."""
        return self.before.parameters if self.before else {}

    def move(self, confidence_N: NDArray[np.float64]) -> NDArray[np.float64]:
        """The value of the cell of each."""
        moved_N = self.before.move(confidence_N) if self.before else confidence_N
        stepped_N: NDArray[np.float64] = self.values_B[np.searchsorted(self.edges, moved_N, side="left")]
        return stepped_N


def cut_by_mass(values_N: NDArray[np.float64], weight_N: NDArray[np.float64], cells: int) -> NDArray[np.float64]:
    """Inner edges of at most `cells` cells of about equal weight; equal values always share a cell, none is empty."""
    values, place_N = np.unique(values_N, return_inverse=True)
    upto = np.cumsum(np.bincount(place_N, weight_N))
    ends = np.searchsorted(upto, upto[-1] * np.arange(1, cells) / cells * (1 - 1e-12))
    edges: NDArray[np.float64] = values[np.unique(ends[ends < len(values) - 1])]
    return edges


def average_by_cell(
    values_N: NDArray[np.float64],
    averaged_N: NDArray[np.float64],
    weight_N: NDArray[np.float64],
    edges: NDArray[np.float64],
) -> NDArray[np.float64]:
    """The weighted mean of `averaged_N` in each cell of `values_N`."""
    cell_N = np.searchsorted(edges, values_N, side="left")
    mass_B = np.bincount(cell_N, weight_N, len(edges) + 1)
    return np.asarray(np.bincount(cell_N, weight_N * averaged_N, len(edges) + 1) / mass_B)
