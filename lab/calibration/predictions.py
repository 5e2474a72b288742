"""Predictions and what happened: the one thing every measure of calibration is computed from.

Shape suffixes: N predictions, K classes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lab.core.errors import InputError

SUM_TOLERANCE = 1e-3  # of a row of probabilities, which are stored in single precision or less


@dataclass(frozen=True, eq=False)
class Predictions:
    """N confidences with their outcomes; make one with `of_confidences` or `of_probabilities`.

    `confidence_N`: probability said of the event, in [0, 1]; `outcome_N`: 1 if it happened, else 0; `weight_N` > 0,
    where a weight of two is the same row twice; `group_N`: the document or other cluster that the row belongs to, one
    per row by default. With `probabilities_NK` and `label_N` the event is 'the class of highest probability is right'
    (the first of tied classes).
    """

    confidence_N: NDArray[np.float64]
    outcome_N: NDArray[np.float64]
    weight_N: NDArray[np.float64]
    group_N: NDArray[np.int64]
    probabilities_NK: NDArray[np.float64] | None = None
    label_N: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.confidence_N)

    @property
    def is_grouped(self) -> bool:
        """Whether any two rows belong together."""
        return len(np.unique(self.group_N)) < len(self)

    @property
    def is_weighted(self) -> bool:
        """Whether any two rows weigh differently."""
        return bool(np.any(self.weight_N != self.weight_N[0]))

    @cached_property
    def unit(self) -> float:
        """What one prediction weighs: 1 where weights are whole, for they are counts; the weight that all rows share;
        NaN where rows weigh what is no count.
        """
        if np.all(self.weight_N == np.floor(self.weight_N)):
            return 1.0
        return math.nan if self.is_weighted else float(self.weight_N[0])

    @property
    def is_counted(self) -> bool:
        """Whether the weights say how many predictions a row stands for."""
        return not math.isnan(self.unit)

    @property
    def is_plain(self) -> bool:
        """Whether predictions are alike: none belong together, none weighs more."""
        return self.is_counted and not self.is_grouped

    @property
    def units(self) -> int:
        """How many independent pieces there are: groups; else predictions; else rows."""
        if self.is_plain:
            return round(float(self.weight_N.sum()) / self.unit)
        return len(np.unique(self.group_N))

    @classmethod
    def of_confidences(
        cls,
        confidence: ArrayLike,
        outcome: ArrayLike,
        weight: ArrayLike | None = None,
        group: ArrayLike | None = None,
    ) -> Predictions:
        """Of N confidences and N outcomes 0/1 (or False/True).

        Raises `InputError` on nothing at all, NaN, values outside [0, 1], outcomes other than 0 and 1, weights that are
        not positive and finite, and unequal lengths.
        """
        confidence_N = _read_numbers("confidences", confidence, 1)
        _require_unit_range("confidences", confidence_N)
        n = len(confidence_N)
        outcome_N = _read_numbers("outcomes", outcome, 1)
        _require_length("outcomes", outcome_N, n)
        wrong = outcome_N[(outcome_N != 0) & (outcome_N != 1)]
        if len(wrong):
            raise InputError("outcomes", float(wrong[0]), "every outcome is 0 or 1", "say whether each event happened")
        return cls(confidence_N, outcome_N, _read_weights(weight, n), _read_groups(group, n))

    @classmethod
    def of_probabilities(
        cls,
        probabilities: ArrayLike,
        label: ArrayLike,
        weight: ArrayLike | None = None,
        group: ArrayLike | None = None,
    ) -> Predictions:
        """Of N rows of K probabilities and N labels 0 … K − 1; rows are divided by their sum.

        Raises `InputError` as `of_confidences` does, on rows whose sum is further than 1e-3 from one, and on labels
        that are no class.
        """
        raw_NK = _read_numbers("probabilities", probabilities, 2)
        _require_unit_range("probabilities", raw_NK)
        n, classes = raw_NK.shape
        sums_N = raw_NK.sum(axis=1)
        off_N = np.abs(sums_N - 1)
        if off_N.max() > SUM_TOLERANCE:
            row = int(off_N.argmax())
            raise InputError(
                "probabilities",
                f"row {row} with sum {sums_N[row]:.6g}",
                f"every row sums to one within {SUM_TOLERANCE}",
                "pass all classes, after the softmax",
            )
        label_N = _read_labels(label, n, classes)
        probabilities_NK = raw_NK / sums_N[:, None]
        outcome_N = (probabilities_NK.argmax(axis=1) == label_N).astype(np.float64)
        weight_N, group_N = _read_weights(weight, n), _read_groups(group, n)
        return cls(probabilities_NK.max(axis=1), outcome_N, weight_N, group_N, probabilities_NK, label_N)

    def subset(self, index: ArrayLike) -> Predictions:
        """The rows of a mask or of indices, which may repeat; raises `InputError` where none is left."""
        rows = np.asarray(index)
        kept = np.arange(len(self))[rows] if rows.size else np.zeros(0, dtype=np.int64)
        if not len(kept):
            raise InputError("subset of predictions", "no row", "at least one prediction", "choose a wider subset")
        return Predictions(
            self.confidence_N[kept],
            self.outcome_N[kept],
            self.weight_N[kept],
            self.group_N[kept],
            None if self.probabilities_NK is None else self.probabilities_NK[kept],
            None if self.label_N is None else self.label_N[kept],
        )


def _read_numbers(subject: str, values: ArrayLike, dimensions: int) -> NDArray[np.float64]:
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(subject, str(error), "numbers only", "drop or encode what is not a number") from error
    if array.ndim != dimensions:
        shape = "one number per row" if dimensions == 1 else "a row of classes per prediction"
        raise InputError(subject, f"an array of shape {array.shape}", shape, "reshape it")
    if not array.size:
        raise InputError(subject, "nothing", "at least one prediction", "check the file or the selection")
    if np.isnan(array).any():
        row = int(np.isnan(array.reshape(len(array), -1)).any(axis=1).argmax())
        raise InputError(subject, f"NaN in row {row}", "no value is missing", "drop such rows, and say so")
    return array


def _require_unit_range(subject: str, array: NDArray[Any]) -> None:
    outside = array[(array < 0) | (array > 1)]
    if len(outside):
        raise InputError(subject, float(outside[0]), "every value lies in [0, 1]", "turn logits into probabilities")


def _require_length(subject: str, array: NDArray[Any], n: int) -> None:
    if array.shape != (n,):
        raise InputError(subject, f"shape {array.shape}", f"one value for each of the {n} predictions", "align them")


def _read_weights(weight: ArrayLike | None, n: int) -> NDArray[np.float64]:
    if weight is None:
        return np.ones(n)
    weight_N = _read_numbers("weights", weight, 1)
    _require_length("weights", weight_N, n)
    wrong = weight_N[~((weight_N > 0) & np.isfinite(weight_N))]
    if len(wrong):
        raise InputError("weights", float(wrong[0]), "every weight is positive and finite", "drop rows without weight")
    return weight_N


def _read_groups(group: ArrayLike | None, n: int) -> NDArray[np.int64]:
    if group is None:
        return np.arange(n, dtype=np.int64)
    array = np.asarray(group)
    _require_length("groups", array, n)
    if np.issubdtype(array.dtype, np.integer):
        return array.astype(np.int64)
    return np.unique(array, return_inverse=True)[1].astype(np.int64)


def _read_labels(label: ArrayLike, n: int, classes: int) -> NDArray[np.int64]:
    numbers_N = _read_numbers("labels", label, 1)
    _require_length("labels", numbers_N, n)
    wrong = numbers_N[(numbers_N != np.floor(numbers_N)) | (numbers_N < 0) | (numbers_N >= classes)]
    if len(wrong):
        rule = f"every label is a class, 0 to {classes - 1}"
        raise InputError("labels", float(wrong[0]), rule, "number the classes as the columns of the probabilities")
    return numbers_N.astype(np.int64)
