"""MNIST-1D by the published sizes: 4000 training and 1000 held-out signals, four kinds of net, beside their paper.

Greydanus and Kobak 2020 (arXiv 2011.14439, table 1) give one accuracy of each. Nets are of their widths: logistic
regression, two hidden layers of 100, convolutions without norms, a GRU of 6 units both ways. Adam at 0.01 as there,
batches of 100, the rate falling to zero over the last fifth; a seed draws its own signals, start and order.

    python -m benchmarks.mnist_1d [--seeds 5] [--nets CNN GRU]
"""

from __future__ import annotations

import argparse
from typing import Any

from lab.core.registry import open_shelf
from lab.core.replicates import average_replicates
from lab.runs.runner import Listener
from lab.runs.spec import RunSpec

NETS: dict[str, tuple[dict[str, Any], int, float | None]] = {
    "logistic": ({"name": "mlp", "hidden": 0}, 2000, 32.0),
    "MLP": ({"name": "mlp", "width": 100}, 2000, 68.0),
    "CNN": ({"name": "plain_convnet", "width": 8, "norm": "none"}, 1500, 94.0),
    "GRU": ({"name": "gru", "width": 6}, 2000, 91.0),
    "ResNet": ({"name": "resnet", "width": 8, "placement": "pre"}, 1000, None),
}
"""Family, steps, and published accuracy (%), None where there is none."""


def measure_accuracy(family: dict[str, Any], steps: int, seed: int) -> float:
    """Held-out accuracy, %."""
    fields = {"family": family, "source": {"name": "mnist_1d"}, "examples": 4000, "steps": steps, "batch": 100}
    spec, kept = RunSpec("classify", {**fields, "learning_rate": 0.01, "seed": seed}), Listener()
    open_shelf("runners").load("classify").run([spec.fields], kept)
    return 100 * float(kept.results[0][1].metrics["accuracy_top1"] or 0.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--nets", nargs="+", default=list(NETS), choices=list(NETS))
    arguments = parser.parse_args()
    seeds = range(arguments.seeds)
    for name in arguments.nets:
        family, steps, published = NETS[name]
        found = average_replicates("accuracy", [measure_accuracy(family, steps, seed) for seed in seeds], "%")
        beside = "" if published is None else f"  published {published:g}, difference {found.value - published:+.1f}"
        print(f"{name:<9} {found}{beside}", flush=True)


if __name__ == "__main__":
    main()
