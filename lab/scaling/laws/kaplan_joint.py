"""L(N, D) = [(N_c/N)^(α_N/α_D) + D_c/D]^α_D (Kaplan et al. 2020, arXiv 2001.08361, eq. 1.5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.scaling.law import Law, Parameter
from lab.scaling.proposals import choose, cross, solve_nonnegative

Array = NDArray[Any]


class KaplanJoint(Law):
    """L(N, D) = [(N_c/N)^(α_N/α_D) + D_c/D]^α_D; N parameters without embeddings, D tokens, L in nats per token.

    Kaplan et al. 2020, arXiv 2001.08361, eq. 1.5; Table 2: α_N = 0.076, α_D = 0.103, N_c = 6.4e13, D_c = 1.8e13. With
    D → ∞ it is (N_c/N)^α_N, with N → ∞ (D_c/D)^α_D, and there is no irreducible loss. With C ∝ N·D the best size grows
    as N* ∝ C^a, a = α_D/(α_N + α_D): the derived `a`.
    """

    name = "kaplan_joint"
    citation = "Kaplan et al. 2020, Scaling Laws for Neural Language Models, arXiv 2001.08361, eq. 1.5"
    predictors = ("size", "tokens")
    parameters = (
        Parameter("N_c", "N_c", "parameters", low=1e-3, high=1e90, scale="log"),
        Parameter("D_c", "D_c", "tokens", low=1e-3, high=1e90, scale="log"),
        Parameter("alpha_N", "α_N", low=1e-3, high=3.0),
        Parameter("alpha_D", "α_D", low=1e-3, high=3.0),
    )

    def predict(self, theta: Array, **x: Array) -> Array:
        """[(N_c/N)^(α_N/α_D) + D_c/D]^α_D, nats."""
        size, tokens, alpha_n, alpha_d = self.split(theta)
        return np.asarray(((size / x["size"]) ** (alpha_n / alpha_d) + tokens / x["tokens"]) ** alpha_d)

    def derive(self, theta: Array) -> Mapping[str, Array]:
        """a, the exponent of the best size in compute, α_D/(α_N + α_D)."""
        alpha_n, alpha_d = np.asarray(theta)[..., 2], np.asarray(theta)[..., 3]
        return {"a": alpha_d / (alpha_n + alpha_d)}

    def propose(self, x: Mapping[str, Array], y: Array) -> Array:
        """L^(1/α_D) is linear in N_c^(α_N/α_D) and D_c: a grid over the exponents, the rest solved."""
        alpha_n, alpha_d = cross(*2 * [np.geomspace(0.02, 1.2, 20)])
        ratio = (alpha_n / alpha_d)[:, None]
        power = y ** (1 / alpha_d[:, None])
        basis = np.stack([x["size"] ** -ratio / power, 1 / (x["tokens"] * power)], axis=-1)
        found, misfit = solve_nonnegative(basis, np.ones_like(power))
        with np.errstate(all="ignore"):
            size = found[:, 0] ** (alpha_d / alpha_n)
        return choose(self, np.stack([size, found[:, 1], alpha_n, alpha_d], axis=-1), misfit * alpha_d**2)

    def example(self) -> tuple[Array, dict[str, Array]]:
        """The parameters of Kaplan's Table 2 on four decades of sizes and of tokens."""
        size, tokens = cross(np.geomspace(1e5, 1e9, 6), np.geomspace(2e7, 2e11, 6))
        return np.array([6.4e13, 1.8e13, 0.076, 0.103]), {"size": size, "tokens": tokens}


law = KaplanJoint()
