"""Charts: the coordinates a search moves in, with the first and second derivatives of the logarithm of the law there.

Shapes: B rows of a batch (starts × resamples), n observations, p parameters.
"""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from lab.scaling.law import Law

Array = NDArray[Any]

_MOST_NUMBERS = 2_000_000  # laid out at a time for second derivatives
_STEP = 1.5e-8  # root of the round-off: the best step of a one-sided difference


class Chart(ABC):
    """Coordinates u (B, p) for the parameters theta (B, p) of a law at fixed predictors, boxed by `low` and `high`;
    `logarithmic` (p,) are those whose exponential multiplies a term.

    The predictors are (n,), common to all rows of a batch, or (B, n): every row of coordinates has its own.
    """

    low: Array
    high: Array
    logarithmic: Array

    def take(self, rows: Any) -> Chart:
        """The chart of these rows of a batch, by index or slice; itself where the predictors are common to all."""
        return self

    @abstractmethod
    def read(self, theta: Array) -> Array:
        """The coordinates of parameters."""

    @abstractmethod
    def write(self, u: Array) -> Array:
        """The parameters at coordinates."""

    @abstractmethod
    def value(self, u: Array) -> Array:
        """ln f (B, n), NaN where f ≤ 0."""

    @abstractmethod
    def slope(self, u: Array) -> tuple[Array, Array]:
        """ln f (B, n) and its derivative by u (B, n, p)."""

    @abstractmethod
    def curve(self, u: Array, c: Array, slope: Array) -> Array:
        """Σ_i c_i ∇² ln f_i (B, p, p) for c (B, n), where `slope` (B, n, p) is the first derivative."""


class RawChart(Chart):
    """Another chart's coordinates, with the derivatives of f itself in place of ln f: f' = f·s, f'' = f·(s' + s sᵀ)."""

    def __init__(self, inner: Chart) -> None:
        self._inner = inner
        self.low, self.high, self.logarithmic = inner.low, inner.high, inner.logarithmic

    def take(self, rows: Any) -> Chart:
        """The raw chart of the inner chart's rows."""
        return RawChart(self._inner.take(rows))

    def read(self, theta: Array) -> Array:
        """The inner chart's coordinates."""
        return self._inner.read(theta)

    def write(self, u: Array) -> Array:
        """The inner chart's parameters."""
        return self._inner.write(u)

    def value(self, u: Array) -> Array:
        """f (B, n)."""
        return np.asarray(np.exp(self._inner.value(u)))

    def slope(self, u: Array) -> tuple[Array, Array]:
        """f (B, n) and its derivative (B, n, p)."""
        value, slope = self._inner.slope(u)
        return np.exp(value), np.exp(value)[..., None] * slope

    def curve(self, u: Array, c: Array, slope: Array) -> Array:
        """Σ_i c_i ∇² f_i."""
        value = np.exp(self._inner.value(u))
        relative = slope / value[..., None]
        pull = c * value
        bent = (pull[..., None] * relative).swapaxes(1, 2) @ relative
        return np.asarray(self._inner.curve(u, pull, relative) + bent)


class PlainChart(Chart):
    """The chart of any law: the logarithm of amplitudes, everything else as it is; second derivatives by differences
    of the exact first ones.
    """

    def __init__(self, law: Law, x: Mapping[str, Array]) -> None:
        self._law, self._x = law, x
        self.logarithmic = np.array([p.logarithmic for p in law.parameters])
        with np.errstate(divide="ignore"):
            low, high = np.array([[p.low, p.high] for p in law.parameters]).T
            self.low = np.where(self.logarithmic, np.log(np.maximum(low, 0)), low)
            self.high = np.where(self.logarithmic, np.log(np.maximum(high, 0)), high)

    def take(self, rows: Any) -> Self:
        """The same with those rows of the predictors."""
        if next(iter(self._x.values())).ndim == 1:
            return self
        taken = copy.copy(self)
        taken._x = {name: value[rows] for name, value in self._x.items()}
        return taken

    def read(self, theta: Array) -> Array:
        """The logarithm of the amplitudes."""
        return np.where(self.logarithmic, np.log(np.where(self.logarithmic, theta, 1.0)), theta)

    def write(self, u: Array) -> Array:
        """The amplitudes from their logarithm."""
        return np.where(self.logarithmic, np.exp(np.where(self.logarithmic, u, 0.0)), u)

    def value(self, u: Array) -> Array:
        """ln f."""
        value = self._law.predict(self.write(u), **self._x)
        return np.asarray(np.log(np.where(value > 0, value, np.nan)))

    def slope(self, u: Array) -> tuple[Array, Array]:
        """ln f and its derivative, by the law's own gradient and the chain rule."""
        theta = self.write(u)
        value = self._law.predict(theta, **self._x)
        value = np.where(value > 0, value, np.nan)
        inner = np.where(self.logarithmic, theta, 1.0)[:, None, :]
        return np.log(value), self._law.gradient(theta, **self._x) * inner / value[..., None]

    def curve(self, u: Array, c: Array, slope: Array) -> Array:
        """Differences of Σ_i c_i ∇ ln f_i, made symmetric."""
        rows = max(1, _MOST_NUMBERS // (u.shape[1] * slope[0].size))
        chunks = (slice(at, at + rows) for at in range(0, len(u), rows))
        parts = [self.take(chunk)._difference(u[chunk], c[chunk], slope[chunk]) for chunk in chunks]
        matrix = np.concatenate(parts)
        return np.asarray(matrix + matrix.swapaxes(1, 2)) / 2

    def _difference(self, u: Array, c: Array, slope: Array) -> Array:
        """Σ_i c_i ∂_k ∂_j ln f_i (B, k, p) by a step in every coordinate k at once."""
        count, size = u.shape
        step = _STEP * (1 + np.abs(u))
        moved = (u[:, None] + step[:, :, None] * np.eye(size)).reshape(-1, size)
        ahead = self.take(np.repeat(np.arange(count), size)).slope(moved)[1].reshape(count, size, -1, size)
        pulled = (c[:, None, None, :] @ (ahead - slope[:, None]))[:, :, 0]
        return np.asarray(pulled / step[:, :, None])
