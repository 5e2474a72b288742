"""One fitting problem: a law, data and a loss, on the scale of the loss: the logarithm of y or y itself.

Shapes: B rows of a batch (starts × resamples), n observations, p parameters.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.scaling.chart import Chart, RawChart
from lab.scaling.data import Data
from lab.scaling.law import Law
from lab.scaling.losses import Loss

Array = NDArray[Any]


@dataclass(frozen=True)
class Problem:
    """Minimise Σ_i w_i ρ(target_i − g_i(θ)), g = ln f or f and w the weights of the data."""

    law: Law
    data: Data
    loss: Loss

    @cached_property
    def chart(self) -> Chart:
        """Where the search moves, with the derivatives of g."""
        chart = self.law.chart(self.data.x)
        return chart if self.loss.on == "log" else RawChart(chart)

    @cached_property
    def target(self) -> Array:
        """What the law is held against (n,): ln y or y."""
        return self.observe(self.data.y)

    @cached_property
    def unit(self) -> Array:
        """The size of the target that round-off is relative to (n,): 1 for a logarithm, |y| else."""
        return np.ones(len(self.data)) if self.loss.on == "log" else np.abs(self.data.y)

    @property
    def weights(self) -> Array:
        """The weights of the rows (n,), their mean 1."""
        return self.data.precision

    def observe(self, y: Array) -> Array:
        """Losses on the scale of the residual."""
        return np.log(y) if self.loss.on == "log" else y

    def residuals(self, theta: Array) -> Array:
        """target − g(θ): theta (..., p) gives (..., n)."""
        return np.asarray(self.target - self.observe(self.law.predict(theta, **self.data.x)))

    def slopes(self, theta: Array) -> Array:
        """Derivative of g by the parameters in their interval scale, (n, p)."""
        return find_slopes(self.law, theta, dict(self.data.x), self.loss.on)


def find_slopes(law: Law, theta: Array, x: dict[str, Array], on: str = "log") -> Array:
    """Derivative of ln f ('log') or f ('raw') by the parameters in their interval scale, (n, p)."""
    slopes = law.gradient(theta, **x) * find_stretch(law, theta)
    return np.asarray(slopes / law.predict(theta, **x)[:, None] if on == "log" else slopes)


def find_stretch(law: Law, theta: Array) -> Array:
    """Derivative of the parameters by themselves in their interval scale (..., p): θ for amplitudes, else 1."""
    return np.where(find_logarithmic(law), theta, 1.0)


def find_logarithmic(law: Law) -> Array:
    """Which parameters have intervals in the logarithm, (p,) of bool."""
    return np.array([p.scale == "log" for p in law.parameters])


def scale_parameters(law: Law, theta: Array) -> Array:
    """Parameters (..., p) in their interval scale."""
    logarithmic = find_logarithmic(law)
    return np.where(logarithmic, np.log(np.where(logarithmic, theta, 1.0)), theta)
