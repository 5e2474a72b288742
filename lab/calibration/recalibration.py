"""Recalibration that is never reported on the data it was fitted on: by folds of whole groups, or by a set apart.

Shape suffix: N predictions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lab.calibration.predictions import Predictions
from lab.calibration.recalibrator import Map, Recalibrator
from lab.core.errors import InputError, RefusedError
from lab.core.seeds import open_stream

FOLDS = 5


@dataclass(frozen=True)
class Recalibrated:
    """Predictions before and after, row by row; `maps[fold_N[i]]` moved row i and never saw its group."""

    before: Predictions
    after: Predictions
    maps: tuple[Map, ...]
    fold_N: NDArray[np.int64]


def cross_fit(recalibrator: Recalibrator, predictions: Predictions, folds: int = FOLDS, seed: int = 0) -> Recalibrated:
    """Every row moved by the map fitted to the other folds; a group is never split between folds.

    Raises `RefusedError` with fewer groups than folds, and `InputError` on fewer than two folds.
    """
    if folds < 2:
        raise InputError("folds", folds, "at least two, one to fit and one to report", "for example 5")
    groups, group_N = np.unique(predictions.group_N, return_inverse=True)
    if len(groups) < folds:
        rule = f"{folds} folds need {folds} groups: what is fitted may not see the group it is reported on"
        raise RefusedError("recalibration by folds", f"{len(groups)} groups", rule, "give more groups or fewer folds")
    fold_G = open_stream(seed, "recalibration", "folds").permutation(len(groups)) % folds
    fold_N = fold_G[group_N]
    maps = tuple(recalibrator.fit(predictions.subset(fold_N != fold)) for fold in range(folds))
    moved = [maps[fold].apply(predictions.subset(fold_N == fold)) for fold in range(folds)]
    places = np.argsort(np.argsort(fold_N, kind="stable"), kind="stable")  # of each row among the folds end to end
    return Recalibrated(predictions, _join(moved).subset(places), maps, fold_N)


def fit_apart(recalibrator: Recalibrator, fitted_on: Predictions, reported_on: Predictions) -> Recalibrated:
    """A map fitted to one set and applied to another.

    Raises `RefusedError` where most of the rows reported on are among those fitted on.
    """
    shared = count_shared(fitted_on, reported_on)
    if 2 * shared > len(reported_on):
        rule = "a map is not reported on the data it was fitted on: the best of maps would look perfect there"
        step = "give a set apart, or fit by folds (cross_fit)"
        raise RefusedError("recalibration", f"{shared:,} of {len(reported_on):,} rows in both sets", rule, step)
    found = recalibrator.fit(fitted_on)
    return Recalibrated(reported_on, found.apply(reported_on), (found,), np.zeros(len(reported_on), dtype=np.int64))


def count_shared(fitted_on: Predictions, reported_on: Predictions) -> int:
    """How many rows reported on are rows fitted on.

    A row is known again by its numbers, where these single it out: of confidences in steps of 0.1 nothing can be said
    row by row, and such sets are only told to be shared where they are equal as a whole, in any order.
    """
    ours, theirs = _list_rows(fitted_on), _list_rows(reported_on)
    if len(ours) == len(theirs) and np.array_equal(np.sort(ours), np.sort(theirs)):
        return len(theirs)
    values, counts = np.unique(ours, return_counts=True)
    return int(np.isin(theirs, values[counts == 1]).sum()) if 2 * (counts == 1).sum() > len(ours) else 0


def _list_rows(predictions: Predictions) -> NDArray[np.bytes_]:
    """The numbers of each row as one comparable value."""
    table = [predictions.confidence_N, predictions.outcome_N]
    if predictions.probabilities_NK is not None and predictions.label_N is not None:
        table = [*predictions.probabilities_NK.T, predictions.label_N.astype(np.float64)]
    rows = np.ascontiguousarray(np.stack(table, axis=1))
    return rows.view(f"S{rows.shape[1] * rows.itemsize}").ravel()


def _join(pieces: list[Predictions]) -> Predictions:
    """The rows of all pieces, end to end."""

    def stack(name: str) -> NDArray[np.float64]:
        return np.concatenate([getattr(piece, name) for piece in pieces])

    has_classes = all(piece.probabilities_NK is not None for piece in pieces)
    return Predictions(
        stack("confidence_N"),
        stack("outcome_N"),
        stack("weight_N"),
        stack("group_N").astype(np.int64),
        stack("probabilities_NK") if has_classes else None,
        stack("label_N").astype(np.int64) if has_classes else None,
    )
