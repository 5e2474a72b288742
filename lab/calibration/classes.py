"""A prediction of K classes seen as K predictions of one event each."""

from __future__ import annotations

from collections.abc import Iterator

from lab.calibration.predictions import Predictions


def view_classes(predictions: Predictions, threshold: float = 0.0) -> Iterator[Predictions]:
    """Per class k the confidences p_k ≥ threshold with outcomes [label = k]; classes without any are passed over."""
    assert predictions.probabilities_NK is not None and predictions.label_N is not None
    for k in range(predictions.probabilities_NK.shape[1]):
        confidence_N = predictions.probabilities_NK[:, k]
        outcome_N = (predictions.label_N == k).astype(float)
        view = Predictions(confidence_N, outcome_N, predictions.weight_N, predictions.group_N)
        shown_N = confidence_N >= threshold
        if shown_N.any():
            yield view if shown_N.all() else view.subset(shown_N)
