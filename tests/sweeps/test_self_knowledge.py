"""The judge of examined models: nothing, the margins, a plausible effect, few seeds."""

from __future__ import annotations

import numpy as np
import pytest

from lab.core.verdict import Outcome
from sweeps import Question
from sweeps import self_knowledge as sweep
from tests.studies.self_knowledge import WIDTHS, make_tables
from tests.sweeps.chance import TRIALS, bracket, count_support, find_most_false

ASKED = (sweep.CALIBRATION, sweep.SHOTS, sweep.NONE, sweep.P_TRUE, sweep.P_IK)


@pytest.mark.parametrize("question", ASKED, ids=lambda question: question.claim)
def test_nothing_and_the_smallest_effect_are_support_one_time_in_forty(question: Question) -> None:
    """By the interval that the next test finds in the verdicts."""
    assert count_support(question, 0.01) <= find_most_false(TRIALS)


def test_the_interval_is_students_over_seeds() -> None:
    tables = make_tables()
    found = {verdict.claim: verdict.estimate for verdict in sweep.judge(tables)}
    assert list(found) == [question.claim for question in ASKED]
    last = tables.runs[tables.runs["tokens"].eq(2**21)].sort_values(["seed", "size"])
    largest = last[last["size"].eq(64)]
    doublings = np.log2(list(WIDTHS.values()))
    centred = doublings - doublings.mean()
    errors = last["shots_rms"].to_numpy(float).reshape(12, 3)
    expected = {
        "size_calibrates": list(-(errors @ centred) / (centred @ centred)),
        "examples_calibrate": list(largest["choice_rms"] - largest["shots_rms"]),
        "none_hurts": list(largest["choice_accuracy"] - largest["none_accuracy"]),
        "p_true": list(largest["p_true_auc"] - 0.5),
        "p_ik": list(largest["p_ik_off_auc"] - 0.5),
    }
    for claim, values in expected.items():
        assert found[claim].n == 12
        assert (found[claim].value, found[claim].low, found[claim].high) == pytest.approx(bracket(values)), claim


@pytest.mark.parametrize(("sign", "outcome"), [(1.0, Outcome.SUPPORTED), (-1.0, Outcome.REVERSED)])
def test_a_plausible_effect_is_seen_with_its_sign(sign: float, outcome: Outcome) -> None:
    for verdict in sweep.judge(make_tables(0.02 * sign, 0.03 * sign, 0.1 * sign, 0.2 * sign)):
        assert verdict.outcome is outcome, verdict


def test_few_seeds_or_one_size_are_underpowered() -> None:
    for verdict in sweep.judge(make_tables(seeds=11)):
        assert verdict.outcome is Outcome.UNDERPOWERED and "overnight" in verdict.reason
    assert sweep.judge(make_tables(widths=(64,)))[0].outcome is Outcome.UNDERPOWERED
