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
from lab.data import Source

BLOCK = 512  # windows drawn together: the chain is sequential in time, so it is vectorised over windows
HELDOUT_SEED = -1  # a stream that no run seed (≥ 0) can name
LARGEST_TABLE = 2**22


@dataclass(frozen=True)
class Markov(Source):
    """A stationary chain.

    `symbols`: vocabulary; `order`: symbols of context; `concentration`: of the Dirichlet rows, small is peaked;
    `chain`: which chain of that kind.
    """

    symbols: int = 32
    order: int = 2
    concentration: float = 8.0
    chain: int = 0

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

    def training_windows(self, seed: int, start: int, count: int, window: int) -> np.ndarray:
        """Independent stationary windows, never repeated."""
        index = np.arange(start, start + count)
        blocks = [
            _draw_block(self, seed, int(b), window)[index[index // BLOCK == b] % BLOCK]
            for b in np.unique(index // BLOCK)
        ]
        return np.concatenate(blocks)

    def heldout_windows(self, count: int, window: int) -> np.ndarray:
        """Windows of a stream no training seed can name."""
        return self.training_windows(HELDOUT_SEED, 0, count, window)

    def heldout_documents(self, count: int, window: int) -> np.ndarray:
        """Every window is a document of its own: they are independent."""
        return np.arange(count)

    def count_unique(self, tokens: int, window: int) -> int:
        """All of them."""
        return tokens

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


@lru_cache(maxsize=8)
def _draw_block(dials: Markov, seed: int, block: int, window: int) -> np.ndarray:
    chain = _make_chain(dials)
    rng = open_stream(dials.chain, "markov", "windows", seed, block)
    contexts = len(chain.rows)
    state = np.searchsorted(np.cumsum(chain.stationary), rng.random(BLOCK), side="right").clip(max=contexts - 1)
    windows = np.empty((BLOCK, window + 1), dtype=np.int64)
    for t in range(window + 1):
        if t < dials.order:
            windows[:, t] = state // dials.symbols ** (dials.order - 1 - t) % dials.symbols
            continue
        found = np.searchsorted(chain.steps, state + rng.random(BLOCK), side="right")
        windows[:, t] = (found - state * dials.symbols).clip(0, dials.symbols - 1)
        state = (state * dials.symbols + windows[:, t]) % contexts
    return windows
