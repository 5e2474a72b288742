"""Err(L) = ε − k·exp(−γ·L): downstream error from the loss (Gadre et al. 2024, arXiv 2403.08540, eq. 5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.scaling.law import Law, Parameter
from lab.scaling.proposals import choose, complete

Array = NDArray[Any]


class DownstreamExponential(Law):
    """Err(L) = ε − k·exp(−γ·L); L a loss in nats per token, Err an average top-1 error between 0 and 1.

    Gadre et al. 2024, arXiv 2403.08540, eq. 5. ε is the error of a model that has learned nothing.
    """

    name = "downstream_exponential"
    citation = (
        "Gadre et al. 2024, Language Models Scale Reliably With Over-training and on Downstream Tasks, "
        "arXiv 2403.08540, eq. 5"
    )
    predictors = ("loss_nats",)
    response = "error_rate"
    parameters = (
        Parameter("eps", "ε", linear=True),
        Parameter("k", "k", linear=True, scale="log"),
        Parameter("gamma", "γ", "token/nats", low=1e-3, high=1e2, scale="log"),
    )

    def predict(self, theta: Array, **x: Array) -> Array:
        """ε − k·exp(−γ·L)."""
        eps, k, gamma = self.split(theta)
        return np.asarray(eps - k * np.exp(-gamma * x["loss_nats"]))

    def propose(self, x: Mapping[str, Array], y: Array) -> Array:
        """From nearly straight to a sharp corner within the data, ε and k solved."""
        gamma = np.geomspace(0.1, 50, 64) / np.ptp(x["loss_nats"])
        nodes = np.stack([0 * gamma, 0 * gamma, gamma], axis=-1)
        return choose(self, *complete(self, nodes, x, y), blocks=np.repeat(np.arange(8), 8))

    def example(self) -> tuple[Array, dict[str, Array]]:
        """Average error of 17 tasks, of the order of the paper's."""
        return np.array([0.86, 2.2, 0.76]), {"loss_nats": np.linspace(2.2, 5.0, 14)}


law = DownstreamExponential()
