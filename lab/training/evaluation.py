"""Held-out evaluation on fixed windows, with a standard error and mergeable observers.

Every run of a study is evaluated on the same windows, so that the noise of the windows is common to all and cancels in
differences. Shapes: N windows, B windows at once, T tokens, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn

from lab.calibration.accumulator import ConfidenceAccumulator

EVALUATION_BATCH_TOKENS = 16_384


class Observer(Protocol):
    """What watches an evaluation without running it again."""

    def update(
        self, log_probabilities_BTV: Tensor, targets_BT: Tensor, documents_B: np.ndarray, counted_BT: np.ndarray
    ) -> None:
        """Sees one batch of predictions; those not `counted` (bool) have no weight."""

    def metrics(self) -> Mapping[str, float]:
        """Columns for the run's row."""

    def arrays(self) -> Mapping[str, np.ndarray]:
        """What is stored with the run."""


class CalibrationObserver:
    """Feeds the likeliest token's probability and whether it was right to a `ConfidenceAccumulator`."""

    def __init__(self, documents: int) -> None:
        self.accumulator = ConfidenceAccumulator(documents)

    def update(
        self, log_probabilities_BTV: Tensor, targets_BT: Tensor, documents_B: np.ndarray, counted_BT: np.ndarray
    ) -> None:
        """Sees one batch of predictions."""
        best, guess = log_probabilities_BTV.max(dim=-1)
        documents = np.repeat(documents_B[:, None], targets_BT.shape[1], axis=1)
        confidence, right = best.exp().double().cpu().numpy(), (guess == targets_BT).cpu().numpy()
        self.accumulator.update(confidence[counted_BT], right[counted_BT], documents[counted_BT])

    def metrics(self) -> Mapping[str, float]:
        """`ece_top1`, `accuracy_top1`, `confidence_top1`."""
        return self.accumulator.summarize()

    def arrays(self) -> Mapping[str, np.ndarray]:
        """The cells: counts, sums of confidence, numbers right; (2 grids, documents, cells)."""
        cells = self.accumulator
        return {
            "calibration_counts": cells.counts.astype(np.uint32),
            "calibration_confidence": cells.confidence_sums.astype(np.float32),
            "calibration_correct": cells.correct_counts.astype(np.uint32),
        }


@torch.no_grad()
def evaluate_net(
    net: nn.Module,
    windows_NT: np.ndarray,
    documents_N: np.ndarray,
    observers: Sequence[Observer] = (),
    weights_NT: np.ndarray | None = None,
) -> np.ndarray:
    """The mean loss of every window (nats per token), float64, shape (N,); under weights of its targets Σwℓ / Σw."""
    device = next(net.parameters()).device
    at_once = max(1, EVALUATION_BATCH_TOKENS // (windows_NT.shape[1] - 1))
    net.eval()
    window_losses = []
    for begin in range(0, len(windows_NT), at_once):
        batch = torch.from_numpy(windows_NT[begin : begin + at_once]).to(device)
        inputs_BT, targets_BT = batch[:, :-1], batch[:, 1:]
        log_probabilities_BTV = net(inputs_BT).float().log_softmax(dim=-1)
        losses_BT = -log_probabilities_BTV.gather(-1, targets_BT.unsqueeze(-1)).squeeze(-1)
        weights_BT = None if weights_NT is None else weights_NT[begin : begin + at_once]
        window_losses.append(average_losses(losses_BT.double().cpu(), weights_BT))
        counted_BT = np.ones(targets_BT.shape, dtype=bool) if weights_BT is None else weights_BT > 0
        for observer in observers:
            observer.update(log_probabilities_BTV, targets_BT, documents_N[begin : begin + at_once], counted_BT)
    net.train()
    return np.concatenate(window_losses)


def average_losses(losses_NT: Tensor, weights_NT: np.ndarray | None) -> np.ndarray:
    """The mean of every window, (N,), of losses or bytes; under weights Σwℓ / Σw, where every window must have some."""
    if weights_NT is None:
        return losses_NT.mean(dim=1).numpy()
    weights = torch.from_numpy(weights_NT).double()
    return ((losses_NT * weights).sum(dim=1) / weights.sum(dim=1)).numpy()
