"""Losses on a residual r = observed − predicted, of the logarithm or as it is. A fit minimises their sum, never a mean.

The mean would make an optimiser's stopping rule depend on the number of rows, and has stopped published fits early.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from lab.core.errors import InputError, UnknownNameError

Array = NDArray[Any]


@dataclass(frozen=True)
class Loss(ABC):
    """ρ(r) with its first and second derivative, and ψ(r)/r, the weight of the majorising parabola.

    `on` says of what r is the residual: the 'log' of the observed loss, so that r is relative, or the 'raw' loss.
    `symmetric`: ρ(−r) = ρ(r), so that the law goes through the middle of the runs.
    """

    symmetric: ClassVar[bool] = True
    on: Literal["log", "raw"] = field(default="log", kw_only=True)

    @abstractmethod
    def value(self, r: Array) -> Array:
        """ρ(r)."""

    @abstractmethod
    def slope(self, r: Array) -> Array:
        """ψ(r) = ρ'(r)."""

    @abstractmethod
    def curvature(self, r: Array) -> Array:
        """ρ''(r)."""

    @abstractmethod
    def weight(self, r: Array) -> Array:
        """ψ(r)/r, positive."""

    @abstractmethod
    def expect_curvature(self, scale: float) -> float:
        """The mean of ρ'' over normal residuals of standard deviation `scale`."""

    def stages(self) -> tuple[Loss, ...]:
        """The losses a search minimises one after the other, the last being this one."""
        return (self,)

    def __str__(self) -> str:
        return f"{self._describe()} {'on the log loss' if self.on == 'log' else 'on the raw loss'}"

    @abstractmethod
    def _describe(self) -> str:
        """The name with its constants."""


@dataclass(frozen=True)
class LeastSquares(Loss):
    """ρ(r) = r²/2."""

    def _describe(self) -> str:
        return "least squares"

    def value(self, r: Array) -> Array:
        """r²/2."""
        return r * r / 2

    def slope(self, r: Array) -> Array:
        """The residual r."""
        return r

    def curvature(self, r: Array) -> Array:
        """1."""
        return np.ones_like(r)

    def weight(self, r: Array) -> Array:
        """1."""
        return np.ones_like(r)

    def expect_curvature(self, scale: float) -> float:
        """1."""
        return 1.0


@dataclass(frozen=True)
class Huber(Loss):
    """ρ(r) = r²/2 for |r| ≤ δ, δ(|r| − δ/2) beyond (Huber 1964).

    On the logarithm `delta` is a relative error of the loss: 0.01 bends at 1 %. Far below the scatter of the runs
    (Hoffmann's 0.001) it is practically least absolute deviations.
    """

    delta: float = 0.01

    def __post_init__(self) -> None:
        _check_positive("delta of the Huber loss", self.delta)

    def _describe(self) -> str:
        return f"Huber, δ = {self.delta:g},"

    def value(self, r: Array) -> Array:
        """ρ(r)."""
        size = np.abs(r)
        return np.where(size <= self.delta, r * r / 2, self.delta * (size - self.delta / 2))

    def slope(self, r: Array) -> Array:
        """The residual clipped to ±δ."""
        return np.clip(r, -self.delta, self.delta)

    def curvature(self, r: Array) -> Array:
        """1 within δ, 0 beyond."""
        return (np.abs(r) <= self.delta).astype(float)

    def weight(self, r: Array) -> Array:
        """min(1, δ/|r|)."""
        return self.delta / np.maximum(np.abs(r), self.delta)

    def expect_curvature(self, scale: float) -> float:
        """The share of residuals within δ."""
        return math.erf(self.delta / scale / math.sqrt(2)) if scale > 0 else 1.0


