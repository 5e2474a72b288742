"""Induction: random segments that come again after a pause of random length, to be copied by looking them up.

A segment of symbols drawn afresh, a pause of ':', the same segment again, a pause of '.', the next segment. The length
of a pause is uniform, so no fixed offset finds the original: a net has to match what it just read with where it stood
before and yield what followed there (induction heads: Elhage et al. 2021; Olsson et al. 2022, arXiv 2209.11895). Only
symbols of a copy weigh whose original stands in the window, from the second on: the first is told by the end of the
pause alone. There the true loss is 0.
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
    """`symbols`: of the segments; `segment`: their length; `pause`: the longest pause.

    Tokens: symbols from 0 on, then ':' (a copy follows), then '.' (a new segment follows).
    """

    symbols: int = 32
    segment: int = 8
    pause: int = 3
    known = (
        "The law and h = (segment · log symbols + 2 log pause) / (2 segment + pause + 1); E and C_μ are not worked out."
    )

    def __post_init__(self) -> None:
        rules = (
            ("symbols", 2 <= self.symbols <= 4096, "lies in 2 … 4096"),
            ("segment", 2 <= self.segment <= 1024, "lies in 2 … 1024"),
            ("pause", 1 <= self.pause <= 1024, "lies in 1 … 1024"),
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
        """Nats per token, exact: a segment and the lengths of two pauses, over what they take."""
        drawn = self.segment * math.log(self.symbols) + 2 * math.log(self.pause)
        return drawn / (2 * self.segment + self.pause + 1)

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
        """From a random token of the stream on: the rest of a run is uniform, r of a pause have odds P(length ≥ r)."""
        pairs = length // (2 * self.segment + 2) + 2
        runs = rng.integers(self.symbols, size=(pairs, self.segment))
        pauses = rng.integers(1, self.pause + 1, size=(pairs, 2))
        pieces: list[np.ndarray] = []
        for run, (colons, stops) in zip(runs, pauses, strict=True):
            pieces += [run, np.full(colons, self.symbols), run, np.full(stops, self.symbols + 1)]
        in_pause = rng.random() * (self.segment + (self.pause + 1) / 2) >= self.segment
        kind = int(in_pause) + 2 * int(rng.integers(2))
        if in_pause:
            odds = np.arange(self.pause, 0, -1) / (self.pause * (self.pause + 1) / 2)
            pieces[kind] = np.full(1 + rng.choice(self.pause, p=odds), self.symbols + kind // 2)
        else:
            pieces[kind] = pieces[kind][rng.integers(self.segment) :]
        return np.concatenate(pieces[kind:])[:length]

    def target_weights(self, windows_WT: np.ndarray) -> np.ndarray:
        """1 where a symbol is copied that stands in the window and is not the first, else 0: float32, (W, T − 1).

        Raises `InputError` for windows so short that one may hold no such symbol.
        """
        if windows_WT.shape[1] < (least := 3 * self.pause + 2 * self.segment + 2):
            raise InputError("window", windows_WT.shape[1] - 1, f"induction needs at least {least - 1} tokens")
        places, origins, _ = self._trace(windows_WT)
        weights: np.ndarray = ((origins >= 0) & (places > 0))[:, 1:].astype(np.float32)
        return weights

    def true_loss(self, windows_WT: np.ndarray) -> np.ndarray:
        """Exact; a run or a pause that the window begins within ends with the odds its share of the stream gives."""
        places_WT, origins_WT, copies_WT = self._trace(windows_WT)
        before, now, place = windows_WT[:, :-1], windows_WT[:, 1:], places_WT[:, :-1]
        original = np.take_along_axis(windows_WT, np.maximum(origins_WT[:, 1:], 0), axis=1)
        symbol = np.where(origins_WT[:, 1:] >= 0, now == original, 1 / self.symbols)
        seen = np.arange(1, windows_WT.shape[1])
        leave = np.where(place < 0, 1 / np.maximum(self.segment - seen + 1, 1), place >= self.segment - 1)
        pause = np.where(place < 0, 0.5, now == self.symbols + copies_WT[:, :-1])
        after_symbol = np.where(now < self.symbols, (1 - leave) * symbol, leave * pause)
        waited = _count_repeats(windows_WT)[:, :-1]
        left = np.maximum(self.pause - waited + 1, 1)  # lengths that a pause of so many tokens can still have
        end = np.where(waited == seen, 2 / (left + 1), 1 / left)
        after_pause = np.where(now < self.symbols, end * symbol, (1 - end) * (now == before))
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


def _count_repeats(windows_WT: np.ndarray) -> np.ndarray:
    """How many tokens on end, up to and with this one, are the same, (W, T)."""
    place = np.arange(windows_WT.shape[1])
    changes = np.diff(windows_WT, axis=1, prepend=-1) != 0
    repeats: np.ndarray = place + 1 - np.maximum.accumulate(np.where(changes, place, 0), axis=1)
    return repeats
