"""L(N, S_min) = (N_c/N)^α_N + (S_c/S_min)^α_S (Kaplan et al. 2020, arXiv 2001.08361, eq. 1.6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.scaling.law import Law, Parameter
from lab.scaling.proposals import choose, cross, solve_nonnegative

Array = NDArray[Any]


class KaplanSteps(Law):
    """L(N, S_min) = (N_c/N)^α_N + (S_c/S_min)^α_S; N parameters without embeddings, S_min steps, L in nats per token.

    Kaplan et al. 2020, arXiv 2001.08361, eq. 1.6; Table 3: α_N = 0.077, α_S = 0.76, N_c = 6.5e13, S_c = 2.1e3. S_min is
    the number of optimiser steps at a batch far above the critical one. Runs of any other batch are for the law
    `critical_batch`, which holds eqs. 5.3 and 5.4 too.
    """

    name = "kaplan_steps"
    citation = "Kaplan et al. 2020, Scaling Laws for Neural Language Models, arXiv 2001.08361, eq. 1.6"
    predictors = ("size", "min_steps")
    parameters = (
        Parameter("N_c", "N_c", "parameters", low=1e-3, high=1e90, scale="log"),
        Parameter("alpha_N", "α_N", low=1e-3, high=3.0),
        Parameter("S_c", "S_c", "steps", low=1e-6, high=1e90, scale="log"),
        Parameter("alpha_S", "α_S", low=1e-3, high=3.0),
    )

    def predict(self, theta: Array, **x: Array) -> Array:
        """(N_c/N)^α_N + (S_c/S_min)^α_S, nats."""
        size, alpha_n, steps, alpha_s = self.split(theta)
        return np.asarray((size / x["size"]) ** alpha_n + (steps / x["min_steps"]) ** alpha_s)

    def gradient(self, theta: Array, **x: Array) -> Array:
        """Closed form, (..., n, p)."""
        size, alpha_n, steps, alpha_s = self.split(theta)
        columns = []
        for scale, alpha, values in ((size, alpha_n, x["size"]), (steps, alpha_s, x["min_steps"])):
            term = (scale / values) ** alpha
            columns += [alpha * term / scale, term * np.log(scale / values)]
        return np.stack(columns, axis=-1)

    def propose(self, x: Mapping[str, Array], y: Array) -> Array:
        """The law is linear in N_c^α_N and S_c^α_S: a grid over the exponents, the rest solved."""
        alpha_n, alpha_s = cross(*2 * [np.geomspace(0.02, 1.5, 20)])
        basis = np.stack([x["size"] ** -alpha_n[:, None], x["min_steps"] ** -alpha_s[:, None]], axis=-1)
        found, misfit = solve_nonnegative(basis / y[:, None], np.ones(basis.shape[:2]))
        with np.errstate(all="ignore"):
            size, steps = found[:, 0] ** (1 / alpha_n), found[:, 1] ** (1 / alpha_s)
        return choose(self, np.stack([size, alpha_n, steps, alpha_s], axis=-1), misfit)

    def example(self) -> tuple[Array, dict[str, Array]]:
        """The parameters of Kaplan's Table 3."""
        size, steps = cross(np.geomspace(1e6, 1e9, 5), np.geomspace(1e3, 3e5, 6))
        return np.array([6.5e13, 0.077, 2.1e3, 0.76]), {"size": size, "min_steps": steps}


law = KaplanSteps()
