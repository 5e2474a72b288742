"""Facts of Zipf frequency: the loss of a table is a power of the contexts it holds, exactly, and its floor is known.

The stream is triples: two symbols that make a context, then a value. Context r of R = symbols² has probability
π_r ∝ r^−α − (r + 1)^−α, which tends to a Zipf law of exponent 1 + α, and points at a value of its own. Not knowing it
costs κ nats, the same for all, so the table of the n likeliest contexts loses

    L(n) = h + (κ/3) ((n + 1)^−α − (R + 1)^−α) / (1 − (R + 1)^−α):

parameters ∝ n, hence α_N = α (quanta learned in the order of their use: Michaud et al. 2023, arXiv 2303.13506,
section 2). A table that knows a context from its first sight on loses (κ/3) Σ π_r (1 − π_r)^m above h after m triples,
which falls as m^−β, β = α/(1 + α) (Hutter 2021, arXiv 2102.04074, section 3). A hierarchy of rules is another way to
powers (Cagnetta et al. 2024, arXiv 2307.02129).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from lab.core.errors import InputError
from lab.core.fingerprint import hash_literal
from lab.core.seeds import open_stream
from lab.data.chains import Process
from lab.data.chains.unifilar import measure_entropy

MOST_SYMBOLS = 128
FIRST, SECOND, VALUE = range(3)


@dataclass(frozen=True)
class ZipfContexts(Process):
    """`symbols`: of each of the three alphabets, V; token kind · V + symbol shows its kind, so the phase is visible.

    `alpha`: exponent of the loss in contexts; `certainty`: with this probability the value is the context's own, else
    uniform; `chain`: which contexts are frequent and what their values are.
    """

    symbols: int = 64
    alpha: float = 0.5
    certainty: float = 0.9
    chain: int = 0
    known = "Everything: h, C_μ, E, and the loss of the best table of n contexts, a power of n with exponent alpha."

    def __post_init__(self) -> None:
        if not 0 < self.certainty <= 1:
            raise InputError("zipf_contexts.certainty", self.certainty, "lies above 0 and at most at 1")
        if not 2 <= self.symbols <= MOST_SYMBOLS:
            raise InputError("zipf_contexts.symbols", self.symbols, f"lies in 2 … {MOST_SYMBOLS}")
        if not 0 < self.alpha <= 4:
            raise InputError("zipf_contexts.alpha", self.alpha, "lies above 0 and at most at 4")

    @property
    def vocabulary(self) -> int:
        """Three alphabets."""
        return 3 * self.symbols

    @property
    def value_entropy(self) -> float:
        """H(value | context), nats: the same in every context."""
        return float(measure_entropy(_make_tables(self).values[:1])[0])

    @property
    def entropy_rate(self) -> float:  # type: ignore[override]
        """Nats per token, exact: (H(context) + H(value | context)) / 3."""
        return (float(measure_entropy(_make_tables(self).pairs.reshape(1, -1))[0]) + self.value_entropy) / 3

    @property
    def statistical_complexity(self) -> float:  # type: ignore[override]
        """Nats, exact: the phase; in a triple its first symbol, then the value that its context points at."""
        tables = _make_tables(self)
        targets = np.bincount(tables.targets.ravel(), tables.pairs.ravel())
        states = (tables.pairs.sum(axis=1), targets)
        return math.log(3) + sum(float(measure_entropy(state[None])[0]) for state in states) / 3

    @property
    def excess_entropy(self) -> float:  # type: ignore[override]
        """Nats, exact: H(phase) + (I[first; second, value] + I[context; value]) / 3, for triples are independent."""
        tables = _make_tables(self)
        by_second = np.einsum("ab,abc->bc", tables.pairs, tables.values[tables.targets])
        entropies = [
            float(measure_entropy(law.reshape(1, -1))[0])
            for law in (tables.pairs.sum(axis=1), by_second, tables.pairs, by_second.sum(axis=0))
        ]
        first, second_and_value, context, value = entropies
        ahead = first + second_and_value - (context + self.value_entropy)
        return math.log(3) + (ahead + value - self.value_entropy) / 3

    def content_hash(self) -> str:
        """SHA-256 of the dials and the version: they determine every symbol."""
        return hash_literal(["zipf_contexts", self.version, self.symbols, self.alpha, self.certainty, self.chain])

    def open_windows(self, seed: int, block: int) -> np.random.Generator:
        """A stream of this source's own."""
        return open_stream(self.chain, "zipf_contexts", "windows", seed, block)

    def draw_windows(self, rng: np.random.Generator, count: int, window: int) -> np.ndarray:
        """Independent windows, each from a uniform phase on."""
        triples = -(-(window + 3) // 3)
        stream_WS = self._draw_triples(rng, count * triples).reshape(count, 3 * triples)
        begins = rng.integers(3, size=count)
        return np.take_along_axis(stream_WS, begins[:, None] + np.arange(window + 1), axis=1)

    def _draw(self, length: int, seed: int) -> np.ndarray:
        path: np.ndarray = self.draw_windows(open_stream(self.chain, "zipf_contexts", "draw", seed), 1, length - 1)[0]
        return path

    def _draw_triples(self, rng: np.random.Generator, count: int) -> np.ndarray:
        tables = _make_tables(self)
        ranks = np.searchsorted(tables.ends, rng.random(count), side="right").clip(max=len(tables.ends) - 1)
        contexts = tables.order[ranks]
        own = rng.random(count) < self.certainty
        values = np.where(own, tables.targets.ravel()[contexts], rng.integers(self.symbols, size=count))
        kinds = np.stack([contexts // self.symbols, contexts % self.symbols, values], axis=1)
        return kinds + self.symbols * np.arange(3)

    def true_loss(self, windows_WT: np.ndarray) -> np.ndarray:
        """Exact: a value whose first symbol lies before the window has the law that its second symbol gives it."""
        tables, symbols = _make_tables(self), windows_WT % self.symbols
        kinds = windows_WT // self.symbols
        before, now, kind = symbols[:, :-1], symbols[:, 1:], kinds[:, 1:]
        first = tables.pairs.sum(axis=1)
        chance = np.where(kind == FIRST, first[now], (tables.pairs / first[:, None])[before, now])
        by_second = np.einsum("ab,abc->bc", tables.pairs / tables.pairs.sum(axis=0), tables.values[tables.targets])
        context = np.pad(symbols, ((0, 0), (1, 0)))[:, :-2]
        known = tables.values[tables.targets[context, before], now]
        known[:, 0] = by_second[before[:, 0], now[:, 0]]
        possible = kind == (kinds[:, :-1] + 1) % 3
        with np.errstate(divide="ignore"):
            loss: np.ndarray = -np.log(np.where(possible, np.where(kind == VALUE, known, chance), 0.0))
        return loss

    def measure_size_loss(self, contexts: np.ndarray) -> np.ndarray:
        """L(n), nats per token, of the table of the n likeliest contexts, 0 ≤ n ≤ R; shape of `contexts`."""
        last = (self.symbols**2 + 1.0) ** -self.alpha
        missing: np.ndarray = ((np.asarray(contexts) + 1.0) ** -self.alpha - last) / (1 - last)
        return self.entropy_rate + self._price_ignorance() * missing

    def measure_data_loss(self, triples: np.ndarray) -> np.ndarray:
        """Expected loss, nats per token, of the table of what so many triples showed; shape of `triples`.

        One sight shows the value of a context only where certainty is 1; raises `InputError` elsewhere.
        """
        if self.certainty != 1:
            raise InputError("zipf_contexts.certainty", self.certainty, "is 1 where a value is known from one sight")
        chance = np.diff(_make_tables(self).ends, prepend=0.0)
        unseen: np.ndarray = (1 - chance) ** np.asarray(triples, float)[..., None] @ chance
        return self.entropy_rate + self._price_ignorance() * unseen

    def _price_ignorance(self) -> float:
        """κ/3: what a token costs more where the value is taken for uniform, κ = log V − H(value | context)."""
        return (math.log(self.symbols) - self.value_entropy) / 3


source = ZipfContexts


class _Tables(NamedTuple):
    pairs: np.ndarray  # (V, V): P(first, second)
    targets: np.ndarray  # (V, V): the value each context points at
    values: np.ndarray  # (V, V): P(value | the value pointed at)
    order: np.ndarray  # (V²,): contexts from the likeliest to the rarest, first · V + second
    ends: np.ndarray  # (V²,): cumulative probability in that order


@lru_cache(maxsize=4)
def _make_tables(dials: ZipfContexts) -> _Tables:
    rng, size = open_stream(dials.chain, "zipf_contexts", dials.symbols), dials.symbols
    order = rng.permutation(size**2)
    targets = rng.integers(size, size=(size, size))
    tail = np.arange(1.0, size**2 + 2) ** -dials.alpha
    chance = (tail[:-1] - tail[1:]) / (1 - tail[-1])
    pairs = np.empty(size**2)
    pairs[order] = chance
    values = np.full((size, size), (1 - dials.certainty) / size) + dials.certainty * np.eye(size)
    return _Tables(pairs.reshape(size, size), targets, values, order, np.cumsum(chance))
