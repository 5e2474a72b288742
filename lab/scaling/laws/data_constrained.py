"""L = E + A·N'^(−α) + B·D'^(−β): repeated data are worth less (Muennighoff et al. 2023, arXiv 2305.16264)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.scaling.law import Law, Parameter
from lab.scaling.proposals import choose, cross, solve_nonnegative

Array = NDArray[Any]

_ROUNDS = 3  # of solving for A and B, which say how large a model the unique tokens are worth


class DataConstrained(Law):
    """L(N, D, U_D) = E + A·N'^(−α) + B·D'^(−β); N parameters, D tokens seen, U_D unique tokens; L, E nats per token.

    D' = U_D + U_D·R_D^*·(1 − exp(−R_D/R_D^*)) with R_D = D/U_D − 1 repetitions, and N' = U_N + U_N·R_N^*·(1 −
    exp(−R_N/R_N^*)) with R_N = max(0, N/U_N − 1), U_N = min(N, N_opt(U_D)) and N_opt the size for which U_D tokens are
    the best number under the Chinchilla law of the same E, A, B, α, β. Muennighoff et al. 2023, arXiv 2305.16264;
    theirs are α = β = 0.353, A = 521, B = 1488, E = 1.87, R_D^* = 15.4, R_N^* = 5.3. Without repeats and at sizes up to
    N_opt it is `chinchilla`. A U_D above D counts as D. R_D^* and R_N^* trade against each other along a ridge in their
    runs: look at the intervals before the values.
    """

    name = "data_constrained"
    citation = "Muennighoff et al. 2023, Scaling Data-Constrained Language Models, arXiv 2305.16264"
    predictors = ("size", "tokens", "unique_tokens")
    parameters = (
        Parameter("E", "E", "nats/token", linear=True),
        Parameter("A", "A", "nats/token·N^α", low=1e-9, high=1e30, scale="log"),
        Parameter("B", "B", "nats/token·D^β", low=1e-9, high=1e30, scale="log"),
        Parameter("alpha", "α", low=1e-3, high=3.0),
        Parameter("beta", "β", low=1e-3, high=3.0),
        Parameter("R_D", "R_D^*", "repetitions", low=1e-2, high=1e6, scale="log"),
        Parameter("R_N", "R_N^*", "repetitions", low=1e-2, high=1e6, scale="log"),
    )

    def predict(self, theta: Array, **x: Array) -> Array:
        """E + A·N'^(−α) + B·D'^(−β), nats."""
        e, a, b, alpha, beta, of_data, of_size = self.split(theta)
        unique = np.minimum(x["unique_tokens"], x["tokens"])
        best = find_best_size(unique, a, b, alpha, beta)
        size, tokens = decay(x["size"], best, of_size), decay(x["tokens"], unique, of_data)
        return np.asarray(e + a * size**-alpha + b * tokens**-beta)

    def derive(self, theta: Array) -> Mapping[str, Array]:
        """a, the exponent of the best size in compute while no data repeat, β/(α+β)."""
        alpha, beta = np.asarray(theta)[..., 3], np.asarray(theta)[..., 4]
        return {"a": beta / (alpha + beta)}

    def propose(self, x: Mapping[str, Array], y: Array) -> Array:
        """A grid over exponents and decays; E, A and B solved, first with N' = N, then with the N' they entail."""
        exponents = np.linspace(0.1, 0.8, 7)
        alpha, beta, of_data, of_size = cross(exponents, exponents, [1.0, 5.0, 25.0, 125.0], [1.0, 5.0, 25.0])
        columns = [values[:, None] for values in (alpha, beta, of_data, of_size)]
        unique = np.minimum(x["unique_tokens"], x["tokens"])
        size = np.broadcast_to(x["size"], (len(alpha), len(y)))
        of_tokens = decay(x["tokens"], unique, columns[2]) ** -columns[1]
        for _ in range(_ROUNDS):
            basis = np.stack([np.ones_like(size), size ** -columns[0], of_tokens], axis=-1)
            found, misfit = solve_nonnegative(basis / y[:, None], np.ones_like(size))
            with np.errstate(all="ignore"):
                best = find_best_size(unique, found[:, 1:2], found[:, 2:3], *columns[:2])
                size = np.where(best > 0, decay(x["size"], best, columns[3]), x["size"])
        return choose(self, np.concatenate([found, *columns], axis=1), misfit)

    def example(self) -> tuple[Array, dict[str, Array]]:
        """The published parameters with α and β a little apart, from one epoch to a hundred."""
        size, unique, epochs = cross(np.geomspace(1e6, 1e10, 5), np.geomspace(1e8, 1e10, 3), [1, 4, 16, 100])
        theta = np.array([1.87, 521.0, 1488.0, 0.34, 0.36, 15.4, 5.3])
        return theta, {"size": size, "tokens": unique * epochs, "unique_tokens": unique}


def decay(amount: Array, base: Array, star: Array) -> Array:
    """What `amount` is worth when each further `base` of it is worth less: base·(1 + R^*·(1 − exp(−R/R^*))).

    R = amount/base − 1. Below `base` the amount itself; the two meet with the same slope. `expm1` keeps the digits of
    large R^*, where the plain form has a false optimum.
    """
    with np.errstate(all="ignore"):
        worth = base * (1 - star * np.expm1(-(amount / base - 1) / star))
    return np.asarray(np.where(amount > base.real, worth, amount))


def find_best_size(tokens: Array, a: Array, b: Array, alpha: Array, beta: Array) -> Array:
    """N_opt(D) = G·(G·D)^(β/α), G = (αA/(βB))^(1/(α+β)): the size for which D tokens are best (Hoffmann, eq. 4)."""
    ratio = ((alpha * a) / (beta * b)) ** (1 / (alpha + beta))
    return np.asarray(ratio * (ratio * tokens) ** (beta / alpha))


law = DataConstrained()
