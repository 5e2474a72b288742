"""L(N, D, B) = (N_c/N)^α_N + (S_c/S_min)^α_S at any batch, with B_crit(L) (Kaplan et al. 2020, eqs. 1.6, 5.3, 5.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.scaling.law import Law, Parameter
from lab.scaling.proposals import choose, cross, solve_nonnegative

Array = NDArray[Any]

_MOST_STEPS = 100  # of Newton's method; it needs about six
_ROUND_OFF = 8 * np.finfo(float).eps  # of a term's logarithm


class CriticalBatch(Law):
    """L = (N_c/N)^α_N + (S_c/S_min)^α_S, S_min = S/(1 + B_crit(L)/B) = D/(B + B_crit(L)), B_crit(L) = B_*/L^(1/α_B).

    N parameters without embeddings, D tokens, B tokens per step, S = D/B steps; L in nats per token. Kaplan et al.
    2020, arXiv 2001.08361: eq. 1.6 with eqs. 5.3 (1.4) for B_crit and 5.4 for S_min; theirs are α_N = 0.077, N_c =
    6.5e13, α_S = 0.76, S_c = 2.1e3, α_B = 0.21, B_* = 2e8. L stands on both sides; the law is the one L at which they
    agree. Derived: `a` = α_C/α_N, the exponent of the best size in compute, 1/α_C = 1/α_S + 1/α_B + 1/α_N (eqs. 1.7
    and 1.8).
    """

    name = "critical_batch"
    citation = "Kaplan et al. 2020, Scaling Laws for Neural Language Models, arXiv 2001.08361, eqs. 1.6, 5.3 and 5.4"
    predictors = ("size", "tokens", "batch_tokens")
    parameters = (
        Parameter("N_c", "N_c", "parameters", low=1e-3, high=1e90, scale="log"),
        Parameter("alpha_N", "α_N", low=1e-3, high=3.0),
        Parameter("S_c", "S_c", "steps", low=1e-6, high=1e90, scale="log"),
        Parameter("alpha_S", "α_S", low=1e-3, high=3.0),
        Parameter("B_star", "B_*", "tokens", low=1e-3, high=1e30, scale="log"),
        Parameter("alpha_B", "α_B", low=1e-2, high=10.0),
    )

    def predict(self, theta: Array, **x: Array) -> Array:
        """The L that its own right side gives, nats."""
        return np.exp(self._solve(theta, x))

    def gradient(self, theta: Array, **x: Array) -> Array:
        """Closed form by the implicit function theorem, (..., n, p)."""
        size, alpha_n, steps, alpha_s, star, alpha_b = self.split(theta)
        log_loss = self._solve(theta, x)
        first, second, crowded = self._expect(theta, log_loss, x)
        of_size, of_steps = np.exp(first - log_loss), np.exp(second - log_loss)  # shares of the loss
        of_critical = of_steps * alpha_s * crowded  # derivative of ln(right side) by ln B_crit
        columns = [
            of_size * alpha_n / size,
            of_size * np.log(size / x["size"]),
            of_steps * alpha_s / steps,
            of_steps * second / alpha_s,
            of_critical / star,
            of_critical * log_loss / alpha_b**2,
        ]
        return np.asarray(np.stack(columns, axis=-1) * (np.exp(log_loss) / (1 + of_critical / alpha_b))[..., None])

    def find_critical(self, theta: Array, loss: Array) -> Array:
        """B_crit(L) = B_*/L^(1/α_B), tokens (eq. 5.3): theta (..., p), losses (..., n) nats."""
        *_, star, alpha_b = self.split(theta)
        return np.asarray(star * loss ** (-1 / alpha_b))

    def find_least_steps(self, theta: Array, loss: Array, steps: Array, batch_tokens: Array) -> Array:
        """S_min = S/(1 + B_crit(L)/B) (eq. 5.4): what `steps` at this batch would be at a very large one."""
        return np.asarray(steps / (1 + self.find_critical(theta, loss) / batch_tokens))

    def derive(self, theta: Array) -> Mapping[str, Array]:
        """a, the exponent of the best size in compute."""
        alpha_n, alpha_s, alpha_b = (np.asarray(theta)[..., j] for j in (1, 3, 5))
        return {"a": 1 / (1 + alpha_n / alpha_s + alpha_n / alpha_b)}

    def propose(self, x: Mapping[str, Array], y: Array) -> Array:
        """With B_crit at the observed losses, as the paper does, the law is linear in N_c^α_N and S_c^α_S."""
        axis = np.geomspace(0.03, 1.5, 9)
        middle = np.median(y)
        center = np.geomspace(x["batch_tokens"].min() / 10, x["batch_tokens"].max() * 10, 9)
        alpha_n, alpha_s, critical, alpha_b = cross(axis, axis, center, [0.1, 0.2, 0.4, 0.8])
        least = x["tokens"] / (x["batch_tokens"] + critical[:, None] * (y / middle) ** (-1 / alpha_b[:, None]))
        basis = np.stack([x["size"] ** -alpha_n[:, None], least ** -alpha_s[:, None]], axis=-1)
        found, misfit = solve_nonnegative(basis / y[:, None], np.ones(least.shape))
        with np.errstate(all="ignore"):
            size, steps = found[:, 0] ** (1 / alpha_n), found[:, 1] ** (1 / alpha_s)
        star = critical * middle ** (1 / alpha_b)
        return choose(self, np.stack([size, alpha_n, steps, alpha_s, star, alpha_b], axis=-1), misfit)

    def example(self) -> tuple[Array, dict[str, Array]]:
        """Kaplan's parameters, batches from a tenth of the critical one to a hundred times it."""
        size, steps, batch = cross(np.geomspace(1e6, 1e9, 4), np.geomspace(1e3, 1e5, 4), np.geomspace(2e4, 2e7, 4))
        theta = np.array([6.5e13, 0.077, 2.1e3, 0.76, 2e8, 0.21])
        return theta, {"size": size, "tokens": steps * batch, "batch_tokens": batch}

    def _solve(self, theta: Array, x: Mapping[str, Array]) -> Array:
        """ln L (..., n): ln L minus the logarithm of the right side rises and is concave in ln L, so Newton's method
        from a root too low, that of B_crit = 0, never passes the true one.
        """
        *_, alpha_s, _, alpha_b = self.split(theta)
        log_loss = np.logaddexp(*self._expect(theta, np.array(np.inf), x)[:2])
        for _ in range(_MOST_STEPS):
            first, second, crowded = self._expect(theta, log_loss, x)
            right = np.logaddexp(first, second)
            step = (right - log_loss) / (1 + np.exp(second - right) * alpha_s * crowded / alpha_b)
            log_loss = log_loss + step
            if not (np.abs(step) > _ROUND_OFF * (1 + np.abs(first) + np.abs(second))).any():
                break
        return np.asarray(log_loss)

    def _expect(self, theta: Array, log_loss: Array, x: Mapping[str, Array]) -> tuple[Array, Array, Array]:
        """The logarithms of both terms at a loss, and B_crit/(B + B_crit), all (..., n)."""
        size, alpha_n, steps, alpha_s, star, alpha_b = self.split(theta)
        batch, critical = np.log(x["batch_tokens"]), np.log(star) - log_loss / alpha_b
        demand = np.logaddexp(batch, critical)
        first = alpha_n * np.log(size / x["size"])
        return first, alpha_s * (np.log(steps / x["tokens"]) + demand), np.exp(critical - demand)


law = CriticalBatch()
