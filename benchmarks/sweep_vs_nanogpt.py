"""A sweep of loss against size and data: the lab's engine against a plain GPT-2-style trainer run once per point.

Thirty points: five sizes (25 k to 790 k parameters of the body) × six horizons a factor √2 apart (0.26 to 1.48 M
tokens, so that all of it takes less than an hour of CPU). The peer (benchmarks/plain_gpt2.py) trains every point from
scratch with a cosine of its own, heads of 16 as in benchmarks/recipe_vs_gpt2.py, its rate searched per size.
The lab trains one trunk a size with Muon and cools a branch per horizon. Same bytes in the same order, same held-out
windows, one thread, both sides of a size one after the other; CPU-seconds are of training alone.

A point of the lab's sweep answers a point of the peer's if its final loss is equal or lower. Printed: at the same
horizons, and along the lab's ladder moved to shorter horizons by as many factors of √2 as all six points of a size
allow; then with the search of the rate counted on both sides, and against the peer at the usual rate of 1e-3.

    python -m benchmarks.sweep_vs_nanogpt FOLDER [--only 2x32] [--smoke]

Every run is appended to FOLDER/runs.jsonl as soon as it ends; what is there is not run again.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch

from benchmarks.ladders import Comparison, Row, print_points, print_ratio, shift_ladder
from benchmarks.plain_gpt2 import count_parameters, train_plain_gpt2
from lab.core.registry import open_shelf
from lab.training.evaluation import evaluate_net
from lab.training.loop import Task, Trainer
from lab.training.schedule import Schedule

WINDOW, BATCH_TOKENS, SEED = 128, 2048, 0
PEER_HEAD, LAB_HEAD = 16, 32  # widths; each side's better one
USUAL_RATE = 1e-3  # of small-GPT scripts
MOST_RATES = 7
BAR = 5.0


@dataclass(frozen=True)
class Grid:
    """`shapes`: layers × width. `steps`: of the longest horizon. The lab's ladder goes `longest_shift` factors of √2
    below the peer's shortest horizon. Rates are searched at the horizon `tuned_at`, counted from the shortest.
    """

    shapes: tuple[tuple[int, int], ...] = ((2, 32), (2, 48), (3, 64), (3, 96), (4, 128))
    steps: int = 724
    horizons: int = 6
    longest_shift: int = 7
    tuned_at: int = 2
    evaluation_windows: int = 2048

    def list_horizons(self) -> list[int]:
        """The peer's, shortest first, tokens."""
        return self._list_ladder(self.horizons)

    def list_ladder(self) -> list[int]:
        """The lab's: `longest_shift` more at the short end."""
        return self._list_ladder(self.horizons + self.longest_shift)

    def _list_ladder(self, count: int) -> list[int]:
        return [round(self.steps / 2 ** (down / 2)) * BATCH_TOKENS for down in reversed(range(count))]


SMOKE = Grid(shapes=((1, 32),), steps=96, horizons=3, longest_shift=2, tuned_at=1, evaluation_windows=64)


