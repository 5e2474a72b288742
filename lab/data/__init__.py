"""Data sources: one file, one source. This door holds what every source is.

A source yields token windows by index, so that the batch at any step is known without replaying the steps before it:
a branch, a resumed run and a run of another size see exactly the same data.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import lru_cache
from typing import ClassVar

import numpy as np

from lab.core.errors import InputError, RefusedError
from lab.core.seeds import open_stream
from lab.data.holdings import Holding


class Source(ABC):
    """A source of token sequences; a subclass is a frozen dataclass whose fields are its dials.

    Windows hold one token more than the context: `windows[:, :-1]` are inputs and `windows[:, 1:]` targets, every
    target weighing the same unless `target_weights` says otherwise.
    """

    version: ClassVar[int] = 1
    entropy_rate: float | None = None
    """Nats per token, where the source's law is known."""
    excess_entropy: float | None = None
    """Nats that past and future share, E = I[past; future]; None where unknown, infinite where it diverges."""
    statistical_complexity: float | None = None
    """Nats in the causal states, C_μ = H[state]; None where unknown, infinite where it diverges."""
    known: str = ""
    """One sentence: what is known of the source in closed form, and what is not."""
    bytes_per_token: float = 1.0
    """Of all that is held out; `count_bytes` counts those of a choice of it."""
    licence: ClassVar[str] = "none: generated"
    extent: ClassVar[str] = "endless"
    """How much there is of it, in words."""

    @property
    def holding(self) -> Holding | None:
        """What has to be fetched before the source yields anything; None where it is built in."""
        return None

    @property
    @abstractmethod
    def vocabulary(self) -> int:
        """How many different tokens there are."""

    @abstractmethod
    def content_hash(self) -> str:
        """SHA-256 of what the source yields: part of a run's identity."""

    @abstractmethod
    def training_windows(self, seed: int, start: int, count: int, window: int) -> np.ndarray:
        """Windows `start … start+count−1` of the training order of `seed`: int64, shape (count, window + 1)."""

    @abstractmethod
    def heldout_windows(self, count: int, window: int) -> np.ndarray:
        """The first `count` fixed held-out windows, or all if there are fewer: int64, shape (≤ count, window + 1)."""

    @abstractmethod
    def heldout_documents(self, count: int, window: int) -> np.ndarray:
        """The document each of those windows begins in, int64: the unit that a bootstrap over text resamples."""

    @abstractmethod
    def count_unique(self, tokens: int, window: int) -> int:
        """How many of the first `tokens` training tokens are not repeats."""

    def target_weights(self, windows_WT: np.ndarray) -> np.ndarray | None:
        """How much each target counts in the loss, ≥ 0, float32, shape (W, window), some in every window; None: alike.

        Code lengths count the weighted targets only.
        """
        return None

    def count_bytes(self, tokens: np.ndarray) -> np.ndarray:
        """Bytes that each token stands for, float64, the shape of `tokens`; `bytes_per_token` unless tokens differ."""
        return np.full(tokens.shape, self.bytes_per_token)

    def encode(self, text: str) -> np.ndarray:
        """Text as tokens, int64, shape (length,): numbers with blanks between, unless the source is one of text.

        Raises `InputError` for what is no token of the source.
        """
        words = text.split()
        for word in words:
            if not (word.isascii() and word.isdigit() and int(word) < self.vocabulary):
                raise InputError("prompt", word, f"tokens are numbers from 0 to {self.vocabulary - 1}, blanks between")
        return np.array([int(word) for word in words], dtype=np.int64)

    def spell(self, tokens: np.ndarray) -> str:
        """Tokens as text: numbers, unless the source is one of text."""
        return " ".join(str(int(token)) for token in tokens)

    def draw(self, length: int, seed: int) -> np.ndarray:
        """One contiguous stretch of the source: int64, shape (length,). Raises `InputError` where there is none.

        A window of training is one already; a source that has a quicker or a truer way says how in `_draw`.
        """
        for name, value, least in (("length", length, 1), ("seed", seed, 0)):
            if value < least:
                raise InputError(f"draw: {name}", value, f"is at least {least}")
        return self._draw(length, seed)

    def _draw(self, length: int, seed: int) -> np.ndarray:
        path: np.ndarray = self.training_windows(seed, 0, 1, length - 1)[0]
        return path

    def true_loss(self, windows_WT: np.ndarray) -> np.ndarray | None:
        """The true model's −log probability (nats) of each target given the window so far, shape (W, window)."""
        return None


class CorpusSource(Source):
    """A source that cuts windows out of two fixed token arrays, epoch after epoch, each in an order of its own."""

    @abstractmethod
    def load_split(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Training tokens, held-out tokens, and where each held-out document begins."""

    def training_windows(self, seed: int, start: int, count: int, window: int) -> np.ndarray:
        """Windows in random order without replacement; a new epoch shifts the cuts by a random offset."""
        tokens = self.load_split()[0]
        per_epoch = self._count_windows(window)
        index = np.arange(start, start + count)
        rows = np.empty((count, window + 1), dtype=np.int64)
        for epoch in np.unique(index // per_epoch):
            mine = index // per_epoch == epoch
            order, offset = _order_epoch(per_epoch, window, seed, int(epoch))
            begins = order[index[mine] % per_epoch] * window + offset
            rows[mine] = tokens[begins[:, None] + np.arange(window + 1)]
        return rows

    def heldout_windows(self, count: int, window: int) -> np.ndarray:
        """Windows spread evenly over the held-out text, none overlapping."""
        tokens = self.load_split()[1]
        begins = self.heldout_begins(count, window)
        return tokens[begins[:, None] + np.arange(window + 1)].astype(np.int64)

    def heldout_documents(self, count: int, window: int) -> np.ndarray:
        """The held-out file each window begins in."""
        documents = self.load_split()[2]
        return np.searchsorted(documents, self.heldout_begins(count, window), side="right") - 1

    def heldout_begins(self, count: int, window: int) -> np.ndarray:
        """Where in the held-out text those windows begin, in tokens; raises `InputError` for a text without one."""
        length = len(self.load_split()[1])
        room = length // (window + 1)
        if not room:
            raise InputError("window", window, f"the held-out text has {length} tokens, less than one window")
        kept = min(count, room)
        return np.arange(kept) * room // kept * (window + 1)

    def count_unique(self, tokens: int, window: int) -> int:
        """At most one epoch."""
        return int(min(tokens, self._count_windows(window) * window))

    def _draw(self, length: int, seed: int) -> np.ndarray:
        """Training text from a random place on; refused beyond its end."""
        tokens = self.load_split()[0]
        if length > len(tokens):
            raise RefusedError(
                "draw: length", length, f"the corpus has {len(tokens)} training tokens", "draw less, or give more text"
            )
        begin = int(open_stream(seed, "data", "draw").integers(len(tokens) - length + 1))
        return tokens[begin : begin + length].astype(np.int64)

    def _count_windows(self, window: int) -> int:
        """Windows of an epoch; raises `InputError` where the training text has not one to cut at any offset."""
        length = len(self.load_split()[0])
        if (windows := (length - 1) // window - 1) < 1:
            rule = f"the training text has {length} tokens ({round(length * self.bytes_per_token)} bytes)"
            raise InputError("window", window, f"{rule}, and must have more than twice the window", "give it more")
        return windows


@lru_cache(maxsize=4)
def _order_epoch(windows: int, window: int, seed: int, epoch: int) -> tuple[np.ndarray, int]:
    rng = open_stream(seed, "data", "order", epoch)
    return rng.permutation(windows), int(rng.integers(window))
