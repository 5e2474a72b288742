"""Epiplexity: the bits of structure a bounded learner finds in data, and the bits that stay random to it.

Finzi, Qiu, Jiang, Izmailov, Kolter & Wilson 2026, From Entropy to Epiplexity, arXiv 2601.03220. A model M costs K(M) to
describe, and its predictions of 𝒟 test tokens cost 𝒟·L: with the model that makes the total least within a budget of
compute, S = K(M) is structure and H = 𝒟·L is random. K(M) is read off the loss curve of a model trained online on
tokens none of which repeats: coding the tokens as they are seen costs ∫L dt, of which D·L(D) is what the final model
would have paid for them, and the rest, the area above the final loss, is what it took to learn the model (prequential
coding; Dawid 1984). It is a heuristic and no bound, as the paper says; `requential` runs give the
rate of one: a code achieves it up to log2(KL + 1) + O(1) bits a block.

Nats throughout: divide by ln 2 for bits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lab.core.errors import InputError

Array = NDArray[np.float64]

_HALVINGS = 200  # of the bracket of ln D: to the last bit


@dataclass(frozen=True)
class LossLaw:
    """L(N, D) = E + (N/N0)^(−α) + (D/D0)^(−β), nats per token; one law, or draws of it: every parameter (r,).

    It is Hoffmann et al. 2022 (arXiv 2203.15556, eq. 2) with A = N0^α and B = D0^β: `from_coefficients`.
    """

    E: Any
    alpha: Any
    N0: Any
    beta: Any
    D0: Any

    @classmethod
    def from_coefficients(cls, E: ArrayLike, A: ArrayLike, alpha: ArrayLike, B: ArrayLike, beta: ArrayLike) -> LossLaw:
        """The law from its amplitudes, L = E + A·N^(−α) + B·D^(−β)."""
        e, a, x, b, y = (np.asarray(value, float) for value in (E, A, alpha, B, beta))
        with np.errstate(over="ignore", divide="ignore"):  # an exponent of 0 in a draw: the term is a constant
            return cls(e, x, np.exp(np.log(a) / x), y, np.exp(np.log(b) / y))

    def size_term(self, params: ArrayLike) -> Array:
        """(N/N0)^(−α), nats per token: what a larger model would save."""
        return np.asarray((np.asarray(params, float) / self.N0) ** -np.asarray(self.alpha))

    def token_term(self, tokens: ArrayLike) -> Array:
        """(D/D0)^(−β), nats per token: what more training would save."""
        return np.asarray((np.asarray(tokens, float) / self.D0) ** -np.asarray(self.beta))

    def loss(self, params: ArrayLike, tokens: ArrayLike) -> Array:
        """L(N, D), nats per token."""
        return np.asarray(self.E + self.size_term(params) + self.token_term(tokens))

    def structure(self, tokens: ArrayLike) -> Array:
        """K = ∫₀ᴰ (L(t) − L(D)) dt = β/(1−β)·D0^β·D^(1−β), nats; infinite where β ≥ 1, as the area diverges at t = 0.

        The size of the model drops out: at any size the same falls away.
        """
        beta = np.asarray(self.beta, float)
        with np.errstate(divide="ignore", invalid="ignore"):
            area = beta / (1 - beta) * np.asarray(tokens, float) * self.token_term(tokens)
        return np.where(beta < 1, area, np.inf)


class Split(NamedTuple):
    """The best two-part code of a budget: training tokens D and parameters N; structure S and random H in nats."""

    tokens: Array
    params: Array
    structure: Array
    random: Array

    @property
    def share(self) -> Array:
        """S/(S+H); 1 where S is unbounded."""
        with np.errstate(divide="ignore"):  # no structure: a share of 0
            return np.asarray(1 / (1 + self.random / self.structure))


def split_tokens(law: LossLaw, compute: float, test_tokens: float, tokens: ArrayLike | None = None) -> Split:
    """S and H of 𝒟 test tokens at `compute` FLOP, 6·N·D to train and 2·N·𝒟 to code.

    D is the `tokens` given, or what makes K + 𝒟·L least: with l_N, l_D the two terms of the law, the root of
    α·l_N·6D/(6D+2𝒟) = β·l_D·(1 − D/𝒟), which is the only one and lies below 𝒟. Raises `InputError` for a budget, test
    tokens that are not positive, or parameters below 0.
    """
    for name, value in (("compute", compute), ("test_tokens", test_tokens)):
        if not (np.isfinite(value) and value > 0):
            raise InputError(f"epiplexity.{name}", value, "is a positive finite number")
    if not all(np.all(np.asarray(p) >= 0) for p in (law.alpha, law.beta, law.N0, law.D0)):
        raise InputError("epiplexity.law", law, "α, β, N0 and D0 (or A and B) are not negative")
    best = _find_tokens(law, compute, test_tokens) if tokens is None else np.asarray(tokens, float)
    params = compute / (6 * best + 2 * test_tokens)
    return Split(best, params, law.structure(best), test_tokens * law.loss(params, best))


def _find_tokens(law: LossLaw, compute: float, test_tokens: float) -> Array:
    shape = np.broadcast_shapes(*(np.shape(p) for p in (law.alpha, law.N0, law.beta, law.D0)))
    low, high = np.full(shape, -50.0), np.full(shape, np.log(test_tokens))  # of ln D; the slope changes sign once
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        tokens = np.exp(middle)
        work = 6 * tokens + 2 * test_tokens
        dearer = law.alpha * law.size_term(compute / work) * 6 * tokens / work
        cheaper = law.beta * law.token_term(tokens) * (1 - tokens / test_tokens)
        low, high = np.where(dearer > cheaper, low, middle), np.where(dearer > cheaper, middle, high)
    return np.asarray(np.exp((low + high) / 2))


class Areas(NamedTuple):
    """Of a curve's points but the first (n − 1,): where the area is measured (tokens), the loss there (nats per token)
    and the area above it (nats).
    """

    tokens: Array
    loss: Array
    structure: Array


def measure_areas(tokens: Array, nats: Array) -> Areas:
    """K at the points of an online curve: `tokens` seen (n,), strictly increasing, and their code length `nats` (n,).

    Within two neighbouring intervals the loss is taken for c + k·t^−½, which their mean losses settle. On that curve
    the mean of (a, b] is the loss at m = ((√a + √b)/2)², and K(m) = ∫₀ᵐ (L(t) − L(m)) dt is nats(a) − a·L(m) up to a
    and k·(√m − √a)²/√m from there to m. At the end b the mean is still above the loss: the area would be too small.
    Of L ∝ t^−β, β from 0.2 to 0.8, K is found within 0.5 % at two points an octave or more, and at one within 0.1 % but
    for the first point (2 %).
    """
    ends, losses = np.r_[0.0, tokens], np.diff(nats, prepend=0.0) / np.diff(tokens, prepend=0.0)
    shape = 2 / (np.sqrt(ends[:-1]) + np.sqrt(ends[1:]))  # the mean of t^−½ over each interval
    k = np.diff(losses) / np.diff(shape)
    a, m, loss = tokens[:-1], shape[1:] ** -2, losses[1:]
    return Areas(m, loss, nats[:-1] - a * loss + k * (np.sqrt(m) - np.sqrt(a)) ** 2 / np.sqrt(m))
