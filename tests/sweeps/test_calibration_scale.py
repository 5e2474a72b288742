"""Calibration against scale: five judges on nothing and on a plausible effect, and how their arms are known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from lab.core.seeds import open_stream
from lab.core.verdict import Outcome, Verdict
from lab.runs.spec import RunSpec
from lab.tables import Study, Tables
from lab.tables.frames import tidy_runs
from sweeps import calibration_scale as sweep
from tests.sweeps.chance import TRIALS, bracket, count_support, find_most_false

LUCK, BASE, LEFT = 0.001, 0.02, 0.001
DIRECTIONS = (sweep.GROWS, sweep.DATA, sweep.MENDS, sweep.CONVOLUTIONS)


def make_tables(margins: float = 4.0, seeds: int = 12, rng_seed: int = 0, left: float = 0.0) -> Tables:
    """Every claim of direction holds by `margins` of its margins; `left` is the effect of size after a temperature."""
    rng, plan = open_stream(rng_seed, "calibration"), sweep.presets["standard"]
    fields, rows = plan.list_specs()[0].fields, []
    for name, widths in plan.widths.items():
        for width, examples in plan.list_cells(name):
            place, amount = widths.index(width) - 1, plan.examples.index(examples) - 1
            before = BASE + margins * 0.002 * (0.5 * place - 0.5 * amount + (name != "mlp"))
            after = (LEFT if margins else before) + 0.5 * left * place
            own = {"family": {"name": name, "width": width}, "examples": examples}
            known = RunSpec("calibrate", {**fields, **own}).describe()
            for seed in range(seeds):
                gaps = before + LUCK * rng.standard_normal(), after + LUCK * rng.standard_normal()
                key = f"{name}-{width}-{examples}-{seed}"
                rows.append(
                    {**known, "seed": seed, "run_key": key, "trunk_key": key,
                     "status": "done", "stage": "grid", "loss_nats": 1.0, "temperature": 1.5,
                     "squared_gap": gaps[0], "squared_gap_recalibrated": gaps[1],
                     "smooth_error": abs(gaps[0]) ** 0.5, "smooth_error_recalibrated": abs(gaps[1]) ** 0.5,
                     "train_error": 0.0, "test_error": 0.1}
                )  # fmt: skip
    return Tables(Study("calibration_scale-standard", "calibration_scale", "standard"), tidy_runs(pd.DataFrame(rows)),
                  pd.DataFrame())  # fmt: skip


def judge(tables: Tables) -> dict[str, Verdict]:
    return {verdict.claim: verdict for verdict in sweep.judge(tables)}


@pytest.mark.parametrize("question", DIRECTIONS, ids=lambda question: question.claim)
def test_nothing_and_the_smallest_effect_are_support_one_time_in_forty(question: Any) -> None:
    assert count_support(question, LUCK) <= find_most_false(TRIALS)


def test_a_plausible_effect_is_supported_and_what_a_temperature_leaves_is_told() -> None:
    verdicts = judge(make_tables())
    assert {verdict.outcome for verdict in verdicts.values()} == {Outcome.SUPPORTED}
    assert {(v.estimate.n, v.estimate.unit, v.estimate.level) for v in verdicts.values()} == {(12, "", 0.95)}
    assert judge(make_tables(left=0.02))["temperature_levels"].outcome is Outcome.NOT_SUPPORTED
    opposite = judge(make_tables(margins=-4.0))
    for claim in ("size_miscalibrates", "data_calibrate", "convolutions_miscalibrate"):
        assert opposite[claim].outcome is Outcome.REVERSED, claim


def test_the_interval_is_students_of_differences_averaged_over_families() -> None:
    tables = make_tables(1.0)
    wide = tables.runs.pivot_table("squared_gap", "seed", ["family", "size", "examples"])
    expected = np.mean(
        [wide[name][widths[2]][1000] - wide[name][widths[0]][1000] for name, widths in sweep.WIDTHS.items()], axis=0
    )
    found = judge(tables)["size_miscalibrates"]
    estimate = found.estimate
    assert (estimate.value, estimate.low, estimate.high) == pytest.approx(bracket(list(expected)))
    assert len(found.run_keys) == len(set(found.run_keys)) == 2 * 3 * 12


def test_few_seeds_are_underpowered() -> None:
    for verdict in judge(make_tables(seeds=11)).values():
        assert verdict.outcome is Outcome.UNDERPOWERED and "lab run" in verdict.reason
