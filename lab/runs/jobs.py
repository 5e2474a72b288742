"""Jobs: runs that share a trunk and are done together by one worker, and what they cost."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, replace
from statistics import median

from lab.runs.runner import Cost
from lab.runs.spec import RunSpec
from lab.runs.store import Store

DEFAULT_FLOPS_PER_SECOND = 3e10  # one thread of a current processor on nets of 10⁴ to 10⁶ parameters


@dataclass(frozen=True)
class Job:
    """The runs of one trunk that are to be done, with their cost together."""

    trunk_key: str
    specs: tuple[RunSpec, ...]
    cost: Cost

    @property
    def keys(self) -> list[str]:
        """The run keys."""
        return [spec.key for spec in self.specs]

    def only(self, keys: Container[str]) -> Job:
        """The job reduced to these runs; its cost stays, most of it is the trunk's."""
        return replace(self, specs=tuple(spec for spec in self.specs if spec.key in keys))


def list_jobs(specs: Iterable[RunSpec], throughput: Mapping[str, float]) -> list[Job]:
    """The jobs of these runs, longest first: the last to finish is then a short one."""
    trunks: dict[str, list[RunSpec]] = {}
    for spec in specs:
        trunks.setdefault(spec.trunk_key, []).append(spec)
    jobs = []
    for trunk, group in trunks.items():
        rate = choose_throughput(throughput, str(group[0].describe().get("family", "")))
        jobs.append(Job(trunk, tuple(group), group[0].estimate(group, rate)))
    return sorted(jobs, key=lambda job: (-job.cost.cpu_seconds, job.trunk_key))


def measure_throughput(store: Store) -> dict[str, float]:
    """FLOP per CPU second of each family: the median over the runs done here; empty where nothing was."""
    rates: dict[str, list[float]] = {}
    for columns, seconds in store.list_costs():
        if columns.get("flops"):
            rates.setdefault(str(columns.get("family", "")), []).append(columns["flops"] / seconds)
    return {family: median(measured) for family, measured in rates.items()}


def choose_throughput(measured: Mapping[str, float], family: str) -> float:
    """The family's own, else that of the families measured, else a guess."""
    return measured.get(family) or (median(measured.values()) if measured else DEFAULT_FLOPS_PER_SECOND)
