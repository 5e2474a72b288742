"""L(x) = ε_∞ + β·(x^(−1) + γ)^c: M3, a power law that saturates (Alabdulmohsin et al. 2022, arXiv 2209.06640)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.scaling.law import Law, Parameter
from lab.scaling.proposals import choose, complete, cross

Array = NDArray[Any]


class M3(Law):
    """L(x) = ε_∞ + β·(x^(−1) + γ)^c; x examples, tokens or FLOP, L and ε_∞ a loss or an error rate.

    Alabdulmohsin et al. 2022, arXiv 2209.06640, M3 of their four estimators. M1, β·x^(−c), is the law `pure_power` here
    and M2, ε_∞ + β·x^(−c), the law `power`; `m4` is the authors' own. The limit of M3 is not ε_∞ but the derived
    `limit` = ε_∞ + β·γ^c.
    """

    name = "m3"
    citation = (
        "Alabdulmohsin et al. 2022, Revisiting Neural Scaling Laws in Language and Vision, arXiv 2209.06640, "
        "estimator M3"
    )
    predictors = ("x",)
    parameters = (
        Parameter("eps_inf", "ε_∞", "nats/token", linear=True),
        Parameter("beta", "β", "nats/token·x^c", linear=True, scale="log"),
        Parameter("c", "c", low=0.01, high=5.0),
        Parameter("gamma", "γ", "1/x", low=1e-40, high=1e3, scale="log"),
    )

    def predict(self, theta: Array, **x: Array) -> Array:
        """ε_∞ + β·(1/x + γ)^c."""
        floor, beta, c, gamma = self.split(theta)
        return np.asarray(floor + beta * (1 / x["x"] + gamma) ** c)

    def gradient(self, theta: Array, **x: Array) -> Array:
        """Closed form, (..., n, p)."""
        _, beta, c, gamma = self.split(theta)
        base = 1 / x["x"] + gamma
        power = base**c
        return np.stack([np.ones_like(power), power, beta * power * np.log(base), beta * c * power / base], axis=-1)

    def derive(self, theta: Array) -> Mapping[str, Array]:
        """The loss at x → ∞."""
        floor, beta, c, gamma = (np.asarray(theta)[..., j] for j in range(4))
        return {"limit": floor + beta * gamma**c}

    def propose(self, x: Mapping[str, Array], y: Array) -> Array:
        """The crossover 1/γ at every place from inside the data to far beyond them, for every exponent."""
        turns = np.geomspace(x["x"].min(), x["x"].max() * 1e3, 16)
        c, turn = cross(np.geomspace(0.05, 2.5, 16), turns)
        nodes = np.stack([0 * c, 0 * c, c, 1 / turn], axis=-1)
        return choose(self, *complete(self, nodes, x, y), blocks=np.repeat(np.arange(8), 2 * len(turns)))

    def example(self) -> tuple[Array, dict[str, Array]]:
        """A curve that levels off inside its data."""
        return np.array([0.6, 40.0, 0.45, 2e-6]), {"x": np.geomspace(1e3, 1e7, 20)}


law = M3()
