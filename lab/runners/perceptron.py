"""Teaches a max-margin perceptron examples of a teacher perceptron, pruned by a probe (Sorscher et al. 2022).

The trunk is the pool of examples; its branches are what is kept of it, each by another band. Students of one pool are
not independent.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from lab.core.dials import build_from_dials, changed_dials
from lab.core.errors import InputError
from lab.runs.runner import Cost, Fields, Reporter, Result, Runner, Scalar
from lab.scaling.pruning.band import Band
from lab.scaling.pruning.perceptron import draw_pool, teach

SECONDS_PER_FLOP = 5e-11  # of the normal equations, one thread
STEPS = 12  # of the interior-point method, typically
MOST_NUMBERS = 2**28  # of a pool: 2 GiB


@dataclass(frozen=True)
class PerceptronFields:
    """The fields of a lesson.

    `alpha`: examples per dimension before pruning; `dimensions` of the inputs; `band`: what is kept, a table with the
    fields of `lab.scaling.pruning.band.Band`.
    """

    alpha: float
    dimensions: int
    seed: int = 0
    band: dict[str, Any] = field(default_factory=lambda: {"side": "random", "keep": 1.0})

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise InputError("perceptron.seed", self.seed, "must not be negative", "choose 0, 1, …")
        if self.dimensions < 2:
            raise InputError("perceptron.dimensions", self.dimensions, "at least 2", "choose, say, 100")
        if not 1 <= self.alpha * self.dimensions <= MOST_NUMBERS / self.dimensions:
            rule = f"at least one example, and no more than {MOST_NUMBERS:,} numbers in all"
            raise InputError("perceptron.alpha", self.alpha, rule, "choose fewer examples or fewer dimensions")
        _ = self.kept  # says what is wrong with the band

    @cached_property
    def kept(self) -> Band:
        """The band with its fields set."""
        return build_from_dials(Band, self.band, "perceptron.band")

    def estimate_seconds(self) -> float:
        """CPU seconds of this student: the normal equations of every step."""
        examples = self.alpha * self.dimensions * self.kept.keep
        return SECONDS_PER_FLOP * STEPS * (2 * examples * self.dimensions**2 + self.dimensions**3)


class PerceptronRunner(Runner):
    """One pool on one core, pruned in as many ways as were asked for."""

    horizon = "band"

    def identify(self, fields: Fields) -> dict[str, Any]:
        """Dials that differ from their default; the band always, whole."""
        checked = _check(fields)
        band = checked.kept
        return {**changed_dials(checked), "band": {"side": band.side, "keep": band.keep, "theta": band.theta}}

    def describe(self, fields: Fields) -> dict[str, Scalar]:
        """Everything known of a run before it runs."""
        checked = _check(fields)
        band = checked.kept
        return {
            "seed": checked.seed,
            "dimensions": checked.dimensions,
            "pool_ratio": checked.alpha,
            "kept_ratio": checked.alpha * band.keep,
            "kept_share": band.keep,
            "kept_side": band.side,
            "probe_degrees": band.theta,
        }

    def estimate(self, trunk: Sequence[Fields], flops_per_second: float) -> Cost:
        """Every student of the pool."""
        return Cost(0.0, sum(_check(fields).estimate_seconds() for fields in trunk), 0.0)

    def run(self, trunk: Sequence[Fields], reporter: Reporter) -> None:
        """Draws the pool, then emits a result for each band."""
        began, cpu = time.monotonic(), time.process_time()
        checked = [_check(fields) for fields in trunk]
        pool_PD = draw_pool(checked[0].alpha, checked[0].dimensions, checked[0].seed)
        for done, (fields, own) in enumerate(zip(trunk, checked, strict=True), 1):
            lesson = teach(pool_PD, own.kept)
            metrics = {"test_error": lesson.error, "margin": lesson.margin, "examples": float(lesson.examples)}
            totals = {"cpu_seconds": time.process_time() - cpu, "wall_seconds": time.monotonic() - began}
            reporter.emit(fields, Result("done", {**metrics, "solver_error": lesson.doubt}, totals=totals))
            began, cpu = time.monotonic(), time.process_time()  # the pool's own time goes with the first student
            reporter.advance(done, len(trunk))


runner = PerceptronRunner()


def _check(fields: Fields) -> PerceptronFields:
    return build_from_dials(PerceptronFields, fields, "perceptron")
