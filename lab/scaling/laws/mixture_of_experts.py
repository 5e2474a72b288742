"""log L(N, E) = a·log N + b·log Ê + c·log N·log Ê + d: routed models (Clark et al. 2022, arXiv 2202.01169, eq. 1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.scaling.law import Law, Parameter
from lab.scaling.proposals import choose, cross, solve

Array = NDArray[Any]

_LN_10 = np.log(10.0)


class MixtureOfExperts(Law):
    """log₁₀ L = a·log₁₀ N + b·log₁₀ Ê + c·log₁₀ N·log₁₀ Ê + d; N parameters active per token, E experts, L in nats.

    1/Ê = 1/(E − 1 + (1/E_start − 1/E_max)^(−1)) + 1/E_max: the expert count saturates, from Ê = E_start at E = 1 (a
    dense model) to E_max. Clark et al. 2022, arXiv 2202.01169, eq. 1; logarithms to the base 10, as there, because c
    and d depend on it. With c > 0 routing helps large models less: from N = 10^(−b/c) on, the derived `cutoff`, not at
    all.
    """

    name = "mixture_of_experts"
    citation = "Clark et al. 2022, Unified Scaling Laws for Routed Language Models, arXiv 2202.01169, eq. 1"
    predictors = ("size", "experts")
    parameters = (
        Parameter("a", "a", low=-3.0, high=3.0),
        Parameter("b", "b", low=-3.0, high=3.0),
        Parameter("c", "c", low=-1.0, high=1.0),
        Parameter("d", "d", "log₁₀ nats/token", low=-30.0, high=30.0),
        Parameter("E_start", "E_start", "experts", low=0.05, high=1e3, scale="log"),
        Parameter("E_max", "E_max", "experts", low=1.0, high=1e6, scale="log"),
    )

    def predict(self, theta: Array, **x: Array) -> Array:
        """10^(a·log N + b·log Ê + c·log N·log Ê + d), nats; NaN where E_start ≥ E_max."""
        a, b, c, d, start, most = self.split(theta)
        size, experts = np.log10(x["size"]), np.log(saturate(x["experts"], start, most)) / _LN_10
        return np.asarray(np.exp(_LN_10 * (a * size + (b + c * size) * experts + d)))

    def derive(self, theta: Array) -> Mapping[str, Array]:
        """The size from which on routing does not help, 10^(−b/c) parameters."""
        b, c = np.asarray(theta)[..., 1], np.asarray(theta)[..., 2]
        with np.errstate(all="ignore"):
            return {"cutoff": 10 ** (-b / c)}

    def propose(self, x: Mapping[str, Array], y: Array) -> Array:
        """log L is linear in a, b, c, d once Ê is known: a grid over its two ends, the rest solved."""
        top = x["experts"].max()
        start, most = cross(np.geomspace(1.05, 12, 12), np.geomspace(top / 20, top * 20, 16))
        start, most = (ends[start < most] for ends in (start, most))
        experts = np.log10(saturate(x["experts"], start[:, None], most[:, None]))
        size = np.broadcast_to(np.log10(x["size"]), experts.shape)
        basis = np.stack([size, experts, size * experts, np.ones_like(size)], axis=-1)
        found, misfit = solve(basis, np.broadcast_to(np.log10(y), size.shape))
        return choose(self, np.concatenate([found, start[:, None], most[:, None]], axis=1), misfit)

    def example(self) -> tuple[Array, dict[str, Array]]:
        """Near the paper's for S-BASE: 25 million to 1.3 billion parameters, 1 to 512 experts."""
        size, experts = cross(np.geomspace(2.5e7, 1.3e9, 5), 2.0 ** np.arange(10))
        return np.array([-0.082, -0.108, 0.009, 1.104, 1.85, 314.0]), {"size": size, "experts": experts}


def saturate(experts: Array, start: Array, most: Array) -> Array:
    """Ê: the effective number of experts, from `start` at one expert to `most`; NaN where start ≥ most."""
    with np.errstate(all="ignore"):
        gap = 1 / start - 1 / most
        gap = np.where(gap.real > 0, gap, np.nan)
        return np.asarray(1 / (1 / (experts - 1 + 1 / gap) + 1 / most))


law = MixtureOfExperts()
