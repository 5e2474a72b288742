"""Runs an automaton and measures what it looks like: code lengths of its fine and coarse states, beside a surrogate's.

The trunk is the automaton's run; its branches are views of it, which see the same states through another grain, another
number of buckets or another code. Runs of one trunk are not independent.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.complexity.automaton import Automaton
from lab.complexity.code import Code
from lab.complexity.trajectory import choose_moves, find_peak, follow, measure_frames
from lab.core.dials import build_from_dials, changed_dials
from lab.core.errors import InputError
from lab.runs.runner import Cost, Fields, Reporter, Result, Runner, Scalar
from lab.runs.spec import build_entry, identify_instance, label_entry

SECONDS_PER_ATTEMPT = 2e-9  # of a cell's turn; all automata here make some 10⁸ to 10⁹ of them a second
SECONDS_PER_SYMBOL = 4e-7  # deflate at its hardest, six squares a snapshot
BYTES_PER_POINT = 90
MOST_TURNS = 1e13  # cells' turns of one run; beyond, it would take hours


@dataclass(frozen=True)
class View:
    """How a state is seen: `grain` g, cells along the averaged square; `buckets`, 2 to 7; `code`, a table with the name
    and dials of an entry of the codes shelf.
    """

    grain: int = 10
    buckets: int = 3
    code: dict[str, Any] = field(default_factory=lambda: {"name": "deflate"})

    def __post_init__(self) -> None:
        if self.grain < 1:
            raise InputError("simulate.view.grain", self.grain, "at least 1 cell", "choose, say, 10")
        if not 2 <= self.buckets <= 7:
            raise InputError("simulate.view.buckets", self.buckets, "2 to 7 buckets", "the paper takes 3, and 7")
        _ = self.length  # says what is wrong with the code

    @cached_property
    def length(self) -> Code:
        """The code with its dials set."""
        code: Code = build_entry("codes", self.code)
        return code


@dataclass(frozen=True)
class SimulateFields:
    """The fields of a simulation.

    `automaton`: a table with a `name` and dials; `side`: n, cells along the square, even; `until`: its end in time
    scales τ of the automaton; `snapshots`: times at which it is looked at; `view`: how (`View`).
    """

    automaton: dict[str, Any]
    side: int
    seed: int = 0
    until: float = 4.0
    snapshots: int = 40
    view: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise InputError("simulate.seed", self.seed, "must not be negative", "choose 0, 1, …")
        if not 2 <= self.snapshots <= 2000:
            raise InputError("simulate.snapshots", self.snapshots, "2 to 2000", "choose, say, 40")
        if self.until <= 0 or self._count_turns() > MOST_TURNS:
            rule = f"positive, and no more than {MOST_TURNS:g} turns of cells in all"
            raise InputError("simulate.until", self.until, rule, "choose, say, 4 time scales")

    def _count_turns(self) -> float:
        """Turns of cells the run has: sweeps times n²."""
        self.model.start(self.side, self.seed)  # says what is wrong with the side
        return self.until * self.model.find_timescale(self.side) / self.model.count_sweep(self.side) * self.side**2

    @cached_property
    def model(self) -> Automaton:
        """The automaton with its dials set."""
        automaton: Automaton = build_entry("automata", self.automaton)
        return automaton

    @cached_property
    def sight(self) -> View:
        """The view with its dials set."""
        return build_from_dials(View, self.view, "simulate.view")

    @property
    def moves(self) -> NDArray[np.int64]:
        """The moves at which snapshots are taken."""
        return choose_moves(self.model, self.side, self.until, self.snapshots)

    def estimate_seconds(self) -> tuple[float, float]:
        """CPU seconds of the automaton itself and of one view."""
        return SECONDS_PER_ATTEMPT * self._count_turns(), SECONDS_PER_SYMBOL * self.snapshots * 6 * self.side**2


class SimulateRunner(Runner):
    """One automaton on one core, seen in as many ways as were asked for."""

    horizon = "view"

    def identify(self, fields: Fields) -> dict[str, Any]:
        """Dials that differ from their default, entries with their version or file hash; the view always."""
        checked = _check_fields(fields)
        identity = changed_dials(checked)
        identity["automaton"] = identify_instance("automata", checked.automaton, checked.model)
        code = identify_instance("codes", checked.sight.code, checked.sight.length)
        identity["view"] = {**changed_dials(checked.sight), "code": code}
        return identity

    def describe(self, fields: Fields) -> dict[str, Scalar]:
        """Everything known of a run before it runs."""
        checked = _check_fields(fields)
        view = checked.sight
        return {
            "automaton": label_entry(checked.automaton["name"], checked.model),
            "code": label_entry(view.code["name"], view.length),
            "seed": checked.seed,
            "side": checked.side,
            "grain": view.grain,
            "buckets": view.buckets,
        }

    def estimate(self, trunk: Sequence[Fields], flops_per_second: float) -> Cost:
        """The automaton once, every view of it."""
        checked = [_check_fields(fields) for fields in trunk]
        run, view = checked[0].estimate_seconds()
        points = checked[0].snapshots * len(trunk)
        return Cost(0.0, run + view * len(trunk), BYTES_PER_POINT * points)

    def run(self, trunk: Sequence[Fields], reporter: Reporter) -> None:
        """Runs the automaton, then emits a result for each view."""
        began, cpu = time.monotonic(), time.process_time()
        checked = [_check_fields(fields) for fields in trunk]
        first, frames = checked[0], []
        for frame in follow(first.model, first.side, first.seed, first.moves):
            frames.append(frame)
            reporter.advance(len(frames), 2 * first.snapshots)
        chi_squares = np.array([frame.row_chi_square for frame in frames])
        rows = float(np.nanmean(chi_squares)) if np.isfinite(chi_squares).any() else None
        for done, (fields, own) in enumerate(zip(trunk, checked, strict=True), 1):
            view = own.sight
            curve = measure_frames(own.model, frames, view.grain, view.buckets, view.length)
            result = Result(
                "done",
                {**summarize_curve(curve), "row_chi_square": rows},
                curve,
                totals={"cpu_seconds": time.process_time() - cpu, "wall_seconds": time.monotonic() - began},
            )
            began, cpu = time.monotonic(), time.process_time()  # the automaton's own time goes with the first view
            reporter.emit(fields, result)
            reporter.advance(first.snapshots * (1 + done / len(trunk)), 2 * first.snapshots)


def summarize_curve(curve: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """The peaks of a run and of its surrogate, bits, and the time of the coarse one, sweeps."""
    times, peaks = np.array(curve["sweeps"]), {}
    for name in ("entropy", "complexity", "adjusted"):
        for lead in ("", "surrogate_"):
            peaks[f"{lead}peak_{name}_bits"] = find_peak(times, np.array(curve[f"{lead}{name}_bits"]))[1]
    return {**peaks, "peak_sweeps": find_peak(times, np.array(curve["complexity_bits"]))[0]}


runner = SimulateRunner()


def _check_fields(fields: Fields) -> SimulateFields:
    return build_from_dials(SimulateFields, fields, "simulate")
