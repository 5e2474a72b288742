"""The judge of dropout: nothing, the least effect, a plausible one, few seeds; cells are found by their dials."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from lab.core.seeds import open_stream
from lab.core.verdict import Outcome, Verdict
from lab.tables import Study, Tables
from sweeps import Question
from sweeps import dropout_width as sweep
from tests.sweeps.chance import TRIALS, bracket, count_support, find_most_false

PLAN = sweep.presets["standard"]
DESCRIBED = {cell: PLAN.make_spec(cell, 0).describe() for cell in sweep.CELLS}


def make_rows(effect: float, seeds: int, rng: np.random.Generator) -> pd.DataFrame:
    """Every gain `effect` margins: of little text twice what it is elsewhere, and the recurrence costs one."""
    rows = []
    for cell, known in DESCRIBED.items():
        scheme, size, narrow = cell
        twice = 2 if size == sweep.LITTLE and not narrow else 1
        loss = {sweep.NONE: 0.0, sweep.FEEDFORWARD: -twice, sweep.ALL: -twice + 1}[scheme] * 0.02 * effect
        drawn = 2.0 + loss + 0.01 * rng.standard_normal(seeds)
        rows += [
            {**known, "run_key": f"{cell}{seed}", "seed": seed, "status": "done", "loss_nats": drawn[seed]}
            for seed in range(seeds)
        ]
    return pd.DataFrame(rows)


def judge(rows: pd.DataFrame) -> list[Verdict]:
    return sweep.judge(Tables(Study("drop", "dropout_width", "standard"), rows, pd.DataFrame()))


@pytest.mark.parametrize(("question", "arms"), [(sweep.HELPS, 2), (sweep.SPARES, 2), (sweep.WIDER, 4), (sweep.LESS, 4)])
def test_nothing_and_the_smallest_effect_are_support_one_time_in_forty(question: Question, arms: int) -> None:
    """By the interval that the next test finds in the verdicts."""
    assert count_support(question, 0.01 * np.sqrt(arms)) <= find_most_false(TRIALS)


@pytest.mark.parametrize("effect", [0.0, 0.5])
def test_the_interval_is_students_of_the_differences(effect: float) -> None:
    rows = make_rows(effect, 12, open_stream(0, "dropout"))
    losses = rows["loss_nats"].to_numpy().reshape(len(sweep.CELLS), 12)
    none, dropped, everywhere, narrow_none, narrow, more_none, more = losses
    gain = none - dropped
    differences = (gain, everywhere - dropped, gain - (narrow_none - narrow), gain - (more_none - more))
    for verdict, values in zip(judge(rows), differences, strict=True):
        found = verdict.estimate
        assert (found.value, found.low, found.high) == pytest.approx(bracket(list(values)))


@pytest.mark.parametrize(("sign", "outcome"), [(5.0, Outcome.SUPPORTED), (-5.0, Outcome.REVERSED)])
def test_a_plausible_effect_is_seen_with_its_sign(sign: float, outcome: Outcome) -> None:
    verdicts = judge(make_rows(sign, 12, open_stream(1, "dropout")))
    assert len(verdicts) == 4
    for verdict in verdicts:
        assert verdict.outcome is outcome and verdict.estimate.n == 12, verdict
    assert [v.estimate.value for v in verdicts] == pytest.approx([0.04 * sign, *3 * [0.02 * sign]], abs=0.03)


def test_few_seeds_are_underpowered() -> None:
    for verdict in judge(make_rows(5.0, 11, open_stream(2, "dropout"))):
        assert verdict.outcome is Outcome.UNDERPOWERED and "overnight" in verdict.reason


def test_cells_are_told_apart_by_their_columns() -> None:
    assert len({(known["dials"], known["size"]) for known in DESCRIBED.values()}) == len(sweep.CELLS)
