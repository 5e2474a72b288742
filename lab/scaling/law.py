"""What a law is: a functional form with named, bounded parameters. One file on the laws shelf is one law."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from lab.core.errors import InputError
from lab.core.estimate import Estimate
from lab.scaling.chart import Chart, PlainChart

Array = NDArray[Any]

_STEP = 1e-30  # of the complex step: far below round-off, and its square below the smallest double


@dataclass(frozen=True)
class Parameter:
    """A parameter of a law.

    `low` and `high` bound it. `linear`: the law is linear in all parameters so marked together, which lets the starts
    solve for them. `scale`: the interval is symmetric in the parameter ('natural') or in its logarithm ('log', for
    amplitudes that may span decades). `nodes`: values the starts try, needed only for a nonlinear parameter that is
    unbounded.
    """

    name: str
    symbol: str
    unit: str = ""
    low: float = 0.0
    high: float = math.inf
    linear: bool = False
    scale: Literal["natural", "log"] = "natural"
    nodes: tuple[float, ...] = ()

    @property
    def logarithmic(self) -> bool:
        """Whether the search moves in the logarithm: amplitudes, and anything bounded away from 0."""
        return self.low > 0 or (self.linear and self.low == 0)


class Law(ABC):
    """A functional form. A file of the shelf defines a subclass and exposes one instance as `law`.

    Only `predict` has to be written: the starts, the search, the intervals and the diagnosis are the engine's. The
    class docstring carries the citation, `predictors` the names of the arguments of `predict`, `response` the column it
    gives. `positive`: f and the predictors are above 0 within the bounds; a law that is not is fitted on the raw scale,
    by the general path.
    """

    name: ClassVar[str]
    citation: ClassVar[str]
    parameters: ClassVar[tuple[Parameter, ...]]
    predictors: ClassVar[tuple[str, ...]]
    response: ClassVar[str] = "loss_nats"
    positive: ClassVar[bool] = True

    @abstractmethod
    def predict(self, theta: Array, **x: Array) -> Array:
        """The loss, nats: `theta` (..., p) and predictors (n,) give (..., n). `split` takes theta apart.

        Predictors (..., n) that go with the rows of theta give (..., n) as well; a law that cannot is fitted to one set
        of data after the other.
        """

    def gradient(self, theta: Array, **x: Array) -> Array:
        """Derivative of `predict` by each parameter, (..., n, p), exact to round-off by a complex step.

        A law that uses absolute values, maxima or anything else that is not analytic writes its own.
        """
        moved = np.asarray(theta)[..., None, :] + 1j * _STEP * np.eye(len(self.parameters))
        along = {name: value if np.ndim(value) < 2 else value[..., None, :] for name, value in x.items()}
        return np.moveaxis(self.predict(moved, **along).imag / _STEP, -2, -1)

    def derive(self, theta: Array) -> Mapping[str, Any]:
        """Quantities that follow from the parameters, by name: theta (..., p) gives (...) each."""
        return {}

    def propose(self, x: Mapping[str, Array], y: Array) -> Array | None:
        """Starts of the law's own (S, p), where a grid over its nonlinear parameters would not serve; else None."""
        return None

    def example(self) -> tuple[Array, dict[str, Array]] | None:
        """Typical parameters (p,) and predictors (n,) at which they can be told apart; None: any three decades do."""
        return None

    def chart(self, x: Mapping[str, Array]) -> Chart:
        """The coordinates the search moves in, at the predictors `x`."""
        return PlainChart(self, x)

    def split(self, theta: Array) -> tuple[Array, ...]:
        """The parameters as arrays (..., 1) that broadcast against predictors (n,)."""
        return tuple(np.asarray(theta)[..., j, None] for j in range(len(self.parameters)))

    @property
    def levels(self) -> int:
        """How many different values of every predictor a fit needs."""
        return len(self.parameters) // len(self.predictors) + 1

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters' names, in order."""
        return tuple(p.name for p in self.parameters)

    @property
    def linear(self) -> Array:
        """Which parameters are linear, (p,) of bool."""
        return np.array([p.linear for p in self.parameters])

    def describe(self, theta: Array) -> list[Estimate]:
        """The parameters as estimates without intervals."""
        pairs = zip(self.parameters, theta, strict=True)
        return [Estimate(p.name, float(value), unit=p.unit) for p, value in pairs]


def check_law(law: Law) -> None:
    """Raises `InputError` where a law, perhaps a user's own, is not one."""
    if not isinstance(law, Law):
        raise InputError("law", type(law).__name__, "a law is an instance of a subclass of lab.scaling.Law")
    if type(law).propose is not Law.propose:
        return
    for parameter in law.parameters:
        bounded = math.isfinite(parameter.low) and math.isfinite(parameter.high)
        if not (parameter.linear or parameter.nodes or bounded):
            rule = "a nonlinear parameter needs finite bounds or nodes to start from"
            raise InputError(
                f"law {law.name}", parameter.name, rule, "give it low and high, nodes, or the law propose()"
            )


def check_gradient(law: Law, theta: Array, x: Mapping[str, Array]) -> None:
    """Raises `InputError` where the gradient of a law does not belong to its `predict` at `theta` (p,).

    The complex step is silently wrong for absolute values and the like, so it is held against differences once.
    """
    step = 1e-6 * np.where(theta == 0, 1e-6, np.abs(theta))  # relative: a parameter may be of the order of 1e-20
    moves = np.diag(step)
    next_step = "write its gradient(theta, **x) yourself, or mend it"
    with np.errstate(all="ignore"):
        difference = ((law.predict(theta + moves, **x) - law.predict(theta - moves, **x)) / (2 * step[:, None])).T
        try:
            gradient = law.gradient(theta, **x)
        except TypeError as error:
            rule = "predict does not take complex numbers"
            raise InputError(f"law {law.name}", str(error), rule, next_step) from error
        size = np.abs(difference).max(axis=0)
        round_off = 64 * np.finfo(float).eps * np.abs(law.predict(theta, **x)).max() / step
        apart = np.abs(gradient - difference).max(axis=0) > 1e-3 * size + 1e-12 + round_off
    if (apart & np.isfinite(size)).any():  # data at the end of the floating range overflow, and say nothing of the law
        raise InputError(f"law {law.name}", None, "its gradient is not the derivative of its predict", next_step)
