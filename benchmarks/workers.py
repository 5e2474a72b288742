"""Two workers against one: what sharing the machine costs a run, in CPU-seconds, at three sizes of the Transformer.

The same trunks are driven as `lab run` drives them, by one process at a time and by two, in turns; each has one thread.
Two workers share the memory and its last cache, so a run may cost more CPU than it does alone. Results are compared by
their hashes: they must not differ. Bar: 15 %.

    python -m benchmarks.workers [--rounds 3]
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from lab.runs.driver import run_study
from lab.runs.executor import LocalExecutor
from lab.runs.store import open_store
from lab.tables import load_runs

SIZES = {(2, 32): 2**19, (3, 64): 2**18, (4, 128): 2**16}  # layers and width: tokens of a run
TRUNKS = 4
BAR = 1.15
SWEEP = '''
"""The same recipe at a size, a trunk per seed."""
from lab.runs.spec import RunSpec

def specs(preset, table):
    layers, width, tokens = map(int, preset.split("x"))
    fields = {
        "family": {"name": "transformer", "layers": layers, "width": width}, "source": {"name": "bytes_text"},
        "optimizer": "muon", "learning_rate": 0.02, "tokens": tokens, "evaluation_tokens": 8192,
    }
    return [RunSpec("train", {**fields, "seed": seed}) for seed in range(TRUNKS)]

def judge(tables):
    return []
'''


def drive(folder: Path, preset: str, workers: int) -> tuple[dict[str, Any], list[float], float]:
    """Result hashes by key, CPU-seconds of the runs, and wall seconds of the study."""
    store, executor, began = open_store(folder / "lab.db"), LocalExecutor(workers), time.monotonic()
    run_study("many", preset, store, executor, lambda: load_runs(store, f"many-{preset}"))
    executor.shutdown()
    wall = time.monotonic() - began
    hashes = {run.key: run.result_hash for run in store.runs(f"many-{preset}")}
    return hashes, [float(seconds) for seconds in load_runs(store, f"many-{preset}")["cpu_seconds"]], wall


def main() -> None:
    """A line per size: CPU-seconds of a run by one worker and by two, their ratio, and the gain in wall time."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        shelf = Path(folder) / "sweeps"
        shelf.mkdir()
        (shelf / "many.py").write_text(SWEEP.replace("TRUNKS", str(TRUNKS)))
        os.environ["LAB_PATH"] = folder
        print("layers×width   CPU-s a run: one worker   two   ratio (bar 1.15)   wall: one / two")
        for (layers, width), tokens in SIZES.items():
            ratios, walls, alone, shared = [], [], [], []
            for turn in range(rounds):
                places = [Path(folder) / f"{layers}x{width}-{turn}-{workers}" for workers in (1, 2)]
                found = [drive(place, f"{layers}x{width}x{tokens}", n) for n, place in enumerate(places, 1)]
                assert found[0][0] == found[1][0], "another number of workers gave other results"
                alone.append(median(found[0][1]))
                shared.append(median(found[1][1]))
                ratios.append(shared[-1] / alone[-1])
                walls.append(found[0][2] / found[1][2])
            print(
                f"{layers}×{width:<14} {median(alone):>18.2f} {median(shared):>9.2f} {median(ratios):>7.3f} "
                f"{'met' if median(ratios) <= BAR else 'missed':>10} {median(walls):>18.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
