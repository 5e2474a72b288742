"""L(N, D) = E + A·N^(−α) + B·D^(−α): Chinchilla's law with one exponent (Muennighoff et al. 2023, arXiv 2305.16264)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.scaling.law import Parameter
from lab.scaling.power_sum import PowerSum, Term


class Tied(PowerSum):
    """L(N, D) = E + A·N^(−α) + B·D^(−α); N parameters, D tokens, L and E in nats per token.

    Hoffmann et al. 2022, arXiv 2203.15556, eq. 2, with α = β, as Muennighoff et al. 2023, arXiv 2305.16264, appendix A,
    fit it: size and tokens then grow alike with compute, N* ∝ D* ∝ C^(1/2), and the best ratio D*/N* = (B/A)^(1/α) is
    the same at every budget: the derived `tokens_per_parameter`.
    """

    name = "tied"
    citation = "Muennighoff et al. 2023, Scaling Data-Constrained Language Models, arXiv 2305.16264, appendix A (α = β)"
    predictors = ("size", "tokens")
    parameters = (
        Parameter("E", "E", "nats/token", linear=True),
        Parameter("A", "A", "nats/token·N^α", linear=True, scale="log"),
        Parameter("B", "B", "nats/token·D^α", linear=True, scale="log"),
        Parameter("alpha", "α", low=0.0, high=3.0),
    )
    terms = (Term("E"), Term("A", "size", "alpha"), Term("B", "tokens", "alpha"))

    def derive(self, theta: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """The best number of tokens per parameter, (B/A)^(1/α)."""
        a, b, alpha = (np.asarray(theta)[..., j] for j in (1, 2, 3))
        with np.errstate(divide="ignore", over="ignore"):
            return {"tokens_per_parameter": (b / a) ** (1 / alpha)}


law = Tied()
