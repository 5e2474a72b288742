"""Acc(L) = a/(1 + exp(−k·(L − L_0))) + b: accuracy as a sigmoid of the loss (Bhagia et al. 2024, arXiv 2412.04403)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.scaling.law import Law, Parameter
from lab.scaling.proposals import choose, complete, cross

Array = NDArray[Any]


class DownstreamSigmoid(Law):
    """Acc(L) = a/(1 + exp(−k·(L − L_0))) + b; L a loss, of the task or of language modelling; accuracy between 0 and 1.

    Bhagia et al. 2024, arXiv 2412.04403, the second of their two steps. Accuracy falls with the loss, so
    a < 0 < k, and (a, −k, b) and (−a, k, a + b) being the same curve, that is no restriction. b is the accuracy at no
    loss and a + b that at a very large one, of chance: the derived `chance`.
    """

    name = "downstream_sigmoid"
    citation = (
        "Bhagia et al. 2024, Establishing Task Scaling Laws via Compute-Efficient Model Ladders, arXiv 2412.04403, "
        "step 2"
    )
    predictors = ("loss_nats",)
    response = "accuracy"
    parameters = (
        Parameter("a", "a", low=-10.0, high=0.0, linear=True),
        Parameter("b", "b", linear=True),
        Parameter("k", "k", "token/nats", low=1e-3, high=1e3, scale="log"),
        Parameter("L_0", "L_0", "nats/token", low=-1e2, high=1e3),
    )

    def predict(self, theta: Array, **x: Array) -> Array:
        """a/(1 + exp(−k·(L − L_0))) + b."""
        a, b, k, middle = self.split(theta)
        with np.errstate(over="ignore"):
            return np.asarray(a / (1 + np.exp(-k * (x["loss_nats"] - middle))) + b)

    def derive(self, theta: Array) -> Mapping[str, Array]:
        """The accuracy at a very large loss."""
        return {"chance": np.asarray(theta)[..., 0] + np.asarray(theta)[..., 1]}

    def propose(self, x: Mapping[str, Array], y: Array) -> Array:
        """The middle of the curve at every place of the data, for every steepness."""
        low, high = x["loss_nats"].min(), x["loss_nats"].max()
        span = high - low
        k, middle = cross(np.geomspace(0.5, 60, 16) / span, np.linspace(low - span / 2, high + span / 2, 20))
        nodes = np.stack([0 * k, 0 * k, k, middle], axis=-1)
        return choose(self, *complete(self, nodes, x, y), blocks=np.repeat(np.arange(8), 40))

    def example(self) -> tuple[Array, dict[str, Array]]:
        """A four-way multiple choice."""
        return np.array([-0.7, 0.95, 4.0, 1.1]), {"loss_nats": np.linspace(0.3, 2.6, 16)}


law = DownstreamSigmoid()
