"""The lab's Transformer recipe against a plain GPT-2-style trainer, both with their learning rate tuned.

Same source, same data order, same 2 M tokens, same 2048 held-out windows of 128 bytes, about 175 k parameters on both
sides, one thread. The rate of each side is searched at the first seed, an octave apart until the best is not at the
edge; then three seeds. Prints losses, their difference with a paired 95 % interval over seeds, and CPU seconds.

    python -m benchmarks.recipe_vs_gpt2
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import numpy as np
import torch
from scipy import stats

from benchmarks.plain_gpt2 import count_parameters, train_plain_gpt2
from lab.core.registry import open_shelf
from lab.training.evaluation import evaluate_net
from lab.training.loop import Task, Trainer
from lab.training.schedule import Schedule

TOKENS, WINDOW, BATCH_TOKENS, EVALUATION_WINDOWS = 2**21, 128, 2048, 2048
SEEDS = (0, 1, 2)
SOURCE = open_shelf("data").load("bytes_text")()
FAMILY = open_shelf("families").load("transformer")(width=64)

Train = Callable[[float, int], torch.nn.Module]


def train_plain(rate: float, seed: int) -> torch.nn.Module:
    return train_plain_gpt2(SOURCE, 64, 3, 4, rate, TOKENS, seed, WINDOW, BATCH_TOKENS)


def train_lab(rate: float, seed: int) -> torch.nn.Module:
    schedule = Schedule(BATCH_TOKENS, warmup_tokens=40_960, cooldown=0.2)
    task = Task(FAMILY, SOURCE, schedule, "muon", rate, seed, WINDOW, EVALUATION_WINDOWS * WINDOW)
    trainer = Trainer(task, lambda tokens: None)
    trainer.run_trunk(schedule.find_branch(TOKENS))
    trainer.cool(TOKENS)
    return trainer.net


class Side:
    """One trainer, its results by rate and seed."""

    def __init__(self, name: str, train: Train, rates: tuple[float, ...]) -> None:
        self.name, self.train, self.rates = name, train, sorted(rates)
        self.losses: dict[tuple[float, int], float] = {}
        self.cpu_seconds: list[float] = []
        self.parameters = 0

    def measure(self, rate: float, seed: int) -> float:
        if (rate, seed) not in self.losses:
            began = time.process_time()
            net = self.train(rate, seed)
            self.cpu_seconds.append(time.process_time() - began)
            self.parameters = count_parameters(net)
            windows = SOURCE.heldout_windows(EVALUATION_WINDOWS, WINDOW)
            documents = SOURCE.heldout_documents(EVALUATION_WINDOWS, WINDOW)
            self.losses[rate, seed] = float(evaluate_net(net, windows, documents).mean())
            print(f"  {self.name:<12} rate {rate:<7g} seed {seed}: {self.losses[rate, seed]:.4f} nats/byte", flush=True)
        return self.losses[rate, seed]

    def search(self) -> float:
        while True:
            best = min(self.rates, key=lambda rate: self.measure(rate, SEEDS[0]))
            if best == self.rates[0]:
                self.rates.insert(0, best / 2)
            elif best == self.rates[-1]:
                self.rates.append(best * 2)
            else:
                return best


def main() -> None:
    torch.set_num_threads(1)
    plain = Side("plain GPT-2", train_plain, (4e-3, 8e-3, 1.6e-2))
    ours = Side("lab", train_lab, (0.01, 0.02, 0.04))
    finals = {}
    for side in (plain, ours):
        rate = side.search()
        finals[side.name] = np.array([side.measure(rate, seed) for seed in SEEDS])
        print(
            f"{side.name}: {side.parameters} parameters, best rate {rate:g}, {finals[side.name].mean():.4f} nats/byte "
            f"(sd {finals[side.name].std(ddof=1):.4f}), {np.median(side.cpu_seconds):.1f} CPU-s a run"
        )
    gap = finals[plain.name] - finals[ours.name]
    half = stats.t.ppf(0.975, len(gap) - 1) * gap.std(ddof=1) / math.sqrt(len(gap))
    verdict = "met" if gap.mean() >= 0.3 else "missed"
    print(f"gap {gap.mean():.4f} ± {half:.4f} nats/byte over {len(gap)} seeds (bar 0.3: {verdict})")


if __name__ == "__main__":
    main()
