"""L(N, D) = E + A·N^(−α) + B·D^(−β) (Hoffmann et al. 2022, arXiv 2203.15556, eq. 2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.scaling.law import Parameter
from lab.scaling.power_sum import PowerSum, Term


class Chinchilla(PowerSum):
    """L(N, D) = E + A·N^(−α) + B·D^(−β); N parameters, D tokens, L and E in nats per token.

    Hoffmann et al. 2022, arXiv 2203.15556, eq. 2; refit by Besiroglu et al. 2024, arXiv 2404.10102. With C ∝ N·D the
    best size grows as N* ∝ C^a, a = β/(α+β) (eq. 4): the derived `a`.
    """

    name = "chinchilla"
    citation = "Hoffmann et al. 2022, Training Compute-Optimal Large Language Models, arXiv 2203.15556, eq. 2"
    predictors = ("size", "tokens")
    parameters = (
        Parameter("E", "E", "nats/token", linear=True),
        Parameter("A", "A", "nats/token·N^α", linear=True, scale="log"),
        Parameter("B", "B", "nats/token·D^β", linear=True, scale="log"),
        Parameter("alpha", "α", low=0.0, high=3.0),
        Parameter("beta", "β", low=0.0, high=3.0),
    )
    terms = (Term("E"), Term("A", "size", "alpha"), Term("B", "tokens", "beta"))

    def derive(self, theta: NDArray[Any]) -> Mapping[str, NDArray[Any]]:
        """a, the exponent of the best size in compute, β/(α+β)."""
        alpha, beta = np.asarray(theta)[..., 3], np.asarray(theta)[..., 4]
        with np.errstate(invalid="ignore"):  # both exponents at 0: there is no optimum
            return {"a": beta / (alpha + beta)}


law = Chinchilla()
