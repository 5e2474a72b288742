"""L(C) = L_∞ + A·C^(−α) with L_∞ known, and the effective speed-up of a run (Henighan et al. 2020, eq. 1.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.scaling.law import Law, Parameter

Array = NDArray[Any]


@dataclass(frozen=True)
class Speedup(Law):
    """L(C) = L_∞ + A·C^(−α), L_∞ pinned: the loss of a baseline recipe; C in FLOP (or x), losses in nats per token.

    Henighan et al. 2020, arXiv 2010.14701, eq. 1.1, with L_∞ not fitted but given by the dial `floor_nats`: the loss of
    the true model, or the E of an earlier joint fit on the same evaluation data. The effective speed-up of a run is the
    compute the baseline would need for its loss over the compute it took (Hernandez & Brown 2020, arXiv 2005.04305).
    On the shelf L_∞ is 0; `Speedup(floor_nats=1.69)` is another law.
    """

    floor_nats: float = 0.0

    name = "speedup"
    citation = (
        "Henighan et al. 2020, Scaling Laws for Autoregressive Generative Modeling, arXiv 2010.14701, eq. 1.1, "
        "L_∞ pinned"
    )
    predictors = ("x",)
    parameters = (
        Parameter("A", "A", "nats/token·x^α", linear=True, scale="log"),
        Parameter("alpha", "α", low=0.0, high=3.0),
    )

    def predict(self, theta: Array, **x: Array) -> Array:
        """L_∞ + A·C^(−α), nats."""
        a, alpha = self.split(theta)
        return np.asarray(self.floor_nats + a * x["x"] ** -alpha)

    def find_speedup(self, theta: Array, flops: Array, loss_nats: Array) -> Array:
        """Compute the baseline needs for `loss_nats` over `flops`, both (n,): 2 is half the baseline's compute.

        NaN at or below L_∞, which no compute reaches.
        """
        a, alpha = self.split(theta)
        above = np.asarray(loss_nats, float) - self.floor_nats
        return np.asarray((a / np.where(above > 0, above, np.nan)) ** (1 / alpha) / flops)

    def example(self) -> tuple[Array, dict[str, Array]]:
        """A baseline over five decades of compute."""
        return np.array([95.0, 0.1]), {"x": np.geomspace(1e17, 1e22, 12)}


law = Speedup()
