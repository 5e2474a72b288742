"""Conformal sets of classes: sets that hold the truth at a stated rate, whatever the model, if rows are exchangeable.

A score says how ill a class fits a row; a set is every class whose score is at most the k-th smallest score of the true
classes of n held-out rows, k = ⌈(n + 1)(1 − α)⌉ (Vovk et al. 2005; Papadopoulos et al. 2002, split conformal). The
coverage over rows to come is then at least 1 − α on average; of one calibration set it is beta distributed
(Vovk 2012), and realised on m rows beta-binomial.

Shape suffixes: N predictions, K classes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from lab.calibration.predictions import Predictions
from lab.calibration.recalibrator import require_probabilities
from lab.core.errors import InputError, RefusedError
from lab.core.estimate import Estimate
from lab.core.seeds import open_stream

Method = Literal["thr", "aps", "raps"]
Floats = NDArray[np.float64]

PENALTY, FREE_RANKS = 0.01, 5  # λ and k_reg of RAPS, as its authors use for many classes


def score_thr(probabilities_NK: Floats, chance_N: Floats) -> Floats:
    """1 − p of each class: the smallest sets on average (Sadinle, Lei and Wasserman 2019)."""
    return 1 - probabilities_NK


def score_aps(probabilities_NK: Floats, chance_N: Floats) -> Floats:
    """The probability of all likelier classes and a random part of its own (Romano, Sesia and Candès 2020).

    Without that part the sets are too large; with it a set may be empty. Tied classes rank in the order of columns.
    """
    order_NK = np.argsort(-probabilities_NK, axis=1, kind="stable")
    sorted_NK = np.take_along_axis(probabilities_NK, order_NK, axis=1)
    reached_NK = np.cumsum(sorted_NK, axis=1) - sorted_NK * chance_N[:, None]
    scores_NK = np.empty_like(reached_NK)
    np.put_along_axis(scores_NK, order_NK, reached_NK, axis=1)
    return scores_NK


def score_raps(probabilities_NK: Floats, chance_N: Floats) -> Floats:
    """APS with 0.01 more for every rank beyond the fifth, against long tails (Angelopoulos et al. 2021)."""
    ranks_NK = np.argsort(np.argsort(-probabilities_NK, axis=1, kind="stable"), axis=1) + 1
    return score_aps(probabilities_NK, chance_N) + PENALTY * np.maximum(0, ranks_NK - FREE_RANKS)


SCORES: dict[Method, Callable[[Floats, Floats], Floats]] = {"thr": score_thr, "aps": score_aps, "raps": score_raps}


@dataclass(frozen=True)
class Law:
    """What coverage a threshold from n rows has: Beta(k, n + 1 − k) over calibration sets, k = ⌈(n + 1)(1 − α)⌉."""

    n: int
    k: int

    @property
    def mean(self) -> float:
        """k / (n + 1): at least 1 − α, and at most 1/(n + 1) more where no scores are tied."""
        return self.k / (self.n + 1)

    def bound(self, rows: int, level: float = 0.95) -> tuple[float, float]:
        """The equal-tailed range of the coverage realised on `rows` other rows."""
        held = np.arange(rows + 1)
        upto = np.cumsum(stats.betabinom(rows, self.k, self.n + 1 - self.k).pmf(held))
        low, high = np.searchsorted(upto, [(1 - level) / 2, (1 + level) / 2])
        return float(low) / rows, min(1.0, float(high) / rows)


@dataclass(frozen=True, eq=False)
class Conformal:
    """Sets of held-out rows: `size_N` classes each, `held_N` 1 where the truth is among them, at the `threshold`.

    `law` is of the coverage that these rows were expected to show; `predictions` are those rows.
    """

    method: Method
    alpha: float
    threshold: float
    law: Law
    predictions: Predictions
    size_N: NDArray[np.int64]
    held_N: Floats

    def estimate_coverage(self, level: float = 0.95) -> Estimate:
        """The share of rows whose set holds the truth, with the exact binomial interval (Clopper and Pearson 1934)."""
        n = len(self.held_N)
        ends = stats.binomtest(int(self.held_N.sum()), n).proportion_ci(level, method="exact")
        value = float(self.held_N.mean())
        return Estimate("coverage", value, float(ends.low), float(ends.high), level, "", f"Clopper-Pearson, n = {n}", n)

    def estimate_size(self, level: float = 0.95) -> Estimate:
        """The mean number of classes in a set, with Student's interval over rows."""
        n, mean = len(self.size_N), float(self.size_N.mean())
        if n < 2:
            return Estimate("set_size", mean, level=level, unit="classes", method="a single row", n=n)
        half = float(stats.t.ppf(0.5 + level / 2, n - 1) * self.size_N.std(ddof=1) / math.sqrt(n))
        return Estimate("set_size", mean, mean - half, mean + half, level, "classes", f"t({n - 1}) over rows", n)


