"""Laws that are a sum of power laws: Σ_k c_k Π_j x_j^(−γ_kj), a constant being a power law without an exponent.

The logarithm of each term is linear in (ln c, γ), so ln f is a log-sum-exp and both derivatives are closed forms in
the terms' shares of the loss. The predictors are centred in the logarithm, which takes the correlation between an
amplitude and its exponent out of the search.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from lab.scaling.chart import Chart, PlainChart
from lab.scaling.law import Law

Array = NDArray[Any]


@dataclass(frozen=True)
class Term:
    """coefficient · predictor^(−exponent): names of parameters and of a predictor, the last two '' for a constant.

    `further` are more (predictor, exponent) pairs that multiply the same term.
    """

    coefficient: str
    predictor: str = ""
    exponent: str = ""
    further: tuple[tuple[str, str], ...] = ()

    @property
    def powers(self) -> tuple[tuple[str, str], ...]:
        """All (predictor, exponent) pairs of the term; none of a constant."""
        return (((self.predictor, self.exponent),) if self.predictor else ()) + self.further


class PowerSum(Law):
    """A law given by its `terms`. Several terms may share an exponent, at the price of a slower search."""

    terms: ClassVar[tuple[Term, ...]]

    def predict(self, theta: Array, **x: Array) -> Array:
        """Σ_k c_k Π_j x_j^(−γ_kj), nats."""
        values = dict(zip(self.names, self.split(theta), strict=True))
        blank = np.zeros((*np.shape(theta)[:-1], next(iter(x.values())).shape[-1]))
        return sum((values[t.coefficient] * _multiply(t, values, x) for t in self.terms), blank)

    def gradient(self, theta: Array, **x: Array) -> Array:
        """Closed form, (..., n, p)."""
        values = dict(zip(self.names, self.split(theta), strict=True))
        count = next(iter(x.values())).shape[-1]
        columns = {name: np.zeros((*np.shape(theta)[:-1], count)) for name in self.names}
        for term in self.terms:
            power = _multiply(term, values, x)
            columns[term.coefficient] = columns[term.coefficient] + power
            for predictor, exponent in term.powers:
                slope = -np.log(x[predictor]) * values[term.coefficient] * power
                columns[exponent] = columns[exponent] + slope
        return np.stack([columns[name] for name in self.names], axis=-1)

    def chart(self, x: Mapping[str, Array]) -> Chart:
        """Logarithms of the terms at the centre of the data, and the exponents."""
        exponents = [exponent for term in self.terms for _, exponent in term.powers]
        return PowerChart(self, x) if len(set(exponents)) == len(exponents) else PlainChart(self, x)


class PowerChart(Chart):
    """u holds, at a coefficient's place, the logarithm of its term at the geometric mean of the predictor.

    Every exponent belongs to one term.
    """

    def __init__(self, law: PowerSum, x: Mapping[str, Array]) -> None:
        names = law.names
        shape = next(iter(x.values())).shape
        size = len(names)
        self._features = np.ones((*shape, size))  # derivative of a parameter's own log term by its coordinate
        self._term_of = np.zeros(size, int)
        self._center = np.zeros((*shape[:-1], size, size))  # ln c = u_c + Σ center·γ
        for k, term in enumerate(law.terms):
            at = names.index(term.coefficient)
            self._term_of[at] = k
            for predictor, parameter in term.powers:
                exponent = names.index(parameter)
                logs = np.log(x[predictor])
                middle = logs.mean(axis=-1)
                self._term_of[exponent] = k
                self._features[..., exponent] = middle[..., None] - logs
                self._center[..., at, exponent] = middle
        self._terms = len(law.terms)
        self.logarithmic = np.array([p.linear for p in law.parameters])
        self._same = self._term_of[:, None] == self._term_of
        self.low, self.high = np.array([[p.low, p.high] for p in law.parameters]).T
        self.low, self.high = (
            np.where(self.logarithmic, -np.inf, self.low),
            np.where(self.logarithmic, np.inf, self.high),
        )

    def take(self, rows: Any) -> Chart:
        """The same with those rows of the features."""
        if self._features.ndim == 2:
            return self
        taken = copy.copy(self)
        taken._features, taken._center = self._features[rows], self._center[rows]
        return taken

    def read(self, theta: Array) -> Array:
        """ln c − mean(ln x)·γ for coefficients, exponents as they are."""
        logs = np.where(self.logarithmic, np.log(np.where(self.logarithmic, theta, 1.0)), theta)
        return np.asarray(logs - (self._center @ theta[..., None])[..., 0])

    def write(self, u: Array) -> Array:
        """The inverse of `read`."""
        logs = u + (self._center @ u[..., None])[..., 0]
        return np.where(self.logarithmic, np.exp(np.where(self.logarithmic, logs, 0.0)), u)

    def value(self, u: Array) -> Array:
        """ln f by log-sum-exp."""
        return self._sum(u)[0]

    def slope(self, u: Array) -> tuple[Array, Array]:
        """ln f, and its derivative: each term's share of the loss times the derivative of the term's own logarithm."""
        value, parts = self._sum(u)
        slope = np.empty((len(u), len(self._term_of), self._features.shape[-2]))
        total = np.reciprocal(sum(parts))
        for k, part in enumerate(parts):
            part *= total
            for j in np.flatnonzero(self._term_of == k):
                np.multiply(part, self._features[..., j], out=slope[:, j])
        return value, slope.swapaxes(1, 2)

    def curve(self, u: Array, c: Array, slope: Array) -> Array:
        """Σ_i c_i (Σ_k share_k F_k F_kᵀ − s sᵀ), F the derivative of a term's logarithm."""
        pulled = c[:, None, :] * slope.swapaxes(1, 2)
        own = pulled @ self._features
        return np.asarray(np.where(self._same, own, 0.0) - pulled @ slope)

    def _sum(self, u: Array) -> tuple[Array, list[Array]]:
        """ln f (B, n), and the terms (B, n) each relative to the largest of them."""
        logs = [self._weigh(u, self._term_of == k) for k in range(self._terms)]
        top = functools.reduce(np.maximum, logs)
        parts = [np.exp(log - top) for log in logs]
        return top + np.log(sum(parts)), parts

    def _weigh(self, u: Array, own: Array) -> Array:
        """Σ_j u_j F_j over the coordinates `own` (p,) of a term, (B, n)."""
        features = self._features[..., own]
        if features.ndim == 2:
            return np.asarray(u[:, own] @ features.T)  # one product for all rows of the batch
        return np.asarray((features @ u[:, own, None])[..., 0])


def _multiply(term: Term, values: Mapping[str, Array], x: Mapping[str, Array]) -> Array:
    """The powers of a term, without its coefficient."""
    power: Array = np.ones(1)
    for predictor, exponent in term.powers:
        power = power * x[predictor] ** -values[exponent]
    return power
