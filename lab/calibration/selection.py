"""Selective prediction: answer only where confident. The risk of what is answered against how much is answered.

Conventions. Rows are accepted from the highest confidence down; rows of equal confidence in every order, each equally
likely, and the mean over those orders is what is said. A weight of w is w rows. Coverage is the share accepted,
selective risk the share of failures (outcome 0) among the accepted.

Shape suffixes: B blocks of equal confidence, R replicates.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import digamma

from lab.calibration.cells import Cells, Floats
from lab.calibration.predictions import Predictions
from lab.core.errors import InputError


@dataclass(frozen=True, eq=False)
class RiskCoverage:
    """The curve of every replicate, by blocks from the highest confidence down: `mass_RB` rows, `failed_RB` failures.

    Exact from rows. From a grid all rows of a cell are one block: the order within cells is lost, and only that.
    """

    confidence_B: Floats
    mass_RB: Floats
    failed_RB: Floats

    @classmethod
    def of(cls, predictions: Predictions) -> RiskCoverage:
        """The curve of predictions as they stand, one replicate."""
        return cls.of_cells(Cells.of_rows(predictions))

    @classmethod
    def of_cells(cls, cells: Cells) -> RiskCoverage:
        """The curves of the replicates of cells."""
        confidence_G = np.zeros(cells.cells)
        np.maximum.at(confidence_G, cells.cell_C, cells.confidence_C)
        mass_RB = cells.cell_weight_RG[:, ::-1]
        return cls(confidence_G[::-1], mass_RB, mass_RB - cells.cell_right_RG[:, ::-1])

    @cached_property
    def accepted(self) -> Floats:
        """Rows accepted at the end of each block."""
        return np.asarray(np.cumsum(self.mass_RB, axis=1))

    @cached_property
    def failures(self) -> Floats:
        """Failures among them."""
        return np.asarray(np.cumsum(self.failed_RB, axis=1))

    @property
    def rows(self) -> Floats:
        """All rows."""
        return self.accepted[:, -1]

    @property
    def error_rate(self) -> Floats:
        """The risk of answering everything."""
        return np.asarray(self.failures[:, -1] / self.rows)


def measure_aurc(curve: RiskCoverage) -> Floats:
    """AURC (Geifman, Uziel and El-Yaniv 2019): the mean over i of the selective risk when i rows are accepted, (R,).

    A block that begins after N rows with E failures and fails at the rate r has the expected risk (E + r j)/(N + j) at
    its j-th acceptance; over m of them that sums to r m + (E − r N)(ψ(N + m + 1) − ψ(N + 1)).
    """
    return np.asarray(_sum_risks(curve.mass_RB, curve.failed_RB) / curve.rows)


def measure_least_aurc(curve: RiskCoverage) -> Floats:
    """AURC of the best order there is, every failure last: what E-AURC takes off; the sum itself, not its integral."""
    failed_R = curve.failures[:, -1]
    mass_RB = np.stack([curve.rows - failed_R, failed_R], axis=1)
    return np.asarray(_sum_risks(mass_RB, np.stack([0 * failed_R, failed_R], axis=1)) / curve.rows)


def measure_augrc(curve: RiskCoverage) -> Floats:
    """AUGRC (Traub et al. 2024, eq. 8): failures accepted, as a share of all rows, averaged over coverage, (R,).

    The chance that of two rows the first is a failure and is accepted before the second, ties counting half; so it
    equals (1 − AUROC) a (1 − a) + (1 − a)²/2 at accuracy a.
    """
    middle_RB = curve.failures - curve.failed_RB / 2
    return np.asarray((curve.mass_RB * middle_RB).sum(axis=1) / curve.rows**2)


def measure_failure_auroc(curve: RiskCoverage) -> Floats:
    """The chance that a success is held more confidently than a failure, ties counting half; NaN without either."""
    right_RB = curve.mass_RB - curve.failed_RB
    middle_RB = np.cumsum(right_RB, axis=1) - right_RB / 2
    pairs_R = right_RB.sum(axis=1) * curve.failures[:, -1]
    won_R = (curve.failed_RB * middle_RB).sum(axis=1)
    return np.asarray(np.divide(won_R, pairs_R, out=np.full(len(pairs_R), np.nan), where=pairs_R > 0))


def find_risks(curve: RiskCoverage, coverages: Floats) -> Floats:
    """Selective risk when each share in (0, 1] is answered, shape (R, coverages); raises `InputError` outside."""
    wanted = np.asarray(coverages, dtype=np.float64)
    if not ((wanted > 0) & (wanted <= 1)).all():
        raise InputError("coverage", coverages, "the share that is answered, above 0 and at most 1", "for example 0.8")
    risks = np.empty((len(curve.mass_RB), len(wanted)))
    for replicate, (accepted_B, failures_B) in enumerate(zip(curve.accepted, curve.failures, strict=True)):
        rows = wanted * accepted_B[-1]
        risks[replicate] = np.interp(rows, np.append(0.0, accepted_B), np.append(0.0, failures_B)) / rows
    return risks


def find_coverages(curve: RiskCoverage, risks: Floats) -> Floats:
    """The largest coverage whose selective risk is at most each risk in [0, 1], shape (R, risks); 0 where none is.

    Raises `InputError` for what is no risk.
    """
    allowed = np.asarray(risks, dtype=np.float64)
    if not ((allowed >= 0) & (allowed <= 1)).all():
        raise InputError("risk", risks, "the share of failures that is allowed, from 0 to 1", "for example 0.05")
    found = np.empty((len(curve.mass_RB), len(allowed)))
    for replicate, (mass_B, failed_B) in enumerate(zip(curve.mass_RB, curve.failed_RB, strict=True)):
        accepted, failures = np.append(0.0, np.cumsum(mass_B)), np.append(0.0, np.cumsum(failed_B))
        for k, risk in enumerate(allowed):
            last = int(np.flatnonzero(failures <= risk * accepted)[-1])
            found[replicate, k] = accepted[last]
            if last < len(mass_B):  # into the next block: (E + r t)/(N + t) = risk, which the block's end exceeds
                rate = failed_B[last] / mass_B[last]
                found[replicate, k] += (risk * accepted[last] - failures[last]) / (rate - risk)
        found[replicate] /= accepted[-1]
    return found


def _sum_risks(mass_RB: Floats, failed_RB: Floats) -> Floats:
    """The sum over all acceptances of the expected selective risk, (R,)."""
    before_RB, failures = np.cumsum(mass_RB, axis=1) - mass_RB, np.cumsum(failed_RB, axis=1) - failed_RB
    rate_RB = np.divide(failed_RB, mass_RB, out=np.zeros_like(mass_RB), where=mass_RB > 0)
    spread_RB = digamma(before_RB + mass_RB + 1) - digamma(before_RB + 1)
    return np.asarray((failed_RB + (failures - rate_RB * before_RB) * spread_RB).sum(axis=1))
