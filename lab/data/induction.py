"""Induction: random segments that come again after a pause of random length, to be copied by looking them up.

A segment of symbols drawn afresh, a pause of ':', the same segment again, a pause of '.', the next segment. Pauses are
geometric, so no fixed offset finds the original: a net has to match what it just read with where it stood before and
yield what followed there (induction heads: Elhage et al. 2021; Olsson et al. 2022, arXiv 2209.11895). Only symbols of a
copy weigh whose original stands in the window, from the second on: the first is told by the end of the pause alone.
There the true loss is 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from lab.core.errors import InputError
from lab.core.fingerprint import hash_literal
from lab.core.seeds import open_stream
from lab.data.chains import Process


@dataclass(frozen=True)
class Induction(Process):
    """`symbols`: of the segments; `segment`: their length; `pause`: mean length of a pause, more than 1.

    Tokens: symbols from 0 on, then ':' (a copy follows), then '.' (a new segment follows).
    """

    symbols: int = 32
    segment: int = 8
    pause: float = 2.0
    known = (
        "The law and h = (segment · log symbols + 2 H(pause)) / (2 segment + 2 pause); E and C_μ are not worked out."
    )

    def __post_init__(self) -> None:
        rules = (
            ("symbols", 2 <= self.symbols <= 4096, "lies in 2 … 4096"),
            ("segment", 2 <= self.segment <= 1024, "lies in 2 … 1024"),
            ("pause", 1 < self.pause <= 1024, "lies above 1 and at most at 1024"),
        )
        for name, holds, rule in rules:
            if not holds:
                raise InputError(f"induction.{name}", getattr(self, name), rule)

    @property
    def vocabulary(self) -> int:
        """Symbols and two kinds of pause."""
        return self.symbols + 2

    @property
    def entropy_rate(self) -> float:  # type: ignore[override]
        """Nats per token, exact: a pause of mean m has entropy m H(1/m), each of its tokens a coin of odds 1/m."""
        end = 1 / self.pause
        pauses = 2 * self.pause * (-end * math.log(end) - (1 - end) * math.log1p(-end))
        return (self.segment * math.log(self.symbols) + pauses) / (2 * self.segment + 2 * self.pause)

    def content_hash(self) -> str:
        """SHA-256 of the dials and the version: they determine every symbol."""
        return hash_literal(["induction", self.version, self.symbols, self.segment, self.pause])

    def open_windows(self, seed: int, block: int) -> np.random.Generator:
        """A stream of this source's own."""
        return open_stream(seed, "induction", "windows", block)

    def draw_windows(self, rng: np.random.Generator, count: int, window: int) -> np.ndarray:
        """Independent stationary windows: the first token by the share of its kind, what follows by the rule."""
        return np.stack([self._spell(rng, window + 1) for _ in range(count)])

    def _draw(self, length: int, seed: int) -> np.ndarray:
        return self._spell(open_stream(seed, "induction", "draw"), length)

    def _spell(self, rng: np.random.Generator, length: int) -> np.ndarray:
        """A pair begins within its stationary law: in a run at a uniform place, or in a pause, which has no memory."""
        pairs = length // (2 * self.segment + 2) + 2
        runs = rng.integers(self.symbols, size=(pairs, self.segment))
        pauses = rng.geometric(1 / self.pause, size=(pairs, 2))
        pieces: list[np.ndarray] = []
        for run, (colons, stops) in zip(runs, pauses, strict=True):
            pieces += [run, np.full(colons, self.symbols), run, np.full(stops, self.symbols + 1)]
        kind = int(rng.random() * (self.segment + self.pause) >= self.segment) + 2 * int(rng.integers(2))
        if kind % 2 == 0:
            pieces[kind] = pieces[kind][rng.integers(self.segment) :]
        return np.concatenate(pieces[kind:])[:length]

    def target_weights(self, windows_WT: np.ndarray) -> np.ndarray:
        """1 where a symbol is copied that stands in the window and is not the first, else 0: float32, (W, T − 1)."""
        places, origins, _ = self._trace(windows_WT)
        weights: np.ndarray = ((origins >= 0) & (places > 0))[:, 1:].astype(np.float32)
        return weights

    def true_loss(self, windows_WT: np.ndarray) -> np.ndarray:
        """Exact; a run that the window begins within ends with the odds of a uniform place."""
        places_WT, origins_WT, copies_WT = self._trace(windows_WT)
        before, now, place = windows_WT[:, :-1], windows_WT[:, 1:], places_WT[:, :-1]
        original = np.take_along_axis(windows_WT, np.maximum(origins_WT[:, 1:], 0), axis=1)
        symbol = np.where(origins_WT[:, 1:] >= 0, now == original, 1 / self.symbols)
        seen = np.arange(1, windows_WT.shape[1])
        leave = np.where(place < 0, 1 / np.maximum(self.segment - seen + 1, 1), place >= self.segment - 1)
        pause = np.where(place < 0, 0.5, now == self.symbols + copies_WT[:, :-1])
        after_symbol = np.where(now < self.symbols, (1 - leave) * symbol, leave * pause)
        after_pause = np.where(now < self.symbols, symbol / self.pause, (now == before) * (1 - 1 / self.pause))
        with np.errstate(divide="ignore"):
            loss: np.ndarray = -np.log(np.where(before < self.symbols, after_symbol, after_pause))
        return loss

    def _trace(self, windows_WT: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of every token: its place in its run, where in the window its original stands, whether it is of a copy.

        Each has shape (W, T). The place is −1 in a pause and in the run that the window begins within; the origin is
        −1 where there is none or it lies before the window.
        """
        windows, length = windows_WT.shape
        places, origins = np.full((windows, length), -1), np.full((windows, length), -1)
        copies = np.zeros((windows, length), dtype=bool)
        head = np.ones(windows, dtype=bool)  # still in the run that the window begins within
        begins = np.full(windows, -self.segment)  # of the last original; negative where it began before the window
        place, copy = np.full(windows, -1), np.zeros(windows, dtype=bool)
        for t in range(length):
            token = windows_WT[:, t]
            symbol = token < self.symbols
            begins = np.where(head & (token == self.symbols), t - self.segment, begins)
            head &= symbol
            copy = np.where(symbol, copy, token == self.symbols)
            place = np.where(symbol & ~head, place + 1, -1)
            begins = np.where((place == 0) & ~copy, t, begins)
            places[:, t], copies[:, t] = place, copy
            origin = begins + place
            origins[:, t] = np.where(copy & (place >= 0) & (origin < t), np.maximum(origin, -1), -1)
        return places, origins, copies


source = Induction
