"""The three parts of a mean score: S = miscalibration − discrimination + uncertainty, each ≥ 0 (CORP).

Dimitriadis, Gneiting and Jordan 2021, PNAS 118(8), e2016191118. Isotonic regression (pool adjacent violators, PAV) of
the outcomes on the confidences recalibrates without bins or other choices: MCB = S(f) − S(PAV), UNC = S(ȳ),
DSC = S(ȳ) − S(PAV). Tied confidences are pooled first. MCB of a calibrated model is not 0 but falls as about n^−2/3.

Shape suffixes: C categories, G cells, R replicates.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from scipy.optimize import isotonic_regression
from scipy.special import xlogy

from lab.calibration.cells import Cells, Floats

Score = Literal["brier", "log"]


def expect_brier(chance: Floats) -> Floats:
    """p (1 − p): the Brier score of the true probability p."""
    return chance * (1 - chance)


def expect_log(chance: Floats) -> Floats:
    """−p ln p − (1 − p) ln(1 − p): the log score of the true probability p, nats."""
    return np.asarray(-xlogy(chance, chance) - xlogy(1 - chance, 1 - chance))


EXPECT: dict[Score, Callable[[Floats], Floats]] = {"brier": expect_brier, "log": expect_log}


@dataclass(frozen=True, eq=False)
class Decomposition:
    """The parts of the mean score of every replicate, each computed when it is asked for, shape (R,)."""

    cells: Cells
    score: Score = "brier"

    @cached_property
    def mean_score_R(self) -> Floats:
        """S(f), of the confidences as they are; infinite for the log score where certainty was wrong."""
        return self.cells.average(self.cells.brier_C if self.score == "brier" else self.cells.log_score_C)

    @cached_property
    def recalibrated_R(self) -> Floats:
        """S(PAV), of the recalibrated confidences."""
        expect, total_R = EXPECT[self.score], self.cells.total_R
        weight_RG, fitted_RG = self.cells.cell_weight_RG, fit_isotonic(self.cells)
        means: Floats = (weight_RG * expect(fitted_RG)).sum(axis=1) / total_R
        return means

    @cached_property
    def uncertainty_R(self) -> Floats:
        """S(ȳ), of the base rate."""
        return EXPECT[self.score](self.cells.average(self.cells.outcome_C))

    @property
    def miscalibration_R(self) -> Floats:
        """S(f) − S(PAV)."""
        return self.mean_score_R - self.recalibrated_R

    @property
    def discrimination_R(self) -> Floats:
        """S(ȳ) − S(PAV)."""
        return self.uncertainty_R - self.recalibrated_R


def fit_isotonic(cells: Cells) -> Floats:
    """The recalibrated probability of every cell, rising with the confidence, shape (R, G); 0 where nothing weighs."""
    weight_RG, right_RG = cells.cell_weight_RG, cells.cell_right_RG
    fitted_RG = np.zeros_like(weight_RG)
    for weight_G, right_G, fitted_G in zip(weight_RG, right_RG, fitted_RG, strict=True):
        held = weight_G > 0
        fit = isotonic_regression(right_G[held] / weight_G[held], weights=weight_G[held])
        fitted_G[held] = np.clip(fit.x, 0.0, 1.0)
    return fitted_RG
