"""What a recalibrator is: a map from confidences to better ones, fitted on predictions that are not reported on.

Shape suffixes: N predictions, K classes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from lab.calibration.measure import Needs
from lab.calibration.predictions import Predictions
from lab.core.errors import InputError

CONFIDENCE_EDGE = 2.0**-24  # a confidence of 1 stands for what single precision cannot tell from it
PROBABILITY_EDGE = 2.0**-126  # and a probability of 0 for the least that single precision holds at full precision


class Map(ABC):
    """What a recalibrator has learned; `apply` never looks at an outcome."""

    @property
    @abstractmethod
    def parameters(self) -> Mapping[str, float]:
        """What was fitted, by name; empty where the map is a table."""

    @abstractmethod
    def apply(self, predictions: Predictions) -> Predictions:
        """The predictions with other confidences; outcomes change only where the likeliest class does."""


class ConfidenceMap(Map):
    """A map of one confidence to another.

    Applied to probabilities it speaks of the likeliest class as it was, 'is that class right?', and says nothing of
    the other classes: the result has confidences only (top-label recalibration, Gupta and Ramdas 2022).
    """

    @abstractmethod
    def move(self, confidence_N: NDArray[np.float64]) -> NDArray[np.float64]:
        """The confidences in place of these; all within [0, 1]."""

    def apply(self, predictions: Predictions) -> Predictions:
        """The same outcomes with moved confidences."""
        moved_N = np.clip(self.move(predictions.confidence_N), 0.0, 1.0)
        return Predictions(moved_N, predictions.outcome_N, predictions.weight_N, predictions.group_N)


class Recalibrator(ABC):
    """A way to fit a map; a subclass is a frozen dataclass whose fields are its dials.

    `name`: of its file; `title`: in words; `needs`: confidences of one event, or the probabilities of all classes;
    `keeps_order`: whether of two confidences the higher one stays at least as high; `citation`: with its year.
    """

    version: ClassVar[int] = 1
    name: ClassVar[str]
    title: ClassVar[str]
    needs: ClassVar[Needs] = "confidences"
    keeps_order: ClassVar[bool] = True
    citation: ClassVar[str]

    @abstractmethod
    def fit(self, predictions: Predictions) -> Map:
        """The map that these predictions and outcomes ask for; finite on any, raises `InputError` on unmet `needs`."""


def compute_logits(confidence_N: NDArray[np.float64]) -> NDArray[np.float64]:
    """ln(c / (1 − c)), with c kept 2⁻²⁴ away from 0 and 1: a confidence of exactly 1 is a large logit, not infinity."""
    kept_N = np.clip(confidence_N, CONFIDENCE_EDGE, 1 - CONFIDENCE_EDGE)
    return np.asarray(np.log(kept_N) - np.log1p(-kept_N))


def compute_scores(predictions: Predictions) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Logits (N, K) up to a constant per row, and the class that happened.

    ln p of the probabilities where there are any; of confidences alone ±½ logit, for 'it happens' and 'it does not'.
    """
    if predictions.probabilities_NK is not None and predictions.label_N is not None:
        return np.log(np.maximum(predictions.probabilities_NK, PROBABILITY_EDGE)), predictions.label_N
    half_N = compute_logits(predictions.confidence_N) / 2
    return np.stack([-half_N, half_N], axis=1), predictions.outcome_N.astype(np.int64)


def require_probabilities(recalibrator: str, predictions: Predictions) -> None:
    """Raises `InputError` unless the probabilities of all classes are there."""
    if predictions.probabilities_NK is None:
        rule = "needs the probabilities of all classes"
        raise InputError(recalibrator, "confidences of one event", rule, "take one that maps confidences: platt, beta")
