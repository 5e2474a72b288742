"""The loss of tokens foretold; nets that minimise more than it count it as training does.

Shapes: B windows, T tokens, V vocabulary.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def count_loss(logits_BTV: Tensor, targets_BT: Tensor, weights_BT: Tensor | None = None) -> Tensor:
    """Mean cross-entropy of the targets, nats per token, scalar; under weights Σwℓ / Σw."""
    logits = logits_BTV.to(torch.promote_types(logits_BTV.dtype, torch.float32))  # of bfloat16: a loss is not rounded
    if weights_BT is None:
        return F.cross_entropy(logits.flatten(0, 1), targets_BT.flatten())
    losses = F.cross_entropy(logits.flatten(0, 1), targets_BT.flatten(), reduction="none")
    weights = weights_BT.flatten()
    return (losses * weights).sum() / weights.sum()
