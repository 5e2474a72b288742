"""Calibration of a language model, token by token: of the likeliest token, of every token, and of the entropy.

Predictions of V tokens at a hundred thousand places are billions of pairs (token, probability); they are streamed into
cells and never kept. Tokens of one document are not independent, so every sum is kept by document. Everything can be
split into strata: by position in the window, or by how often the token that came was seen in training.

Shape suffixes: N places, V tokens of the vocabulary, D documents, S strata, C cells.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lab.core.errors import InputError
from lab.core.estimate import Estimate
from lab.core.seeds import open_stream

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

TOP_CELLS = 50  # equal widths, as of the accumulator of every run
PAIR_CELLS = 60  # equal widths of ln p: most of a vocabulary is improbable
FEWEST_DOCUMENTS = 8  # for an interval over them
LEAST_LOG = -20.0  # below, a probability falls into the first cell


class Sums(NamedTuple):
    """Of cells: how many, the sum of the probabilities, how many happened."""

    places: Floats
    said: Floats
    happened: Floats


@dataclass
class TokenAccumulator:
    """Sums over `documents` and `strata`; accumulators of parts add up to that of the whole (`merge`)."""

    documents: int
    strata: int = 1
    top: Sums = field(init=False)  # each (D, S, 50): of the likeliest token
    pairs: Sums = field(init=False)  # each (D, S, 60): of every token
    places_DS: Floats = field(init=False)
    entropy_DS: Floats = field(init=False)  # Σ H(p), nats
    surprise_DS: Floats = field(init=False)  # Σ −ln p of what came, nats

    def __post_init__(self) -> None:
        shape = (self.documents, self.strata)
        self.top = Sums(*(np.zeros((*shape, TOP_CELLS)) for _ in Sums._fields))
        self.pairs = Sums(*(np.zeros((*shape, PAIR_CELLS)) for _ in Sums._fields))
        self.places_DS, self.entropy_DS, self.surprise_DS = (np.zeros(shape) for _ in range(3))

    def update(
        self, log_probabilities_NV: Floats, came_N: Indices, document_N: Indices, stratum_N: Indices | None = None
    ) -> None:
        """Adds N places: natural logs of the probabilities, the token that came, its document and its stratum.

        Raises `InputError` for rows that do not sum to 1 within 1e-3, and for an index outside its range.
        """
        log_NV = np.asarray(log_probabilities_NV, dtype=np.float64)
        probability_NV = np.exp(log_NV)
        stratum = np.zeros(len(came_N), dtype=np.int64) if stratum_N is None else np.asarray(stratum_N)
        _require_distribution(probability_NV)
        limits = (log_NV.shape[1], self.documents, self.strata)
        for name, index, size in zip(
            ("token", "document", "stratum"), (came_N, document_N, stratum), limits, strict=True
        ):
            _require_index(name, np.asarray(index), size, len(log_NV))
        place_N = np.asarray(document_N) * self.strata + stratum
        rows = np.arange(len(log_NV))
        likeliest_N = log_NV.argmax(axis=1)
        top_N = probability_NV[rows, likeliest_N]
        _add(self.top, place_N, find_top_cells(top_N), top_N, likeliest_N == came_N)
        came_NV = np.zeros(log_NV.shape, dtype=bool)
        came_NV[rows, came_N] = True
        everywhere_N = np.repeat(place_N, log_NV.shape[1])
        _add(self.pairs, everywhere_N, find_pair_cells(log_NV.ravel()), probability_NV.ravel(), came_NV.ravel())
        # A probability of 0 adds no entropy, and 0 · (−∞) would be NaN.
        entropy_N = -np.einsum("nv,nv->n", probability_NV, np.where(probability_NV > 0, log_NV, 0.0))
        for total_DS, value_N in (
            (self.places_DS, np.ones(len(rows))),
            (self.entropy_DS, entropy_N),
            (self.surprise_DS, -log_NV[rows, came_N]),
        ):
            total_DS += np.bincount(place_N, value_N, total_DS.size).reshape(total_DS.shape)

    def merge(self, other: TokenAccumulator) -> None:
        """Adds the sums of other places of the same documents and strata; raises `InputError` where they are others."""
        if self.places_DS.shape != other.places_DS.shape:
            raise InputError("accumulator", other.places_DS.shape, f"documents and strata are {self.places_DS.shape}")
        for ours, theirs in ((self.top, other.top), (self.pairs, other.pairs)):
            for total, more in zip(ours, theirs, strict=True):
                total += more
        self.places_DS += other.places_DS
        self.entropy_DS += other.entropy_DS
        self.surprise_DS += other.surprise_DS


def find_top_cells(probability: Floats) -> Indices:
    """[0, 1] in 50 equal widths; exactly 1 belongs to the last."""
    return np.asarray(np.minimum((probability * TOP_CELLS).astype(np.int64), TOP_CELLS - 1))


def find_pair_cells(log_probability: Floats) -> Indices:
    """ln p from −20 to 0 in 60 equal widths; less than e⁻²⁰ belongs to the first, exactly 1 to the last."""
    depth = 1 - np.maximum(log_probability, LEAST_LOG) / LEAST_LOG
    return np.asarray(np.clip((depth * PAIR_CELLS).astype(np.int64), 0, PAIR_CELLS - 1))


def _add(sums: Sums, place: Indices, cell: Indices, said: Floats, happened: NDArray[np.bool_]) -> None:
    size, cells = sums.places.size, sums.places.shape[-1]
    flat = place * cells + cell
    for total, weight in zip(sums, (None, said, happened), strict=True):
        total += np.bincount(flat, weight, size).reshape(total.shape)


def _require_distribution(probability_NV: Floats) -> None:
    off_N = np.abs(probability_NV.sum(axis=1) - 1)
    if not (off_N <= 1e-3).all():
        row = int(np.argmax(~(off_N <= 1e-3)))
        rule = "the probabilities of every place sum to one within 1e-3"
        raise InputError("log probabilities", f"row {row}", rule, "pass the natural log of the softmax")


def _require_index(name: str, index: Indices, size: int, rows: int) -> None:
    if index.shape != (rows,) or (len(index) and not (index.min() >= 0 and index.max() < size)):
        raise InputError(f"{name}s", f"shape {index.shape}", f"one per place, from 0 to {size - 1}", "number them so")


def cut_positions(position_N: Indices) -> Indices:
    """The stratum of a place in its window, from 0: ⌊log₂(position + 1)⌋, so 0, 1–2, 3–6, 7–14 …"""
    return np.frexp(np.asarray(position_N, dtype=np.float64) + 1)[1].astype(np.int64) - 1


def cut_frequencies(seen_N: Indices) -> Indices:
    """The stratum of a token by how often training saw it: 0 never, 1 for 1–9, 2 for 10–99, 3 for 100–999 …"""
    seen = np.maximum(np.asarray(seen_N, dtype=np.float64), 0.1)
    return np.asarray(np.floor(np.log10(seen) + 1e-12).astype(np.int64) + 1)


def measure_top_error(accumulator: TokenAccumulator, weight_RD: Floats, stratum: int | None = None) -> Floats:
    """Σ_cells |Σ p − right| over places: ECE of the likeliest token (Naeini et al. 2015), of each replicate."""
    return _measure_gaps(accumulator, accumulator.top, weight_RD, stratum)


def measure_full_error(accumulator: TokenAccumulator, weight_RD: Floats, stratum: int | None = None) -> Floats:
    """Σ_cells |Σ p − happened| over places, of all V tokens of every place, in cells of ln p (Liu et al. 2024).

    In [0, 2]: the mass said of tokens of some probability less how often these came. Over V it would be per pair.
    """
    return _measure_gaps(accumulator, accumulator.pairs, weight_RD, stratum)


def measure_entropy_gap(accumulator: TokenAccumulator, weight_RD: Floats, stratum: int | None = None) -> Floats:
    """Mean H(p) − cross-entropy, nats/token (Braverman et al. 2020): 0 if calibrated, negative if too sure."""
    difference_D = _pick(accumulator.entropy_DS - accumulator.surprise_DS, stratum)
    return np.asarray(weight_RD @ difference_D / (weight_RD @ _pick(accumulator.places_DS, stratum)))


def estimate_language(
    accumulator: TokenAccumulator, stratum: int | None = None, replicates: int = 400, level: float = 0.95, seed: int = 0
) -> tuple[Estimate, ...]:
    """`token_ece`, `full_ece` and `entropy_gap`, of one stratum or of all; n is the number of documents.

    Bias-corrected values with basic bootstrap intervals over documents that hold any place; none below eight documents.
    Errors of cells are not below 0, and their ends are cut there.
    """
    measures = {
        "token_ece": (measure_top_error, ""),
        "full_ece": (measure_full_error, ""),
        "entropy_gap": (measure_entropy_gap, "nats/token"),
    }
    held_D = _pick(accumulator.places_DS, stratum) > 0
    n = int(held_D.sum())
    if n == 0:
        return tuple(Estimate(name, float("nan"), unit=unit, method="no place") for name, (_, unit) in measures.items())
    once_D = held_D.astype(np.float64)
    drawn_RD = open_stream(seed, "language", "documents").multinomial(n, once_D / n, size=replicates)
    found = []
    for name, (measure, unit) in measures.items():
        value = float(measure(accumulator, once_D[None], stratum)[0])
        if n < FEWEST_DOCUMENTS or not np.isfinite(value):
            why = f"{n} documents, fewer than {FEWEST_DOCUMENTS}" if np.isfinite(value) else "a probability of 0 came"
            found.append(Estimate(name, value, level=level, unit=unit, method=why, n=n))
            continue
        drawn_R = measure(accumulator, drawn_RD.astype(np.float64), stratum)
        tails = np.quantile(drawn_R, [(1 + level) / 2, (1 - level) / 2])
        ends = [2 * value - float(np.mean(drawn_R)), *(2 * value - tails)]
        center, low, high = ends if measure is measure_entropy_gap else np.maximum(ends, 0.0)
        method = f"basic bootstrap over {n} documents, bias taken off"
        found.append(Estimate(name, float(center), float(low), float(high), level, unit, method, n))
    return tuple(found)


def draw_calibrated(
    accumulator: TokenAccumulator, stratum: int | None = None, replicates: int = 400, seed: int = 0
) -> dict[str, Floats]:
    """`token_ece` and `full_ece` as a calibrated model of the same probabilities would score them, (replicates,).

    Each cell's gap is normal with the variance n p̄ (1 − p̄) of as many independent events; not of zero mean by chance,
    so that the error of a perfect model is not 0: the null beside the measured value, before its correction.
    """
    rng, nulls = open_stream(seed, "language", "calibrated"), {}
    for name, sums in (("token_ece", accumulator.top), ("full_ece", accumulator.pairs)):
        said_C, places_C = (_pick(part, stratum).sum(axis=0) for part in (sums.said, sums.places))
        spread_C = np.sqrt(np.maximum(said_C * (1 - said_C / np.maximum(places_C, 1)), 0))
        gap_RC = np.abs(rng.standard_normal((replicates, len(spread_C))) * spread_C)
        nulls[name] = np.asarray(gap_RC.sum(axis=1) / _pick(accumulator.places_DS, stratum).sum())
    return nulls


def _measure_gaps(accumulator: TokenAccumulator, sums: Sums, weight_RD: Floats, stratum: int | None) -> Floats:
    gap_DC = _pick(sums.said - sums.happened, stratum)
    return np.asarray(np.abs(weight_RD @ gap_DC).sum(axis=1) / (weight_RD @ _pick(accumulator.places_DS, stratum)))


def _pick(sums_DS: Floats, stratum: int | None) -> Floats:
    """The sums of one stratum, or of all together."""
    return np.asarray(sums_DS.sum(axis=1) if stratum is None else sums_DS[:, stratum])
