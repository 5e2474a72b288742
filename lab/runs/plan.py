"""What a study will cost before anything starts, and what of it is stored already."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from lab.core.registry import open_shelf
from lab.runs.jobs import choose_throughput, list_jobs, measure_throughput
from lab.runs.store import Store
from lab.runs.stored import FINAL, StudyRecord

SHOWN = ("family", "size", "params_total", "learning_rate", "seed")


@dataclass(frozen=True)
class Plan:
    """The cost of what is missing. `jobs`: a row per trunk; `throughput`: FLOP per CPU second, `measured` on the
    runs done here (by family, evaluation included) or a guess.

    Counts are of the stage that can be known now; `later` says what a later stage may add.
    """

    study: StudyRecord
    jobs: pd.DataFrame
    runs_total: int
    runs_stored: int
    runs_missing: int
    flops: float
    cpu_seconds: float
    disk_bytes: float
    throughput: float
    measured: bool
    later: str

    def wall_seconds(self, workers: int) -> float:
        """Wall-clock seconds on `workers` processes: no less than the longest trunk."""
        longest = float(self.jobs["cpu_seconds"].max()) if len(self.jobs) else 0.0
        return max(self.cpu_seconds / max(1, workers), longest)


def plan_study(sweep: str, preset: str, store: Store, read_table: Callable[[], pd.DataFrame] = pd.DataFrame) -> Plan:
    """The plan of a sweep at a preset, given its runs so far (`read_table`); starts nothing and writes nothing."""
    module = open_shelf("sweeps").load(sweep)
    specs = {spec.key: spec for spec in module.specs(preset, read_table())}
    status = store.statuses(specs)
    missing = [spec for key, spec in specs.items() if status.get(key) not in FINAL]
    throughput = measure_throughput(store)
    rows: list[dict[str, Any]] = []
    for job in list_jobs(missing, throughput):
        described = job.specs[0].describe()
        known = {name: described.get(name) for name in SHOWN}
        rows.append({"trunk_key": job.trunk_key, **known, "runs": len(job.specs), **vars(job.cost)})
    jobs = pd.DataFrame(rows, columns=None if rows else ["trunk_key", "runs", "flops", "cpu_seconds", "disk_bytes"])
    searching = {spec.stage for spec in specs.values()} == {"search"}
    later = "the learning rates found decide the grid's runs: plan again after the search" if searching else ""
    flops, seconds = float(jobs["flops"].sum()), float(jobs["cpu_seconds"].sum())
    return Plan(
        StudyRecord(f"{sweep}-{preset}", sweep, preset),
        jobs,
        len(specs),
        len(specs) - len(missing),
        len(missing),
        flops,
        seconds,
        float(jobs["disk_bytes"].sum()),
        flops / seconds if seconds else choose_throughput(throughput, ""),
        bool(throughput),
        later,
    )
