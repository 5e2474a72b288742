"""A Markov chain with known entropy rate: a language whose scaling laws have a known floor.

Symbols follow a Zipf law and every context has its own Dirichlet-drawn row around it, so contexts have heavy-tailed
frequencies and a larger model or more data learns ever rarer rows. Entropy rate of a stationary chain: Shannon (1948),
section 7: h = Σ_context π(context) H(row of context).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from lab.core.errors import InputError
from lab.core.fingerprint import hash_literal
from lab.core.seeds import open_stream
from lab.data.chains import Process
from lab.data.chains.path import follow_path

LARGEST_TABLE = 2**22


@dataclass(frozen=True)
class Markov(Process):
    """A stationary chain.

    `symbols`: vocabulary; `order`: symbols of context; `concentration`: of the Dirichlet rows, small is peaked;
    `chain`: which chain of that kind.
    """

    symbols: int = 32
    order: int = 2
    concentration: float = 8.0
    chain: int = 0
    known = "Everything: h = Σ π H(row), C_μ = H(π) over contexts and E = C_μ − order · h."

    def __post_init__(self) -> None:
        if self.symbols < 2 or self.order < 1 or self.symbols ** (self.order + 1) > LARGEST_TABLE:
            raise InputError(
                "markov",
                f"symbols {self.symbols}, order {self.order}",
                f"at least 2 symbols, order 1, and symbols^(order+1) ≤ {LARGEST_TABLE}",
            )
        if self.concentration <= 0:
            raise InputError("markov.concentration", self.concentration, "must be positive")

    @property
    def vocabulary(self) -> int:
        """The number of symbols."""
        return self.symbols

    @property
    def entropy_rate(self) -> float:  # type: ignore[override]
        """Nats per token, exact."""
        chain = _make_chain(self)
        row_entropy = -(chain.rows * np.log(chain.rows)).sum(axis=1)
        return float(chain.stationary @ row_entropy)

    def content_hash(self) -> str:
        """SHA-256 of the dials and the version: they determine every symbol."""
        return hash_literal(["markov", self.version, self.symbols, self.order, self.concentration, self.chain])

    @property
    def statistical_complexity(self) -> float:  # type: ignore[override]
        """Nats, exact: the contexts are the causal states, for no two of the drawn rows are equal."""
        stationary = _make_chain(self).stationary
        return float(-(stationary * np.log(stationary)).sum())

    @property
    def excess_entropy(self) -> float:  # type: ignore[override]
        """Nats, exact: H(order symbols) − order · h (Crutchfield and Feldman 2003, eq. 41)."""
        return self.statistical_complexity - self.order * self.entropy_rate

    def open_windows(self, seed: int, block: int) -> np.random.Generator:
        """A stream of this chain's own."""
        return open_stream(self.chain, "markov", "windows", seed, block)

    def draw_windows(self, rng: np.random.Generator, count: int, window: int) -> np.ndarray:
        """Independent stationary windows."""
        chain = _make_chain(self)
        state = _draw_contexts(chain, rng.random(count))
        windows = np.empty((count, window + 1), dtype=np.int64)
        known = min(self.order, window + 1)
        windows[:, :known] = self._spell(state)[:, :known]
        for t in range(known, window + 1):
            windows[:, t], state = self._step(state, rng.random(count))
        return windows

    def _draw(self, length: int, seed: int) -> np.ndarray:
        rng = open_stream(self.chain, "markov", "draw", seed)
        state = _draw_contexts(_make_chain(self), rng.random(1))
        first = self._spell(state)[0, :length]
        path = follow_path(self._step, int(state[0]), rng.random(length - len(first)))
        return np.concatenate([first, path])

    def _step(self, contexts: np.ndarray, uniforms: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Symbols and the contexts they make, each shape (K,)."""
        chain = _make_chain(self)
        found = np.searchsorted(chain.steps, contexts + uniforms, side="right")
        symbols = (found - contexts * self.symbols).clip(0, self.symbols - 1)
        return symbols, (contexts * self.symbols + symbols) % len(chain.rows)

    def _spell(self, contexts: np.ndarray) -> np.ndarray:
        """The symbols of each context, shape (K, order)."""
        return contexts[:, None] // self.symbols ** np.arange(self.order)[::-1] % self.symbols

    def true_loss(self, windows_WT: np.ndarray) -> np.ndarray:
        """Exact: early in a window, where fewer than `order` symbols are known, the stationary marginal of what is."""
        chain = _make_chain(self)
        loss = np.empty((windows_WT.shape[0], windows_WT.shape[1] - 1))
        context = np.zeros(windows_WT.shape[0], dtype=np.int64)
        for t in range(loss.shape[1]):
            known = min(t + 1, self.order)
            context = (context * self.symbols + windows_WT[:, t]) % self.symbols**known
            loss[:, t] = -np.log(chain.marginals[known - 1][context, windows_WT[:, t + 1]])
        return loss


source = Markov


class _Chain(NamedTuple):
    rows: np.ndarray  # (contexts, symbols): P(next | the last `order` symbols)
    stationary: np.ndarray  # (contexts,)
    marginals: list[np.ndarray]  # [j]: (symbols^(j+1), symbols): P(next | the last j + 1 symbols)
    steps: np.ndarray  # context index + cumulative probability, flat and increasing: one search draws a symbol


@lru_cache(maxsize=4)
def _make_chain(dials: Markov) -> _Chain:
    rng = open_stream(dials.chain, "markov", dials.symbols, dials.order)
    zipf = 1.0 / np.arange(1, dials.symbols + 1)
    rows = rng.dirichlet(dials.concentration * zipf / zipf.sum(), size=dials.symbols**dials.order)
    rows = np.maximum(rows, 1e-6)  # no impossible symbol: the loss of every window is finite
    rows /= rows.sum(axis=1, keepdims=True)
    stationary = np.full(len(rows), 1.0 / len(rows))
    for _ in range(10_000):
        following = (stationary[:, None] * rows).reshape(dials.symbols, -1).sum(axis=0)
        change = np.abs(following - stationary).sum()
        stationary = following
        if change < 1e-14:
            break
    joint = (stationary[:, None] * rows).reshape((dials.symbols,) * (dials.order + 1))
    marginals = []
    for known in range(1, dials.order + 1):
        table = joint.sum(axis=tuple(range(dials.order - known))).reshape(-1, dials.symbols)
        marginals.append(table / table.sum(axis=1, keepdims=True))
    steps = np.arange(len(rows))[:, None] + np.minimum(np.cumsum(rows, axis=1), 1.0)
    steps[:, -1] = np.arange(len(rows)) + 1.0
    return _Chain(rows, stationary, marginals, steps.ravel())


def _draw_contexts(chain: _Chain, uniforms: np.ndarray) -> np.ndarray:
    return np.searchsorted(np.cumsum(chain.stationary), uniforms, side="right").clip(max=len(chain.rows) - 1)