class Ledger:
    """The runs in a folder, one JSON object a line."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "runs.jsonl"
        self.rows: list[Row] = []
        if self.path.exists():
            whole = self.path.read_text().rpartition("\n")[0]  # what was cut off by a kill is run again
            self.rows = [json.loads(line) for line in whole.splitlines()]
            self.path.write_text("".join(json.dumps(row) + "\n" for row in self.rows))

    def find(self, **wanted: Any) -> list[Row]:
        """The rows with these values, shortest horizon first."""
        found = [row for row in self.rows if wanted.items() <= row.items()]
        return sorted(found, key=lambda row: row["horizon"])

    def append(self, rows: Iterable[Row]) -> None:
        """Writes rows in one go."""
        new = list(rows)
        with self.path.open("a") as file:
            file.write("".join(json.dumps(row) + "\n" for row in new))
        self.rows += new


class Measurement:
    """Both sides trained into a ledger, with what is still to do."""

    def __init__(self, grid: Grid, ledger: Ledger) -> None:
        self.grid, self.ledger = grid, ledger
        self.source = open_shelf("data").load("bytes_text")()
        self.began, self.spent, self.left = time.monotonic(), 0.0, 0.0

    @cached_property
    def heldout(self) -> tuple[Any, Any]:
        """Windows and documents of the evaluation."""
        count = self.grid.evaluation_windows
        return self.source.heldout_windows(count, WINDOW), self.source.heldout_documents(count, WINDOW)

    def train_peer(self, shape: tuple[int, int], horizon: int, rate: float) -> Row:
        """The peer's run at one point; CPU-seconds of training alone."""
        layers, width = shape
        heads = max(1, width // PEER_HEAD)
        wanted = {"side": "peer", "shape": list(shape), "heads": heads, "horizon": horizon, "rate": rate}
        if not (known := self.ledger.find(**wanted)):
            began = time.process_time()
            net = train_plain_gpt2(self.source, width, layers, heads, rate, horizon, SEED, WINDOW, BATCH_TOKENS)
            cpu = time.process_time() - began
            known = [{**wanted, "loss": self.evaluate(net), "cpu": cpu, "parameters": count_parameters(net)}]
            self.ledger.append(known)
            self.report_progress(known)
        return known[0]

    def train_lab(self, shape: tuple[int, int], horizons: list[int], rate: float) -> list[Row]:
        """A trunk and its branches; `trunk_cpu` up to the branch point, `cooldown_cpu` from there, `cpu` both."""
        wanted = {"side": "lab", "shape": list(shape), "rate": rate, "trunk": horizons[-1]}
        if not (known := self.ledger.find(**wanted)):
            layers, width = shape
            family = open_shelf("families").load("transformer")(width=width, layers=layers, head_width=LAB_HEAD)
            schedule = Schedule(BATCH_TOKENS, warmup_tokens=40_960, cooldown=0.2)
            windows = self.grid.evaluation_windows * WINDOW
            trainer = Trainer(Task(family, self.source, schedule, "muon", rate, SEED, WINDOW, windows), lambda _: None)
            for horizon in horizons:
                trainer.run_trunk(schedule.find_branch(horizon))
                trunk, state = trainer.cpu_seconds, trainer.set_aside()
                trainer.cool(horizon)
                row = {"horizon": horizon, "trunk_cpu": trunk, "cooldown_cpu": trainer.cpu_seconds - trunk}
                ended = {"cpu": trainer.cpu_seconds, "loss": self.evaluate(trainer.net)}
                known.append({**wanted, **row, **ended, "parameters": count_parameters(trainer.net)})
                trainer.take_up(state)
            self.ledger.append(known)
            self.report_progress(known)
        return known

    def evaluate(self, net: torch.nn.Module) -> float:
        """Held-out nats per byte."""
        return float(evaluate_net(net, *self.heldout).mean())

    def report_progress(self, rows: list[Row]) -> None:
        """A line per run or trunk, with the time that is left at the speed so far."""
        first, last = rows[0], rows[-1]
        self.spent += sum(map(_weigh, rows))
        self.left = max(0.0, self.left - sum(map(_weigh, rows)))
        minutes = (time.monotonic() - self.began) / 60 * self.left / self.spent
        tokens = "–".join(f"{row['horizon'] / 1e6:.2f}" for row in ([first, last] if len(rows) > 1 else [last]))
        layers, width = last["shape"]
        print(
            f"  {last['side']:<4} {layers}×{width:<3} {tokens:>9} M tokens, rate {last['rate']:<7g} "
            f"{last['loss']:.4f} nats/byte, {last['cpu']:.1f} CPU-s; about {minutes:.0f} min left",
            flush=True,
        )

    def measure_size(self, shape: tuple[int, int]) -> None:
        """Everything of one size: both searches, then the peer's points, the usual rate's, and the lab's ladder."""
        horizons, ladder = self.grid.list_horizons(), self.grid.list_ladder()
        tuned = horizons[self.grid.tuned_at]
        best = search_rate((4e-3, 8e-3, 1.6e-2), lambda rate: self.train_peer(shape, tuned, rate)["loss"])
        for horizon in horizons:
            self.train_peer(shape, horizon, best)
            self.train_peer(shape, horizon, USUAL_RATE)
        middle = ladder[len(ladder) // 2]
        best = search_rate((0.01, 0.02, 0.04), lambda rate: self.train_lab(shape, [middle], rate)[-1]["loss"])
        self.train_lab(shape, ladder, best)

    def plan(self) -> float:
        """What is to be run, in tokens × parameters, with three rates tried on each side."""
        horizons, ladder = self.grid.list_horizons(), self.grid.list_ladder()
        peer = 2 * sum(horizons) + 2 * horizons[self.grid.tuned_at]
        lab = 3 * ladder[len(ladder) // 2] + 0.8 * ladder[-1] + 0.2 * sum(ladder)
        return sum((peer + lab) * _count_weights(*shape) for shape in self.grid.shapes)

    def run(self) -> None:
        """All sizes, smallest first."""
        self.left = max(0.0, self.plan() - sum(map(_weigh, self.ledger.rows)))
        for shape in self.grid.shapes:
            self.measure_size(shape)


def search_rate(rates: tuple[float, ...], measure: Callable[[float], float]) -> float:
    """The best of rates an octave apart, tried further while the best is at an edge."""
    tried = {rate: measure(rate) for rate in rates}
    while len(tried) < MOST_RATES:
        best = min(tried, key=lambda rate: tried[rate])
        if best not in (min(tried), max(tried)):
            break
        further = best / 2 if best == min(tried) else best * 2
        tried[further] = measure(further)
    return min(tried, key=lambda rate: tried[rate])


def compare(grid: Grid, ledger: Ledger, usual: bool, most: int) -> list[Comparison]:
    """Every size that is measured on both sides; the peer at its best rate, or at the usual one."""
    comparisons = []
    for shape in grid.shapes:
        trunks = ledger.find(side="lab", shape=list(shape), trunk=grid.list_ladder()[-1])
        tuned = ledger.find(side="peer", shape=list(shape), horizon=grid.list_horizons()[grid.tuned_at])
        if trunks and tuned:
            rate = USUAL_RATE if usual else min(tuned, key=lambda row: float(row["loss"]))["rate"]
            points = ledger.find(side="peer", shape=list(shape), rate=rate)
            if len(points) == grid.horizons:
                comparisons.append(shift_ladder(shape, points, trunks, most))
    return comparisons


def count_searches(grid: Grid, ledger: Ledger, shape: tuple[int, int]) -> tuple[float, float]:
    """CPU-seconds of the runs of both searches that are no point of the sweep."""
    peer = ledger.find(side="peer", shape=list(shape), horizon=grid.list_horizons()[grid.tuned_at])
    peer = [row for row in peer if row["rate"] != USUAL_RATE]
    spent = sum(row["cpu"] for row in peer) - min(peer, key=lambda row: float(row["loss"]))["cpu"]
    ladder = grid.list_ladder()
    ours = ledger.find(side="lab", shape=list(shape), trunk=ladder[len(ladder) // 2])
    return spent, sum(row["cpu"] for row in ours)


def report(grid: Grid, ledger: Ledger) -> None:
    """The tables and ratios of what is in the ledger."""
    nothing = (0.0, 0.0)
    tuned = compare(grid, ledger, usual=False, most=grid.longest_shift)
    if not tuned:
        print("no size is complete on both sides")
        return
    print("the peer's rate searched; the lab's ladder moved to shorter horizons as far as every loss allows")
    print_points(tuned)
    same = compare(grid, ledger, usual=False, most=0)
    print_ratio("the same horizons", same, lambda _: nothing)
    ratio = print_ratio("equal or lower loss", tuned, lambda _: nothing)
    print_ratio("  with both searches", tuned, lambda c: count_searches(grid, ledger, c.shape))
    usual = compare(grid, ledger, usual=True, most=grid.longest_shift)
    print_ratio(f"  the peer at rate {USUAL_RATE:g}", usual, lambda _: nothing)
    print(f"bar {BAR:g}×: {'met' if ratio >= BAR else 'missed'} on {len(tuned)} of {len(Grid().shapes)} sizes")


def _count_weights(layers: int, width: int) -> int:
    return 12 * layers * width**2 + 256 * width


def _weigh(row: Row) -> float:
    """Tokens × parameters of a row; of a trunk's branch its cooldown, of the last the trunk too."""
    share = 1.0 if row["side"] == "peer" or row["horizon"] == row["trunk"] else 0.2
    return float(share * row["horizon"] * _count_weights(*row["shape"]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("folder", type=Path, help="where runs.jsonl stands or is begun")
    parser.add_argument("--smoke", action="store_true", help="one tiny size, seconds")
    parser.add_argument("--only", default="", help="one size, such as 2x32")
    options = parser.parse_args()
    torch.set_num_threads(1)
    grid = SMOKE if options.smoke else Grid()
    if options.only:
        layers, width = map(int, options.only.split("x"))
        grid = Grid(shapes=((layers, width),))
    ledger = Ledger(options.folder)
    Measurement(grid, ledger).run()
    report(grid, ledger)


if __name__ == "__main__":
    main()
