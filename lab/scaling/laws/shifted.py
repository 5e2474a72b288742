"""L(x) = E + B/(D_l + x^β): a power law of data after data already learned (Lin et al. 2024, arXiv 2402.02314)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.scaling.law import Law, Parameter
from lab.scaling.proposals import choose, complete, cross

Array = NDArray[Any]


class Shifted(Law):
    """L(x) = E + B/(D_l + x^β); x tokens (or parameters, or FLOP), L and E in nats per token.

    The rectified scaling law of Lin et al. 2024, arXiv 2402.02314: D_l, the "pre-learned data size", shifts
    the power law, so that the loss is flat until x^β reaches D_l: what pre-training gave a finetuned model. D_l = 0
    is the law `power`. A derived `turn` = D_l^(1/β), in units of x, says where the curve bends.
    """

    name = "shifted"
    citation = (
        "Lin et al. 2024, Selecting Large Language Model to Fine-tune via Rectified Scaling Law, arXiv 2402.02314, "
        "the rectified law"
    )
    predictors = ("x",)
    parameters = (
        Parameter("E", "E", "nats/token", linear=True),
        Parameter("B", "B", "nats/token·x^β", linear=True, scale="log"),
        Parameter("D_l", "D_l", "x^β", low=1e-6, high=1e30, scale="log"),
        Parameter("beta", "β", low=0.01, high=3.0),
    )

    def predict(self, theta: Array, **x: Array) -> Array:
        """E + B/(D_l + x^β), nats."""
        e, b, shift, beta = self.split(theta)
        return np.asarray(e + b / (shift + x["x"] ** beta))

    def gradient(self, theta: Array, **x: Array) -> Array:
        """Closed form, (..., n, p)."""
        _, b, shift, beta = self.split(theta)
        power = x["x"] ** beta
        term = 1 / (shift + power)
        fall = -b * term**2
        return np.stack([np.ones_like(term), term, fall, fall * power * np.log(x["x"])], axis=-1)

    def derive(self, theta: Array) -> Mapping[str, Array]:
        """D_l^(1/β): the x at which the curve bends."""
        return {"turn": np.asarray(theta)[..., 2] ** (1 / np.asarray(theta)[..., 3])}

    def propose(self, x: Mapping[str, Array], y: Array) -> Array:
        """The bend at every place in the range of x, for every exponent."""
        turns = np.geomspace(x["x"].min() / 10, x["x"].max() * 3, 16)
        beta, turn = cross(np.linspace(0.1, 1.6, 16), turns)
        nodes = np.stack([0 * beta, 0 * beta, turn**beta, beta], axis=-1)
        return choose(self, *complete(self, nodes, x, y), blocks=np.repeat(np.arange(8), 2 * len(turns)))

    def example(self) -> tuple[Array, dict[str, Array]]:
        """A finetuning curve that bends at about 5,000 examples."""
        return np.array([1.3, 400.0, 165.0, 0.6]), {"x": np.geomspace(2e2, 2e6, 20)}


law = Shifted()
