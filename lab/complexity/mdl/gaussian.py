"""Normalised maximum likelihood of independent normal values: finite only on a bounded domain (Rissanen 1996, 2000).

A value is coded at a precision of one unit: lengths are −log2 of densities and may be negative.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lab.complexity.mdl.panel import Panel
from lab.core.errors import InputError
from lab.core.units import bits_from_nats

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Domain:
    """The estimates the code provides for: |mean| ≤ `largest_mean`, deviation from `least` to `most`, in the unit of
    the data. Agreed before the data are seen; data outside it have no code.
    """

    largest_mean: float
    least: float
    most: float = math.inf

    def __post_init__(self) -> None:
        if not (self.largest_mean > 0 and 0 < self.least < self.most):
            raise InputError("domain", self, "needs largest_mean > 0 and 0 < least < most")


def count_hindsight_bits(values: Values) -> float:
    """n/2 log2(2πe σ̂²) with σ̂² the mean squared deviation: the best normal density in hindsight."""
    return len(values) / 2 * math.log2(2 * math.pi * math.e * float(np.var(values)))


def count_complexity_bits(domain: Domain, n: int) -> float:
    """log2 C(n), exact, for unknown mean and deviation on the domain.

    C(n) = 4 R (1/σ₀ − 1/σ₁) √(n/2π) (n/2)^((n−1)/2) e^(−n/2) / Γ((n−1)/2): the density of the estimates at themselves,
    √(n/2πσ̂²) · (1/σ̂²)(n/2)^((n−1)/2) e^(−n/2) / Γ((n−1)/2), integrated over the domain (Grünwald 2007, chapter 11).
    Raises `InputError` below two values.
    """
    if n < 2:
        raise InputError("normal model", n, "needs two values for a mean and a deviation")
    logarithm = math.log(n / (2 * math.pi)) / 2 + (n - 1) / 2 * math.log(n / 2) - n / 2 - math.lgamma((n - 1) / 2)
    return bits_from_nats(logarithm + math.log(2 * _integrate_deviations(domain) * domain.largest_mean))


def estimate_gaussian_complexity_bits(domain: Domain, n: int) -> float:
    """The Fisher asymptotic of the same: log2(n/2π) + log2 ∫√|I|, |I(μ, σ²)| = 1/(2σ⁶)."""
    integral = 2 * domain.largest_mean * _integrate_deviations(domain) / math.sqrt(2)
    return math.log2(n / (2 * math.pi)) + math.log2(integral)


def count_nml_bits(values: Values, domain: Domain) -> float:
    """The normalised maximum likelihood code; infinite for data whose estimates lie outside the domain."""
    mean, deviation = abs(float(np.mean(values))), float(np.std(values))
    if not (mean <= domain.largest_mean and domain.least <= deviation <= domain.most):
        return math.inf
    return count_hindsight_bits(values) + count_complexity_bits(domain, len(values))


def describe_normal(values: Values, domain: Domain) -> Panel:
    """The values as independent normal ones: NML on the domain, exact and asymptotic, at a precision of one unit.

    A model class of one order, 0, with two parameters. Raises `InputError` for fewer than two values, values that are
    not finite or all equal, or whose mean or deviation the domain does not hold.
    """
    if len(values) < 2 or not np.isfinite(values).all():
        raise InputError("values", f"{len(values)} values", "are two or more numbers, all finite", "mend or drop rows")
    if not math.isfinite(bits := count_nml_bits(values, domain)):
        found = f"mean {np.mean(values):.4g}, deviation {np.std(values):.4g}"
        rule = f"|mean| ≤ {domain.largest_mean:g} and a deviation of {domain.least:g} to {domain.most:g}"
        raise InputError("values", found, rule, "agree on a wider domain, before the data are seen")
    hindsight = count_hindsight_bits(values)
    asymptotic = hindsight + estimate_gaussian_complexity_bits(domain, len(values))
    return Panel({"nml": {0: bits}, "nml_asymptotic": {0: asymptotic}}, {0: hindsight}, {0: 2}, len(values))


def _integrate_deviations(domain: Domain) -> float:
    """∫ σ^(−3) d(σ²) over the domain's variances."""
    return 2 * (1 / domain.least - 1 / domain.most)
