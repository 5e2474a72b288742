"""The loss of a fitted law over size and tokens, for a workload: along equal compute, and its least there.

The optimum is found numerically from the law's value, so that any law of size and tokens serves. C = 6·N·D for training
and 2·N·T for T tokens of inference (Sardana et al. 2024, arXiv 2401.00448); repeated data count less
(Muennighoff et al. 2023, arXiv 2305.16264).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from lab.core.errors import InputError
from lab.scaling import Fit

Array = NDArray[Any]
LogLoss = Callable[[Array], Array]  # ln N to the loss
Located = dict[str, Any]  # the predictors of a law, by name

TRAINING, INFERENCE = 6.0, 2.0  # FLOP per parameter and token
REPEATED_TOKENS, REPEATED_SIZE = 15.387756, 5.309743  # R_D*, R_N* of Muennighoff et al. 2023
MOST_LOG = 60.0  # ln of the largest ratio looked at
_NODES, _FINEST = 241, 1e-4  # of a round of the search; ln N between the last nodes
_NO_LOSS = 1e3  # nats: where nothing can be trained


@dataclass(frozen=True)
class Workload:
    """What a model is for: `inference_tokens` T it will serve, and `unique_tokens` U there are to train on.

    U are those there are, not those used: below one epoch the law is as it was fitted, for models of any size.
    """

    inference_tokens: float = 0.0
    unique_tokens: float = math.inf

    def __post_init__(self) -> None:
        if not (self.inference_tokens >= 0 and math.isfinite(self.inference_tokens)):
            raise InputError("inference tokens", self.inference_tokens, "a number of tokens is not negative")
        if not self.unique_tokens > 0:
            raise InputError("unique tokens", self.unique_tokens, "a number of tokens is positive")

    def cost(self, size: Array | float, tokens: Array | float) -> Any:
        """Lifetime compute 6·N·D + 2·N·T, FLOP (Sardana et al. 2024)."""
        return TRAINING * size * tokens + INFERENCE * size * self.inference_tokens

    def tokens(self, size: Array | float, compute: float) -> Any:
        """The training tokens that `compute` leaves for a model of `size`; not positive where it leaves none."""
        return (compute / size - INFERENCE * self.inference_tokens) / TRAINING


@dataclass(frozen=True)
class WorkloadSurface:
    """The loss of a law of size and tokens, for a workload; raises `InputError` for a law of anything else."""

    fit: Fit
    workload: Workload

    def __post_init__(self) -> None:
        names = set(self.fit.predictors)
        if not {"size", "tokens"} <= names <= {"size", "tokens", "unique_tokens"}:
            rule = f"predicts from {', '.join(self.fit.predictors)}"
            raise InputError(f"law {self.fit.law}", None, rule, "an allocation needs a law of size and tokens")

    @property
    def borrows(self) -> bool:
        """Whether what repeated data are worth is taken from the paper and not from the law."""
        return math.isfinite(self.workload.unique_tokens) and "unique_tokens" not in self.fit.predictors

    def bind(self, theta: Array) -> Callable[[Array, Array], Located]:
        """Size and tokens to the predictors at which the law is read, under parameters `theta`."""
        unique = self.workload.unique_tokens
        if "unique_tokens" in self.fit.predictors:
            return lambda size, tokens: {
                "size": size,
                "tokens": tokens,
                "unique_tokens": np.minimum(unique, tokens),
            }
        if not self.borrows:
            return lambda size, tokens: {"size": size, "tokens": tokens}
        matched = self._match_size(theta)
        return lambda size, tokens: {
            "size": discount_repeats(size, matched, REPEATED_SIZE),
            "tokens": discount_repeats(tokens, unique, REPEATED_TOKENS),
        }

    def measure(self, theta: Array, size: Array | float, tokens: Array | float) -> Array:
        """The loss at sizes and tokens (n,), nats."""
        at = self.bind(theta)(*np.atleast_1d(np.asarray(size, float), np.asarray(tokens, float)))
        return self.fit.form.predict(theta, **at)

    def trace(self, theta: Array, compute: float) -> LogLoss:
        """The loss along ln N at a given lifetime compute; infinite where it leaves no token to train on."""
        locate = self.bind(theta)

        def read(log_size: Array) -> Array:
            size = np.exp(log_size)
            tokens = self.workload.tokens(size, compute)
            with np.errstate(all="ignore"):
                loss = self.fit.form.predict(theta, **locate(size, np.where(tokens >= 1, tokens, np.nan)))
            return np.where(np.isfinite(loss), loss, np.inf)

        return read

    def find_best(self, theta: Array, compute: float) -> float:
        """ln N of the least loss at `compute`; raises `InputError` where the law has none."""
        if not (math.isfinite(compute) and compute > 0):
            raise InputError("compute", compute, "a positive number of FLOP is needed")
        best = self._seek_best(theta, compute)
        if math.isnan(best):
            rule = f"the law {self.fit.law} has no best size there: its loss falls up to the end of the range"
            raise InputError("compute", f"{compute:.3g} FLOP", rule, "give more compute, or another law")
        return best

    def find_compute(self, theta: Array, loss: float) -> float:
        """The least lifetime compute that reaches `loss`, FLOP (Sardana et al. 2024)."""

        def exceed(log_compute: float) -> float:
            best = self._seek_best(theta, math.exp(log_compute))
            least = self.trace(theta, math.exp(log_compute))(np.array([best]))[0]
            return float(np.minimum(least, _NO_LOSS)) - loss

        ends = 0.0, 2 * MOST_LOG
        if not exceed(ends[0]) > 0 > exceed(ends[1]):
            raise InputError("loss", loss, f"no compute reaches it by the law {self.fit.law}", "ask for a higher loss")
        return math.exp(float(brentq(exceed, *ends, xtol=1e-10)))

    def _seek_best(self, theta: Array, compute: float) -> float:
        most = compute / (TRAINING + INFERENCE * self.workload.inference_tokens)  # one parameter, one token
        return find_least(self.trace(theta, compute), 0.0, math.log(most)) if most > 1 else math.nan

    def _match_size(self, theta: Array) -> float:
        """U_N, the size whose best number of tokens is U (Muennighoff et al. 2023)."""
        unique, step = self.workload.unique_tokens, 1e-4

        def lean(log_size: float) -> float:
            moved_n, moved_d = np.exp(np.array([[1, -1, 0, 0], [0, 0, 1, -1]]) * step)
            loss = self.fit.form.predict(theta, size=math.exp(log_size) * moved_n, tokens=unique * moved_d)
            return float((loss[0] - loss[1]) - (loss[2] - loss[3]))

        center = math.log(unique)
        return math.exp(float(brentq(lean, center - MOST_LOG, center + MOST_LOG)))


def discount_repeats(amount: Array, unique: float, decay: float) -> Array:
    """U + U·R*·(1 − exp(−R/R*)) with R = amount/U − 1 repeats (Muennighoff et al. 2023)."""
    used = np.minimum(amount, unique)
    return np.asarray(used * (1 - decay * np.expm1(-(amount / used - 1) / decay)))


def find_least(loss: LogLoss, low: float, high: float) -> float:
    """ln N of the least loss in (low, high): a grid narrowed around its least node, then a parabola; NaN at an end."""
    while True:
        at = np.linspace(low, high, _NODES)
        values = loss(at)
        best = int(np.argmin(values))
        if best in (0, _NODES - 1) or not np.isfinite(values[best - 1 : best + 2]).all():
            return math.nan
        spacing = float(at[1] - at[0])
        if spacing <= _FINEST:
            before, here, after = values[best - 1 : best + 2]
            bend = before - 2 * here + after
            return float(at[best] + (spacing * (before - after) / (2 * bend) if bend > 0 else 0.0))
        # Never finer than the parabola wants: below, round-off would choose the node.
        half = max(2 * spacing, 0.99 * _FINEST * (_NODES - 1) / 2)
        low, high = float(at[best]) - half, float(at[best]) + half
