"""Processes of finitely many causal states: the state and the symbol give the next state, so all is known exactly.

Entropy rate h = Σ π(s) H(row of s) (Shannon 1948, section 7), statistical complexity C_μ = H(π) over causal states and
excess entropy E = Σ_L (h_L − h) (Crutchfield and Young 1989; Crutchfield and Feldman 2003, arXiv cond-mat/0102181,
eq. 29), where h_L, the entropy of symbol L given the L − 1 before it, runs over the mixed states: the beliefs that an
observer who starts from π can come to hold.
"""

from __future__ import annotations

from abc import abstractmethod
from functools import cached_property, lru_cache

import numpy as np

from lab.core.errors import InputError
from lab.core.fingerprint import hash_literal
from lab.core.seeds import open_stream
from lab.data.chains import Process
from lab.data.chains.path import follow_path

MOST_BELIEFS, MOST_SYMBOLS = 4096, 10_000
SYNCHRONISED = 1e-13  # weight of the beliefs still unsure of the state at which the sum for E ends


class Machine:
    """A unifilar hidden Markov process in its minimal form, an ε-machine.

    `emits` (S, V): P(symbol | state); `successors` (S, V): the state that follows, any where the symbol cannot.
    Raises `InputError` where two states have the same future: they are one causal state.
    """

    def __init__(self, emits: np.ndarray, successors: np.ndarray) -> None:
        self.emits, self.successors = np.asarray(emits, float), np.asarray(successors, np.int64)
        if (states := _count_futures(self.emits, self.successors)) < len(self.emits):
            raise InputError("machine", f"{len(self.emits)} states", f"its states have {states} different futures")
        cumulative = np.arange(len(self.emits))[:, None] + np.minimum(np.cumsum(self.emits, axis=1), 1.0)
        cumulative[:, -1] = np.arange(len(self.emits)) + 1.0
        self._steps = cumulative.ravel()  # state index + cumulative probability, increasing: one search draws a symbol

    @cached_property
    def transitions(self) -> np.ndarray:
        """P(symbol, next state | state), shape (V, S, S)."""
        states, symbols = self.emits.shape
        table_VSS = np.zeros((symbols, states, states))
        for symbol in range(symbols):
            table_VSS[symbol, np.arange(states), self.successors[:, symbol]] = self.emits[:, symbol]
        return table_VSS

    @cached_property
    def stationary(self) -> np.ndarray:
        """π, shape (S,): the left eigenvector of the state chain, solved with its sum."""
        states = len(self.emits)
        balance = np.vstack([self.transitions.sum(axis=0).T - np.eye(states), np.ones(states)])
        solved, *_ = np.linalg.lstsq(balance, np.append(np.zeros(states), 1.0), rcond=None)
        law: np.ndarray = np.clip(solved, 0.0, 1.0)
        return law

    @cached_property
    def entropy_rate(self) -> float:
        """h, nats per symbol."""
        return float(self.stationary @ measure_entropy(self.emits))

    @cached_property
    def statistical_complexity(self) -> float:
        """C_μ, nats."""
        return float(measure_entropy(self.stationary[None])[0])

    @cached_property
    def excess_entropy(self) -> float | None:
        """E, nats; None where the observer's beliefs are too many to follow until they are sure of the state."""
        beliefs, weights, total = self.stationary[None], np.ones(1), 0.0
        for _ in range(MOST_SYMBOLS):
            unsure = beliefs.max(axis=1) < 1 - 1e-9
            beliefs, weights = beliefs[unsure], weights[unsure]
            if weights.sum() < SYNCHRONISED:
                return total
            # Σ over beliefs of H(next symbol) exceeds h by what the unsure ones add: the sure ones average to their h.
            known = beliefs @ measure_entropy(self.emits)
            total += float(weights @ (measure_entropy(beliefs @ self.emits) - known))
            beliefs, weights = self._update(beliefs, weights)
            if len(beliefs) > MOST_BELIEFS:
                break
        return None

    def _update(self, beliefs: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The beliefs after one more symbol with their probabilities, equal beliefs (to 1e-9) made one."""
        joint = np.einsum("b,bs,vst->vbt", weights, beliefs, self.transitions).reshape(-1, len(self.emits))
        joint = joint[joint.sum(axis=1) > 0]
        weight = joint.sum(axis=1)
        kept, same = np.unique((joint / weight[:, None]).round(9), axis=0, return_inverse=True)
        merged = np.zeros_like(kept)
        np.add.at(merged, same.ravel(), joint)
        sums = merged.sum(axis=1)
        return merged / sums[:, None], sums

    def step(self, states: np.ndarray, uniforms: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Symbols and next states, each shape (K,)."""
        width = self.emits.shape[1]
        found = np.searchsorted(self._steps, states + uniforms, side="right")
        symbols = (found - states * width).clip(0, width - 1)
        return symbols, self.successors[states, symbols]

    def draw_states(self, uniforms: np.ndarray) -> np.ndarray:
        """States of the stationary law."""
        return np.searchsorted(np.cumsum(self.stationary), uniforms, side="right").clip(max=len(self.stationary) - 1)

    def filter_loss(self, windows_WT: np.ndarray) -> np.ndarray:
        """−log P(symbol | window so far), shape (W, T − 1), by the forward filter; infinite from the impossible on."""
        beliefs = np.tile(self.stationary, (len(windows_WT), 1))
        loss = np.empty((len(windows_WT), windows_WT.shape[1]))
        for t in range(windows_WT.shape[1]):
            following = np.empty_like(beliefs)
            for symbol in range(self.emits.shape[1]):
                here = windows_WT[:, t] == symbol
                following[here] = beliefs[here] @ self.transitions[symbol]
            chance = following.sum(axis=1)
            with np.errstate(divide="ignore"):
                loss[:, t] = -np.log(chance)
            beliefs = np.divide(following, chance[:, None], out=np.zeros_like(following), where=chance[:, None] > 0)
        return loss[:, 1:]


class Unifilar(Process):
    """A source whose law is a `Machine`; a subclass is a frozen dataclass whose `build_machine` is cached by dials."""

    @abstractmethod
    def build_machine(self) -> Machine:
        """The machine these dials name."""

    @property
    def machine(self) -> Machine:
        """The machine, built once."""
        return _build_once(self)

    @property
    def vocabulary(self) -> int:
        """The number of symbols."""
        return int(self.machine.emits.shape[1])

    @property
    def entropy_rate(self) -> float:  # type: ignore[override]
        """h, nats per symbol, exact."""
        return self.machine.entropy_rate

    @property
    def excess_entropy(self) -> float | None:  # type: ignore[override]
        """E, nats, to 1e-9."""
        return self.machine.excess_entropy

    @property
    def statistical_complexity(self) -> float:  # type: ignore[override]
        """C_μ, nats, exact."""
        return self.machine.statistical_complexity

    def content_hash(self) -> str:
        """SHA-256 of the machine's tables: they are the law."""
        return _hash_once(self)

    def open_windows(self, seed: int, block: int) -> np.random.Generator:
        """A stream of the process's own name."""
        return open_stream(seed, type(self).__name__, "windows", block)

    def draw_windows(self, rng: np.random.Generator, count: int, window: int) -> np.ndarray:
        """Independent stationary windows."""
        states = self.machine.draw_states(rng.random(count))
        windows = np.empty((count, window + 1), dtype=np.int64)
        for t in range(window + 1):
            windows[:, t], states = self.machine.step(states, rng.random(count))
        return windows

    def _draw(self, length: int, seed: int) -> np.ndarray:
        rng = open_stream(seed, type(self).__name__, "draw")
        state = int(self.machine.draw_states(rng.random(1))[0])
        return follow_path(self.machine.step, state, rng.random(length))

    def true_loss(self, windows_WT: np.ndarray) -> np.ndarray:
        """Exact, from the stationary belief on."""
        return self.machine.filter_loss(windows_WT)


def measure_entropy(rows: np.ndarray) -> np.ndarray:
    """H of every row of probabilities, nats."""
    surprise: np.ndarray = -np.log(rows, where=rows > 0, out=np.zeros_like(rows))
    entropy: np.ndarray = np.einsum("ij,ij->i", rows, surprise)
    return entropy


@lru_cache(maxsize=64)
def _build_once(process: Unifilar) -> Machine:
    return process.build_machine()


@lru_cache(maxsize=64)
def _hash_once(source: Unifilar) -> str:
    machine = source.machine
    return hash_literal(["unifilar", source.version, machine.emits.tolist(), machine.successors.tolist()])


def _count_futures(emits: np.ndarray, successors: np.ndarray) -> int:
    """How many states differ in what can follow them (partition refinement: Moore 1956)."""
    kind = np.zeros(len(emits), dtype=np.int64)
    for _ in range(len(emits)):
        following = np.where(emits > 0, kind[successors], -1)
        kind = np.unique(np.hstack([emits.round(12), following]), axis=0, return_inverse=True)[1].ravel()
    return len(np.unique(kind))