def find_threshold(scores_N: Floats, alpha: float) -> tuple[float, Law]:
    """The k-th smallest of the scores of true classes, k = ⌈(n + 1)(1 − α)⌉, and the law of its coverage.

    Raises `InputError` for α outside (0, 1) and `RefusedError` with fewer than 1/α − 1 scores: every class would be in
    every set.
    """
    if not 0 < alpha < 1:
        raise InputError(
            "alpha", alpha, "the share of sets that may miss the truth, between 0 and 1", "for example 0.1"
        )
    n = len(scores_N)
    k = math.ceil((n + 1) * (1 - alpha) - 1e-9)  # (n + 1)(1 − α) may be whole and stored a little above
    if k > n:
        rule = f"coverage of {1 - alpha:.4g} needs at least {math.ceil(1 / alpha - 1 - 1e-9)} held-out rows"
        raise RefusedError("conformal sets", f"{n} rows", rule, "give more rows or allow more misses")
    return float(np.partition(scores_N, k - 1)[k - 1]), Law(n, k)


def split_conformal(
    predictions: Predictions, alpha: float = 0.1, method: Method = "thr", share: float = 0.5, seed: int = 0
) -> Conformal:
    """The threshold from a random `share` of the rows, the sets of the others.

    Raises `InputError` without probabilities or with a share that leaves a part empty, and `RefusedError` where rows
    are not exchangeable as far as is known: weighted, or of groups.
    """
    require_probabilities("conformal sets", predictions)
    if predictions.is_weighted or predictions.is_grouped:
        what = "weights" if predictions.is_weighted else "groups"
        rule = "the guarantee is for rows that could come in any order"
        raise RefusedError("conformal sets", what, rule, "keep one row of each group, and no weights")
    fitted = round(share * len(predictions))
    if not 0 < fitted < len(predictions):
        raise InputError("share", share, f"leaves rows on both sides of {len(predictions)}", "for example 0.5")
    rng = open_stream(seed, "conformal", "split")
    order = rng.permutation(len(predictions))
    scores_NK = score_classes(predictions, method, seed)
    assert predictions.label_N is not None
    true_N = scores_NK[np.arange(len(predictions)), predictions.label_N]
    threshold, law = find_threshold(true_N[order[:fitted]], alpha)
    rest = np.sort(order[fitted:])
    inside_NK = scores_NK[rest] <= threshold
    held_N = (true_N[rest] <= threshold).astype(np.float64)
    return Conformal(method, alpha, threshold, law, predictions.subset(rest), inside_NK.sum(axis=1), held_N)


def score_classes(predictions: Predictions, method: Method, seed: int = 0) -> Floats:
    """The score of every class of every row, (N, K); chance, where the method needs any, is one number per row."""
    require_probabilities("conformal sets", predictions)
    assert predictions.probabilities_NK is not None
    chance_N = open_stream(seed, "conformal", "chance").random(len(predictions))
    return SCORES[method](predictions.probabilities_NK, chance_N)
