"""Acc(L) = 1/(1 + exp(k·(L − L_0))): an accuracy between 0 and 1 (after Owen 2024, arXiv 2401.04757)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit

from lab.scaling.law import Law, Parameter

Array = NDArray[Any]

_EDGE = 1e-6  # how near to 0 or 1 an accuracy may be for a start


class DownstreamLogistic(Law):
    """Acc(L) = 1/(1 + exp(k·(L − L_0))); L a loss in nats per token, accuracy between 0 and 1.

    The sigmoid of downstream_sigmoid with its ends known: chance far below the data, certainty at no loss. For runs
    that show too little of the curve to tell its ends. After Owen 2024, arXiv 2401.04757, without chance.
    """

    name = "downstream_logistic"
    citation = "Owen 2024, How Predictable Is Language Model Benchmark Performance?, arXiv 2401.04757"
    predictors = ("loss_nats",)
    response = "accuracy"
    parameters = (
        Parameter("k", "k", "token/nats", low=1e-3, high=1e3, scale="log"),
        Parameter("L_0", "L_0", "nats/token", low=-1e2, high=1e3),
    )

    def predict(self, theta: Array, **x: Array) -> Array:
        """1/(1 + exp(k·(L − L_0)))."""
        k, middle = self.split(theta)
        with np.errstate(over="ignore"):
            return np.asarray(1 / (1 + np.exp(k * (x["loss_nats"] - middle))))

    def propose(self, x: Mapping[str, Array], y: Array) -> Array:
        """The straight line through the logits."""
        loss, odds = x["loss_nats"], logit(np.clip(y, _EDGE, 1 - _EDGE))
        slope = np.cov(loss, odds)[0, 1] / max(float(np.var(loss, ddof=1)), np.finfo(float).tiny)
        k = float(np.clip(-slope, 1e-2, 1e2))
        return np.array([[k, float(np.clip(loss.mean() + odds.mean() / k, -99, 999))]])

    def example(self) -> tuple[Array, dict[str, Array]]:
        """Top-1 accuracy of a small language model."""
        return np.array([1.2, 1.8]), {"loss_nats": np.linspace(1.0, 3.0, 12)}


law = DownstreamLogistic()
