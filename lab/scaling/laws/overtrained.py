"""L(C, M) = E + (a·M^η + b·M^(−η))·C^(−η): over-trained models (Gadre et al. 2024, arXiv 2403.08540, eq. 4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.scaling.law import Law, Parameter

Array = NDArray[Any]


class Overtrained(Law):
    """L(C, M) = E + (a·M^η + b·M^(−η))·C^(−η) with C = 6·N·D FLOP and M = D/N tokens per parameter; nats per token.

    Gadre et al. 2024, arXiv 2403.08540, eq. 4: at every M the loss falls with compute by the same exponent η. It is the
    law `tied` with α = 2η, A = a·6^(−η), B = b·6^(−η), written for one who chooses M. The best M is (b/a)^(1/(2η)):
    the derived `tokens_per_parameter`.
    """

    name = "overtrained"
    citation = (
        "Gadre et al. 2024, Language Models Scale Reliably With Over-training and on Downstream Tasks, "
        "arXiv 2403.08540, eq. 4"
    )
    predictors = ("size", "tokens")
    parameters = (
        Parameter("E", "E", "nats/token", linear=True),
        Parameter("a", "a", "nats/token·C^η", linear=True, scale="log"),
        Parameter("b", "b", "nats/token·C^η", linear=True, scale="log"),
        Parameter("eta", "η", low=0.0, high=1.5),
    )

    def predict(self, theta: Array, **x: Array) -> Array:
        """E + (a·M^η + b·M^(−η))·C^(−η), nats."""
        e, a, b, eta = self.split(theta)
        return np.asarray(e + a * (6 * x["size"] ** 2) ** -eta + b * (6 * x["tokens"] ** 2) ** -eta)

    def gradient(self, theta: Array, **x: Array) -> Array:
        """Closed form, (..., n, p): M^η·C^(−η) = (6·N²)^(−η), M^(−η)·C^(−η) = (6·D²)^(−η)."""
        _, a, b, eta = self.split(theta)
        wide, long = 6 * x["size"] ** 2, 6 * x["tokens"] ** 2
        of_a, of_b = wide**-eta, long**-eta
        of_eta = -a * of_a * np.log(wide) - b * of_b * np.log(long)
        return np.stack([np.ones_like(of_a), of_a, of_b, of_eta], axis=-1)

    def derive(self, theta: Array) -> Mapping[str, Array]:
        """The best number of tokens per parameter, (b/a)^(1/(2η))."""
        a, b, eta = (np.asarray(theta)[..., j] for j in (1, 2, 3))
        with np.errstate(divide="ignore", over="ignore"):
            return {"tokens_per_parameter": (b / a) ** (0.5 / eta)}

    def example(self) -> tuple[Array, dict[str, Array]]:
        """Five sizes, 5 to 640 tokens per parameter."""
        size, ratio = (grid.reshape(-1) for grid in np.meshgrid(np.geomspace(1e7, 1e9, 5), 5.0 * 2 ** np.arange(8)))
        return np.array([1.84, 141.0, 190.0, 0.121]), {"size": size, "tokens": size * ratio}


law = Overtrained()
