"""Grading: sealed forecasts against the runs that came after, and the lab's own calibration score.

A run counts if it is the one foretold (its recipe, N and D within 1 %, any seed) and was stored after the sealing. A
forecast of the mean of k runs is graded on the first k that arrive: later ones cannot better it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import betaincinv

from lab.analysis.forecasts.outlook import LEVELS, Outlook, read_outlook
from lab.analysis.forecasts.sealing import find_matches
from lab.analysis.selection import select_runs
from lab.core.estimate import Estimate
from lab.core.replicates import average_replicates
from lab.runs.ledger import Entry
from lab.tables import Tables

UNIT = "independent forecasts"


@dataclass(frozen=True)
class Grade:
    """An entry of the ledger and what came of it.

    `state` is 'open', 'graded' or 'damaged'; `reason` says what an open one waits for. `run_keys` are the runs it was
    graded on, `imported` whether some of them were trained elsewhere, so that only their arrival here is known. The
    error is foretold − observed, in the measure's unit; `error_reducible` is relative to the observed loss above the
    floor (the known one, else the fitted E); NaN until it is graded.
    """

    entry: Entry
    state: str
    reason: str = ""
    run_keys: tuple[str, ...] = ()
    imported: bool = False
    observed: float = math.nan
    error: float = math.nan
    error_relative: float = math.nan
    error_reducible: float = math.nan
    z: float = math.nan
    rank: float = math.nan
    score: float = math.nan

    @property
    def outlook(self) -> Outlook | None:
        """What was foretold; None for a damaged entry."""
        return read_outlook(self.entry.content["outlook"]) if self.state != "damaged" else None

    @property
    def measure(self) -> str:
        """The column foretold; '' for a damaged entry."""
        return self.outlook.measure if self.outlook else ""

    def holds(self, level: float = 0.95) -> bool:
        """Whether the interval at `level` held the observed value."""
        return abs(self.rank - 0.5) <= level / 2

    def to_dict(self) -> dict[str, Any]:
        """Literals for JSON: the sealed content, its hash, and the grade."""
        graded = self.state == "graded"
        numbers = ("observed", "error", "error_relative", "error_reducible", "z", "rank", "score")
        return {
            "number": self.entry.number,
            "sealed_at": self.entry.sealed_at,
            "hash": self.entry.hash,
            "state": self.state,
            "reason": self.reason,
            "sealed": dict(self.entry.content),
            "run_keys": list(self.run_keys),
            "imported": self.imported,
            "inside": {f"{level:g}": self.holds(level) for level in LEVELS} if graded else None,
            **{name: getattr(self, name) if graded else None for name in numbers},
        }


def grade_forecasts(entries: Sequence[Entry], studies: Iterable[Tables]) -> list[Grade]:
    """Every entry with its grade, against the finished runs of `studies`."""
    opened = list(studies)
    return [grade_forecast(entry, opened) if entry.intact else Grade(entry, "damaged") for entry in entries]


def grade_forecast(entry: Entry, studies: Sequence[Tables]) -> Grade:
    """One entry against the runs that were stored after it was sealed, in the order they came."""
    outlook = read_outlook(entry.content["outlook"])
    parts = [_find_arrivals(entry, tables) for tables in studies]
    found = pd.concat([rows for rows, _ in parts]) if parts else pd.DataFrame()
    reasons = [reason for _, reason in parts if reason]
    if len(found):
        found = found[np.isfinite(found[outlook.measure].to_numpy(float))]
        found = found.drop_duplicates("run_key").sort_values(["finished_at", "run_key"]).head(outlook.runs)
    if len(found) < outlook.runs:
        waits = f"{len(found)} of {outlook.runs} runs" if outlook.runs > 1 else "the run"
        return Grade(entry, "open", "; ".join([f"waits for {waits}", *reasons]))
    values = found[outlook.measure].to_numpy(float)
    center = float(np.mean([outlook.read(value) for value in values]))  # a mean on the scale of the forecast
    observed = outlook.write(center)
    known = float(found["floor_nats"].astype(float).iloc[0])
    floor = known if math.isfinite(known) else _find_constant(entry)
    error = outlook.value - observed
    return Grade(
        entry,
        "graded",
        run_keys=tuple(found["run_key"]),
        imported=bool(found["imported"].any()),
        observed=observed,
        error=error,
        error_relative=error / observed,
        error_reducible=error / (observed - floor) if outlook.measure == "loss_nats" else math.nan,
        z=outlook.standardize(observed),
        rank=outlook.rank(observed),
        score=outlook.score(observed),
    )


def calibrate(grades: Sequence[Grade]) -> list[Estimate]:
    """The lab's own calibration: coverage of every nominal level, mean z and its square, mean log score per measure.

    Forecasts of one run share its luck, and forecasts from one fit its error: those that share either, directly or
    through others, are one unit. Coverage is the mean over units of the share of their forecasts that held, with the
    interval of Clopper & Pearson 1934 for that many units.
    """
    graded = [grade for grade in grades if grade.state == "graded"]
    units = find_units(graded)
    found = [
        estimate_share(f"coverage of the {level:.0%} interval", _average(units, [g.holds(level) for g in graded]))
        for level in LEVELS
    ]
    found.append(average_replicates("mean z", _average(units, [g.z for g in graded]), what=UNIT))
    found.append(average_replicates("mean z²", _average(units, [g.z**2 for g in graded]), what=UNIT))
    for measure in sorted({g.measure for g in graded}):
        own = [(unit, g.score) for unit, g in zip(units, graded, strict=True) if g.measure == measure]
        scores = _average(*zip(*own, strict=True))
        found.append(average_replicates(f"mean log score of {measure}", scores, "nats", what=UNIT))
    return found


def find_units(grades: Sequence[Grade]) -> list[int]:
    """The independent unit of every graded forecast: the number of the first one it is linked to by a run it was
    graded on or by the data (their hash) of a law it rests on.
    """
    units: list[int] = []
    owner: dict[str, int] = {}  # of a run or of data
    for number, grade in enumerate(grades):
        ties = [*grade.run_keys, *(law["data_hash"] for law in grade.entry.content["laws"])]
        linked = {owner[tie] for tie in ties if tie in owner}
        unit = min(linked, default=number)
        units = [unit if other in linked else other for other in units] + [unit]
        owner = {tie: unit if other in linked else other for tie, other in owner.items()} | dict.fromkeys(ties, unit)
    return units


def tabulate_grades(grades: Sequence[Grade]) -> pd.DataFrame:
    """A row per forecast: what was foretold of which run by which law, and, once graded, how it went."""
    return pd.DataFrame([_describe_grade(grade) for grade in grades])


def _describe_grade(grade: Grade) -> dict[str, Any]:
    entry, outlook = grade.entry, grade.outlook
    if outlook is None:
        return {"number": entry.number, "sealed_at": entry.sealed_at, "state": "damaged"}
    low, high = outlook.bracket(0.95)
    state = grade.state if grade.state == "open" else "inside" if grade.holds() else "outside"
    return {
        "number": entry.number,
        "sealed_at": entry.sealed_at,
        "run": ", ".join(f"{name} {value:.4g}" for name, value in entry.content["at"].items()),
        "law": " → ".join(law["law"] for law in entry.content["laws"]),
        "foretold": outlook.value,
        "low": low,
        "high": high,
        "observed": grade.observed,
        "error": grade.error,
        "error_reducible": grade.error_reducible,
        "z": grade.z,
        "state": state,
        "reason": grade.reason,
    }


def estimate_share(name: str, shares: Sequence[float], level: float = 0.95) -> Estimate:
    """The mean of shares in [0, 1], one per independent unit, with the binomial interval of Clopper & Pearson 1934.

    It is exact where every share is 0 or 1 and conservative where some are fractions: these spread less.
    """
    n = len(shares)
    if not n:
        return Estimate(name, math.nan, level=level, method="no forecast is graded yet")
    held, tail = float(np.sum(shares)), (1 - level) / 2
    low = float(betaincinv(held, n - held + 1, tail)) if held > 0 else 0.0
    high = float(betaincinv(held + 1, n - held, 1 - tail)) if held < n else 1.0
    told = "" if all(share in (0, 1) for share in shares) else ", conservative for shares"
    return Estimate(name, held / n, low, high, level, "", f"Clopper–Pearson{told}, {n} {UNIT}", n)


def _average(units: Sequence[int], values: Sequence[float]) -> list[float]:
    """The mean of the values of each unit, in the order of the units."""
    means: dict[int, list[float]] = {}
    for unit, value in zip(units, values, strict=True):
        means.setdefault(unit, []).append(float(value))
    return [float(np.mean(own)) for own in means.values()]


def _find_arrivals(entry: Entry, tables: Tables) -> tuple[pd.DataFrame, str]:
    """The runs of a study that may grade the entry; or why those that are like them may not."""
    at, recipe = entry.content["at"], entry.content["recipe"]
    own = find_matches(tables.runs, {}, recipe)
    if entry.content["outlook"]["measure"] not in own:
        return own.iloc[:0], ""
    there = find_matches(own, at, {})
    if there.empty:
        return there, ""
    later = there[(there["finished_at"] > entry.sealed_at) & there["status"].eq("done")]
    selected = select_runs(replace(tables, runs=own))
    fit = later[later["run_key"].isin(selected.rows["run_key"])].assign(imported=tables.study.origin == "import")
    if len(fit):
        return fit, ""
    excluded = selected.excluded.set_index("run_key")["reason"].to_dict()
    key = there["run_key"].iloc[0]
    why = excluded.get(key) or "its time is not known to be after the sealing"
    return fit, f"run {key} does not count: {why}"


def _find_constant(entry: Entry) -> float:
    return float(entry.content["laws"][0]["parameters"].get("E", math.nan))
