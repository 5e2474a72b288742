"""A net trained on one source and trained on with another: what carries over (Tay et al. 2022, arXiv 2207.10551).

Beside it the same training from the first weights of its seed, and what the net foretells before any of it. Shapes: W
windows, T tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch

from lab.data import Source
from lab.training.evaluation import evaluate_net
from lab.training.loop import HOPELESS_NATS, DivergedError, Endpoint, Task, Trainer


@dataclass(frozen=True)
class WiderSource(Source):
    """A source in the tokens of a larger vocabulary: each its own number and an `offset`; all else is as it was."""

    source: Source
    tokens: int
    offset: int = 0

    @property
    def vocabulary(self) -> int:
        """The larger one."""
        return self.tokens

    def content_hash(self) -> str:
        """The source's."""
        return self.source.content_hash()

    def training_windows(self, seed: int, start: int, count: int, window: int) -> np.ndarray:
        """The source's, moved."""
        return self.source.training_windows(seed, start, count, window) + self.offset

    def heldout_windows(self, count: int, window: int) -> np.ndarray:
        """The source's, moved."""
        return self.source.heldout_windows(count, window) + self.offset

    def heldout_documents(self, count: int, window: int) -> np.ndarray:
        """The source's."""
        return self.source.heldout_documents(count, window)

    def count_unique(self, tokens: int, window: int) -> int:
        """The source's."""
        return self.source.count_unique(tokens, window)

    def target_weights(self, windows_WT: np.ndarray) -> np.ndarray | None:
        """The source's."""
        return self.source.target_weights(windows_WT - self.offset)

    def count_bytes(self, tokens: np.ndarray) -> np.ndarray:
        """The source's."""
        return self.source.count_bytes(tokens - self.offset)

    def true_loss(self, windows_WT: np.ndarray) -> np.ndarray | None:
        """The source's."""
        return self.source.true_loss(windows_WT - self.offset)


def train_on(
    task: Task, weights: Mapping[str, np.ndarray] | None, horizon: int, advance: Callable[[float], None]
) -> tuple[Endpoint, float]:
    """The endpoint of a training of `horizon` tokens that begins with these weights, and the held-out loss before it.

    `weights` None: those that the seed draws, as of any run. The optimizers begin anew. A net that is sure of another
    source may begin far above the uniform guess, which is no divergence.
    """
    trainer = Trainer(task, advance)
    if weights is not None:
        trainer.net.load_state_dict({name: torch.from_numpy(value) for name, value in weights.items()})
    losses = evaluate_net(trainer.net, trainer.heldout, trainer.documents, weights_NT=trainer.weights)
    before = float(losses.mean())
    trainer.most_nats = max(trainer.most_nats, before + HOPELESS_NATS)
    try:
        trainer.run_trunk(task.schedule.find_branch(horizon))
        trainer.cool(horizon)
        return trainer.finish(horizon), before
    except DivergedError as error:
        return trainer.report_divergence(horizon, error.step), before


def transfer(
    task: Task, weights: Mapping[str, np.ndarray], horizon: int, advance: Callable[[float], None]
) -> tuple[Endpoint, dict[str, float]]:
    """The endpoint of the training that begins with these weights, and what stands beside it: the loss before it, and
    that of the same training from the seed's first weights, unless it diverges.
    """
    end, before = train_on(task, weights, horizon, advance)
    scratch, _ = train_on(task, None, horizon, advance)
    known = {"scratch_nats": scratch.metrics["loss_nats"]} if scratch.diverged_at is None else {}
    return end, {"before_nats": before, **known}
