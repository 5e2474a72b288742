"""(L − ε_∞)/(ε_0 − L)^α = β·x^(−c): M4, from chance to a floor (Alabdulmohsin et al. 2022, arXiv 2209.06640)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from lab.scaling.chart import Chart, PlainChart
from lab.scaling.law import Law, Parameter
from lab.scaling.proposals import choose, cross, solve

Array = NDArray[Any]

_MOST_STEPS = 60  # of Newton's method; it needs about six
_QUADRATIC = 1e-10  # a step after which the next is below the round-off


class M4(Law):
    """(L − ε_∞)/(ε_0 − L)^α = β·x^(−c); x examples, tokens or FLOP, L an error rate or a loss between ε_∞ and ε_0.

    Alabdulmohsin et al. 2022, arXiv 2209.06640, M4, the authors' own: a power law above ε_∞ for large x that bends
    towards ε_0, the error of chance, for small x. α = 0 is the law `power` (their M2; M1 is `pure_power`). With s the
    share L = ε_∞ + (ε_0 − ε_∞)·s and w = ln(s/(1 − s)) the equation is w + (α − 1)·ln(1 + e^w) = ln β − c·ln x +
    (α − 1)·ln(ε_0 − ε_∞), whose left side rises with a slope between 1 and α: it is solved to round-off.
    """

    name = "m4"
    citation = (
        "Alabdulmohsin et al. 2022, Revisiting Neural Scaling Laws in Language and Vision, arXiv 2209.06640, "
        "estimator M4"
    )
    predictors = ("x",)
    parameters = (
        Parameter("eps_inf", "ε_∞", "nats/token", low=0.0, high=1e6),
        Parameter("eps_0", "ε_0", "nats/token", low=1e-9, high=1e3),
        Parameter("beta", "β", "x^c", low=1e-200, high=1e200, scale="log"),
        Parameter("c", "c", low=1e-3, high=5.0),
        Parameter("alpha", "α", low=1e-2, high=30.0, scale="log"),
    )

    def predict(self, theta: Array, **x: Array) -> Array:
        """The L that solves the equation; NaN where ε_0 ≤ ε_∞."""
        floor, top, _, _, _ = self.split(theta)
        return np.asarray(floor + (top - floor) * _share(self._solve(theta, x["x"])))

    def gradient(self, theta: Array, **x: Array) -> Array:
        """Closed form by the implicit function theorem, (..., n, p)."""
        floor, top, beta, _, alpha = self.split(theta)
        w = self._solve(theta, x["x"])
        share, span = _share(w), top - floor
        rise = span * share * _share(-w) / (1 + (alpha - 1) * share)  # of L by the right side
        by_span = (alpha - 1) * rise / span
        columns = [
            _share(-w) - by_span,
            share + by_span,
            rise / beta,
            -np.log(x["x"]) * rise,
            (np.log(span) - np.logaddexp(0, w)) * rise,
        ]
        return np.stack(columns, axis=-1)

    def chart(self, x: Mapping[str, Array]) -> Chart:
        """See `M4Chart`."""
        return M4Chart(self, x)

    def propose(self, x: Mapping[str, Array], y: Array) -> Array:
        """ln((L − ε_∞)/(ε_0 − L)^α) is linear in ln x: a grid over ε_∞, ε_0 and α, the rest solved."""
        low, high = y.min(), y.max()
        floors = low * (1 - np.geomspace(1e-3, 1, 10))
        tops = high + (high - low) * np.geomspace(1e-3, 10, 10)
        floor, top, alpha = (values[:, None] for values in cross(floors, tops, np.geomspace(0.1, 8, 10)))
        left, right = y - floor, top - y
        relative = y / (1 / (1 / left + alpha / right))  # a difference of the equation per relative one of L
        basis = np.stack([np.ones_like(left), np.broadcast_to(-np.log(x["x"]), left.shape)], axis=-1)
        target = np.log(left) - alpha * np.log(right)
        found, misfit = solve(basis / relative[..., None], target / relative)
        with np.errstate(over="ignore"):
            theta = np.concatenate([floor, top, np.exp(found[:, :1]), found[:, 1:], alpha], axis=1)
        inside = (theta[:, 3] > 0) & np.isfinite(misfit)
        return choose(self, theta, np.where(inside, misfit, np.inf))

    def example(self) -> tuple[Array, dict[str, Array]]:
        """An error rate from near chance to near its floor."""
        return np.array([0.08, 0.9, 300.0, 0.6, 0.7]), {"x": np.geomspace(3e2, 3e7, 24)}

    def _solve(self, theta: Array, x: Array) -> Array:
        """w (..., n), by Newton's method from the side on which its steps do not overshoot after the first."""
        floor, top, beta, c, alpha = self.split(theta)
        with np.errstate(invalid="ignore", divide="ignore"):
            right = np.log(beta) - c * np.log(x) + (alpha - 1) * np.log(top - floor)
        w = np.where(right < 0, right, right / alpha)
        for _ in range(_MOST_STEPS):
            step = (right - w - (alpha - 1) * np.logaddexp(0, w)) / (1 + (alpha - 1) * _share(w))
            w = w + step
            if not (np.abs(step) > _QUADRATIC * (1 + np.abs(w))).any():
                break
        return np.asarray(w)


class M4Chart(PlainChart):
    """The plain chart with ln β + α·ln(ε_0 − ε_∞) − c·mean(ln x) in the place of ln β.

    That is the logarithm of L − ε_∞ in the middle of the data as the power law has it. Where the data do not reach up
    to ε_0, it stays what it is while β, ε_0 and α run off together, so the valley the search goes along is straight.
    """

    def __init__(self, law: M4, x: Mapping[str, Array]) -> None:
        super().__init__(law, x)
        self._middle = np.log(x["x"]).mean(axis=-1)
        self.low[2], self.high[2] = -np.inf, np.inf

    def take(self, rows: Any) -> Self:
        """The same with those rows of the predictor."""
        taken = super().take(rows)
        if taken is not self:
            taken._middle = self._middle[rows]
        return taken

    def read(self, theta: Array) -> Array:
        """Parameters to coordinates."""
        u = super().read(theta)
        u[..., 2] += self._find_offset(theta)
        return u

    def write(self, u: Array) -> Array:
        """Coordinates to parameters; NaN where ε_0 ≤ ε_∞."""
        theta = super().write(np.where(np.arange(5) == 2, 0.0, u))
        theta[..., 2] = np.exp(u[..., 2] - self._find_offset(theta))
        return theta

    def slope(self, u: Array) -> tuple[Array, Array]:
        """The plain slope, with what the other coordinates do to β."""
        value, slope = super().slope(u)
        floor, top, _, c, alpha = self.write(u).T[:, :, None]
        of_beta = slope[..., 2].copy()
        with np.errstate(invalid="ignore", divide="ignore"):
            pull = alpha / (top - floor)
            slope[..., 0] += of_beta * pull
            slope[..., 1] -= of_beta * pull * top
            slope[..., 3] += of_beta * c * self._middle[..., None]
            slope[..., 4] -= of_beta * alpha * np.log(top - floor)
        return value, slope

    def _find_offset(self, theta: Array) -> Array:
        """What is added to ln β (...)."""
        floor, top, _, c, alpha = np.moveaxis(np.asarray(theta), -1, 0)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(alpha * np.log(top - floor) - c * self._middle)


def _share(w: Array) -> Array:
    """1/(1 + e^(−w)), without overflow."""
    return np.asarray(np.exp(-np.logaddexp(0, -w)))


law = M4()