@dataclass(frozen=True)
class Absolute(Loss):
    """Least absolute deviations: ρ(r) = |r| (Laplace 1793), rounded off within `corner` of 0.

    The corner lies far below any scatter of runs: the answer is that of |r|, and the search stays Newton's. It is
    reached through wider corners, because a narrow one can be seen only from nearby.
    """

    corner: float = 1e-9

    def _describe(self) -> str:
        return "least absolute deviations"

    def stages(self) -> tuple[Loss, ...]:
        """Corners narrowing by tens from 1 %."""
        count = max(0, round(math.log10(1e-2 / self.corner)))
        return (*(Absolute(10.0**k * self.corner, on=self.on) for k in range(count, 0, -1)), self)

    def value(self, r: Array) -> Array:
        """|r| less half the corner; r²/2 over the corner within it."""
        size = np.abs(r)
        return np.where(size <= self.corner, r * r / (2 * self.corner), size - self.corner / 2)

    def slope(self, r: Array) -> Array:
        """The sign of r."""
        return np.clip(r / self.corner, -1.0, 1.0)

    def curvature(self, r: Array) -> Array:
        """0 outside the corner."""
        return (np.abs(r) <= self.corner) / self.corner

    def weight(self, r: Array) -> Array:
        """1/|r|."""
        return 1 / np.maximum(np.abs(r), self.corner)

    def expect_curvature(self, scale: float) -> float:
        """Twice the density of the residuals at 0."""
        return math.erf(self.corner / scale / math.sqrt(2)) / self.corner if scale > 0 else 1 / self.corner


@dataclass(frozen=True)
class Asymmetric(Loss):
    """Huber's loss, `factor` times as heavy where the law lies above the run.

    A law of what is reachable, which runs miss upwards (Takano 2024, package chinchilla, weighs over-prediction ten
    times). It does not go through the middle of the runs: its E is that of the better ones.
    """

    symmetric: ClassVar[bool] = False
    factor: float = 10.0
    delta: float = 0.01

    def __post_init__(self) -> None:
        _check_positive("factor of the asymmetric loss", self.factor)
        _check_positive("delta of the asymmetric loss", self.delta)

    def _describe(self) -> str:
        return f"asymmetric Huber, over-prediction ×{self.factor:g}, δ = {self.delta:g},"

    def value(self, r: Array) -> Array:
        """ρ(r) of Huber times the side's weight."""
        return self._side(r) * Huber(self.delta).value(r)

    def slope(self, r: Array) -> Array:
        """ψ(r) of Huber times the side's weight."""
        return self._side(r) * Huber(self.delta).slope(r)

    def curvature(self, r: Array) -> Array:
        """The side's weight within δ, 0 beyond."""
        return self._side(r) * Huber(self.delta).curvature(r)

    def weight(self, r: Array) -> Array:
        """ψ(r)/r."""
        return self._side(r) * Huber(self.delta).weight(r)

    def expect_curvature(self, scale: float) -> float:
        """The mean of both sides."""
        return (1 + self.factor) / 2 * Huber(self.delta).expect_curvature(scale)

    def _side(self, r: Array) -> Array:
        return np.where(r < 0, self.factor, 1.0)


def read_loss(text: str) -> Loss:
    """The loss named by `text`: 'squares', 'huber:0.001', 'absolute', 'asymmetric:10'; with '@raw' on the raw loss.

    Raises `UnknownNameError` or `InputError` for a text that names none.
    """
    head, _, scale = text.partition("@")
    name, _, number = head.partition(":")
    if scale not in ("", "log", "raw"):
        raise UnknownNameError.among("scale of a loss", scale, ("log", "raw"))
    on: Literal["log", "raw"] = "raw" if scale == "raw" else "log"
    try:
        constant = {"delta": float(number)} if name == "huber" and number else {}
        factor = {"factor": float(number)} if name == "asymmetric" and number else {}
    except ValueError as error:
        raise InputError("loss", text, "a number follows the colon", "for example huber:0.001") from error
    if name == "huber":
        return Huber(**constant, on=on)
    if name == "asymmetric":
        return Asymmetric(**factor, on=on)
    plain: dict[str, Loss] = {"squares": LeastSquares(on=on), "absolute": Absolute(on=on)}
    if name not in plain or number:
        raise UnknownNameError.among("loss", head, ("squares", "huber:0.01", "absolute", "asymmetric:10"))
    return plain[name]


def _check_positive(subject: str, value: float) -> None:
    if not (math.isfinite(value) and value > 0):
        raise InputError(subject, value, "is a positive number")
