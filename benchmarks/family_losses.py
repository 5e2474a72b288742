"""A first loss of every family: the same text, tokens and evaluation, at three learning rates of AdamW and of Muon.

Each family stands at its defaults, its size dial where its body comes nearest to 75 thousand parameters; 0.5 M tokens
of the standard library, 1024 held-out windows of 128 bytes, one seed, one thread. A screening and no ranking: rates are
an octave or two apart, and of one seed differences below 0.02 nats say nothing.

    python -m benchmarks.family_losses [--families rnn gru ...]
"""

from __future__ import annotations

import argparse
import math
import time

from benchmarks.utilisation import list_sizes
from lab.core.registry import open_shelf
from lab.families import Family, Shape
from lab.training.arithmetic import settle_arithmetic
from lab.training.loop import Task, train_trunk
from lab.training.schedule import Schedule

BODY, TOKENS, WINDOW, EVALUATION_WINDOWS = 75_000, 2**19, 128, 1024
RATES = {"adamw": (0.003, 0.01, 0.03), "muon": (0.01, 0.02, 0.04)}
SOURCE = open_shelf("data").load("bytes_text")()
SHAPE = Shape(SOURCE.vocabulary, WINDOW)


def count_body(family: Family) -> int:
    return family.count_parameters(SHAPE)["body"]


def find_body(entry: type[Family]) -> Family:
    """The family whose body is nearest to the target in its logarithm."""
    return min(list_sizes(entry), key=lambda family: abs(math.log(count_body(family) / BODY)))


def train(family: Family, optimizer: str, rate: float) -> float:
    """Held-out loss, nats per byte; NaN for a run that diverged."""
    schedule = Schedule(2048, warmup_tokens=40_960, cooldown=0.2)
    optimizer_entry = open_shelf("optimizers").load(optimizer)()
    task = Task(family, SOURCE, schedule, optimizer_entry, rate, 0, WINDOW, EVALUATION_WINDOWS * WINDOW)
    (end,) = train_trunk(task, [TOKENS], lambda tokens: None)
    return end.metrics.get("loss_nats", math.nan)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--families", nargs="+", default=open_shelf("families").names())
    with settle_arithmetic():
        for name in parser.parse_args().families:
            family = find_body(open_shelf("families").load(name))
            began, losses = time.process_time(), {}
            for optimizer, rates in RATES.items():
                losses |= {(optimizer, rate): train(family, optimizer, rate) for rate in rates}
            told = "  ".join(f"{optimizer} {rate:g}: {loss:.3f}" for (optimizer, rate), loss in losses.items())
            seconds = (time.process_time() - began) / len(losses)
            print(
                f"{name:<24} {family.size:>4} {count_body(family):>7,}  {told}  {seconds:.0f} CPU-s a run", flush=True
            )


if __name__ == "__main__":
    main()
