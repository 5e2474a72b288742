"""Joint laws with the constants of a paper, for planning without runs of one's own. They carry no interval.

A published law holds for its own data, tokenizer and recipe; its loss is not that of another corpus.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lab.analysis.laws.named import load_law
from lab.core.errors import UnknownNameError
from lab.scaling import Fit, Huber, Law, LeastSquares, Loss, Parameter, Status

Array = NDArray[Any]

_NEWTON_STEPS = 60


class KaplanTokens(Law):
    """L(N, D) = (N_c/N)^α_N + (S_c·B_crit(L)/D)^α_S with B_crit(L) = B_*·L^(−1/α_B): what D tokens buy at small batch.

    Kaplan et al. 2020, arXiv 2001.08361, eqs. 1.4 and 1.6, with the tokens E_min = B_crit·S_min of eq. 5.2 for D; N
    without embeddings. L stands on both sides and is solved for by Newton's method; the right side falls with L, so the
    root is one. With C_min = 6·N·D the best size is N* ∝ C^(α_C/α_N), 1/α_C = 1/α_S + 1/α_B + 1/α_N (appendix B): 0.68
    with these constants, where section 6 reads 0.73 off the runs.
    """

    name = "kaplan_tokens"
    citation = "Kaplan et al. 2020, Scaling Laws for Neural Language Models, arXiv 2001.08361, eqs. 1.4, 1.6 and 5.2"
    predictors = ("size", "tokens")
    parameters = (
        Parameter("N_c", "N_c", "parameters", low=1.0, scale="log", nodes=(6.5e13,)),
        Parameter("alpha_N", "α_N", low=0.0, high=3.0),
        Parameter("S_c", "S_c", "steps", low=1.0, scale="log", nodes=(2.1e3,)),
        Parameter("alpha_S", "α_S", low=0.0, high=3.0),
        Parameter("B_star", "B_*", "tokens", low=1.0, scale="log", nodes=(2.1e8,)),
        Parameter("alpha_B", "α_B", low=0.0, high=3.0),
    )

    def predict(self, theta: Array, **x: Array) -> Array:
        """The loss, nats per token."""
        n_c, alpha_n, s_c, alpha_s, b_star, alpha_b = self.split(theta)
        limit = (n_c / x["size"]) ** alpha_n
        delay = (s_c * b_star / x["tokens"]) ** alpha_s
        power = alpha_s / alpha_b
        # In u = ln L the function L − limit − delay·L^(−power) is convex where it is above 0: Newton falls to the root.
        u = np.log(limit + delay + 1.0)
        for _ in range(_NEWTON_STEPS):
            drag = delay * np.exp(-power * u)
            u = u - (np.exp(u) - limit - drag) / (np.exp(u) + power * drag)
        return np.asarray(np.exp(u))


class Constants(NamedTuple):
    """A published law: its form, its parameters, the loss they were fitted by, how it counts N, and where it stands."""

    law: str | Law
    theta: Mapping[str, float]
    loss: Loss
    convention: str
    source: str


PUBLISHED = {
    "chinchilla": Constants(
        "chinchilla",
        {"E": 1.69, "A": 406.4, "B": 410.7, "alpha": 0.34, "beta": 0.28},
        Huber(0.001),
        "params_total",
        "Hoffmann et al. 2022, arXiv 2203.15556, eq. 10: MassiveText, nats per token",
    ),
    "besiroglu": Constants(
        "chinchilla",
        {"E": 1.8172, "A": 482.01, "B": 2085.43, "alpha": 0.3478, "beta": 0.3658},
        Huber(0.001),
        "params_total",
        "Besiroglu et al. 2024, arXiv 2404.10102: Hoffmann's runs fitted again",
    ),
    "kaplan": Constants(
        KaplanTokens(),
        {"N_c": 6.5e13, "alpha_N": 0.077, "S_c": 2.1e3, "alpha_S": 0.76, "B_star": 2.1e8, "alpha_B": 0.21},
        LeastSquares(),
        "params_body",
        "Kaplan et al. 2020, arXiv 2001.08361, table 3: WebText2, N without embeddings, batch far below critical",
    ),
}


def load_published(name: str) -> Fit:
    """The published law called `name` as a fit without runs and without intervals; raises `UnknownNameError`."""
    if name not in PUBLISHED:
        raise UnknownNameError.among("published law", name, PUBLISHED)
    constants = PUBLISHED[name]
    law = load_law(constants.law)
    theta = np.array([constants.theta[parameter] for parameter in law.names])
    reason = f"published constants, no covariance given ({constants.source})"
    return Fit(law, Status.CONVERGED, constants.loss, n=0, units=0, data_hash="", reason=reason, theta=theta)
