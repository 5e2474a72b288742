"""Delayed recall: a value, distractors, a cue, and the value again, `lag` tokens after it was seen.

The task of long time lags (Hochreiter and Schmidhuber 1997, section 5) as an endless stream: blocks of lag + 1 tokens,

    value, lag − 2 distractors, cue, the same value,

from a random place on. Only the recalled token weighs, and only where its value stands in the window: there the true
loss is 0, and a net that cannot carry the value over the lag loses log(values).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from lab.core.errors import InputError
from lab.core.fingerprint import hash_literal
from lab.core.seeds import open_stream
from lab.data.chains import Process

LONGEST_LAG = 4096


@dataclass(frozen=True)
class DelayedRecall(Process):
    """`lag`: tokens from a value to its recall; `values`, `distractors`: how many of each.

    Tokens: values from 0 on, then distractors, then the cue.
    """

    lag: int = 16
    values: int = 8
    distractors: int = 4
    known = "The law and h = (log values + (lag − 2) log distractors) / (lag + 1); E and C_μ are not worked out."

    def __post_init__(self) -> None:
        rules = (
            ("lag", 2 <= self.lag <= LONGEST_LAG, f"lies in 2 … {LONGEST_LAG}"),
            ("values", 2 <= self.values <= 4096, "lies in 2 … 4096"),
            ("distractors", 1 <= self.distractors <= 4096, "lies in 1 … 4096"),
        )
        for name, holds, rule in rules:
            if not holds:
                raise InputError(f"delayed_recall.{name}", getattr(self, name), rule)

    @property
    def vocabulary(self) -> int:
        """Values, distractors and the cue."""
        return self.values + self.distractors + 1

    @property
    def cue(self) -> int:
        """The token before a recall."""
        return self.values + self.distractors

    @property
    def entropy_rate(self) -> float:  # type: ignore[override]
        """Nats per token, exact: what is drawn in a block, over its length."""
        return (math.log(self.values) + (self.lag - 2) * math.log(self.distractors)) / (self.lag + 1)

    def content_hash(self) -> str:
        """SHA-256 of the dials and the version: they determine every symbol."""
        return hash_literal(["delayed_recall", self.version, self.lag, self.values, self.distractors])

    def open_windows(self, seed: int, block: int) -> np.random.Generator:
        """A stream of this source's own."""
        return open_stream(seed, "delayed_recall", self.lag, "windows", block)

    def draw_windows(self, rng: np.random.Generator, count: int, window: int) -> np.ndarray:
        """Independent windows, each from a uniform place of a block on."""
        blocks = (window + 2 * self.lag + 1) // (self.lag + 1)
        stream_WBP = np.full((count, blocks, self.lag + 1), self.cue)
        stream_WBP[:, :, [0, -1]] = rng.integers(self.values, size=(count, blocks, 1))
        stream_WBP[:, :, 1:-2] = rng.integers(self.values, self.cue, size=(count, blocks, self.lag - 2))
        begins = rng.integers(self.lag + 1, size=count)
        windows: np.ndarray = np.take_along_axis(
            stream_WBP.reshape(count, -1), begins[:, None] + np.arange(window + 1), axis=1
        )
        return windows

    def _draw(self, length: int, seed: int) -> np.ndarray:
        path: np.ndarray = self.draw_windows(open_stream(seed, "delayed_recall", self.lag, "draw"), 1, length - 1)[0]
        return path

    def target_weights(self, windows_WT: np.ndarray) -> np.ndarray:
        """1 where a value is recalled that stands in the window, else 0: float32, shape (W, T − 1).

        Raises `InputError` for windows of fewer than 2 lag tokens: one may hold no value with its recall.
        """
        if windows_WT.shape[1] <= 2 * self.lag:
            raise InputError("window", windows_WT.shape[1] - 1, f"delayed recall needs at least {2 * self.lag} tokens")
        weights = np.zeros((len(windows_WT), windows_WT.shape[1] - 1), dtype=np.float32)
        weights[:, self.lag - 1 :] = windows_WT[:, self.lag - 1 : -1] == self.cue
        return weights

    def true_loss(self, windows_WT: np.ndarray) -> np.ndarray:
        """Exact, by Bayes' rule over the place in the block at which the window begins."""
        period = self.lag + 1
        length = windows_WT.shape[1]
        classes_WT = np.digitize(windows_WT, (self.values, self.cue))  # 0 value, 1 distractor, 2 cue
        pattern = np.array([0, *[1] * (self.lag - 2), 2, 0])
        sizes = np.array([self.values, self.distractors, 1])
        belief_WP = np.full((len(windows_WT), period), 1 / period)
        loss = np.empty((len(windows_WT), length - 1))
        places = np.arange(period)
        for t in range(length):
            place = (places + t) % period
            chance_WP = (pattern[place] == classes_WT[:, t, None]) / sizes[pattern[place]]
            if t >= self.lag:
                recalls = place == self.lag
                chance_WP[:, recalls] = (windows_WT[:, t] == windows_WT[:, t - self.lag])[:, None]
            belief_WP = belief_WP * chance_WP
            total = belief_WP.sum(axis=1)
            if t:
                with np.errstate(divide="ignore"):
                    loss[:, t - 1] = -np.log(total)
            belief_WP = np.divide(belief_WP, total[:, None], out=np.zeros_like(belief_WP), where=total[:, None] > 0)
        return loss


source = DelayedRecall
