"""The judge of probed nets: nothing, the margin, a plausible effect, few trunks; what stands in a trunk's place."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lab.core.verdict import Outcome
from sweeps import Question
from sweeps import tokenisable_text as sweep
from tests.studies.tokenised_samples import WIDTHS, make_tables
from tests.sweeps.chance import TRIALS, bracket, count_support, find_most_false

ASKED = (sweep.RISES["lstm"], sweep.KNOWS["lstm"], sweep.RISES["transformer"], sweep.KNOWS["transformer"])


@pytest.mark.parametrize("question", ASKED, ids=lambda question: question.claim)
def test_nothing_and_the_smallest_effect_are_support_one_time_in_forty(question: Question) -> None:
    """By the interval that the next test finds in the verdicts."""
    assert count_support(question, 0.01) <= find_most_false(TRIALS)


def test_the_interval_is_students_over_trunks() -> None:
    tables = make_tables(rise=0.01, gain=0.05)
    verdicts = {verdict.claim: verdict for verdict in sweep.judge(tables)}
    assert [verdict.claim for verdict in sweep.judge(tables)] == [question.claim for question in ASKED]
    for family in WIDTHS:
        runs = tables.runs[tables.runs["family"].eq(family)].sort_values("tokens")
        ladder = [own["tokenised_share"].to_numpy(float) for _, own in runs.groupby("trunk_key")]
        octaves = np.arange(6) - 2.5
        slopes = [float(octaves @ own / (octaves @ octaves)) for own in ladder]
        last = runs[runs["tokens"].eq(2**21)]
        gains = list(last["string_auc"] - last["string_untrained_auc"])
        for claim, values in (("share_rises", slopes), ("string_unit", gains)):
            found = verdicts[f"{family}_{claim}"].estimate
            assert found.n == 12
            assert (found.value, found.low, found.high) == pytest.approx(bracket(values))


@pytest.mark.parametrize(("sign", "outcome"), [(1.0, Outcome.SUPPORTED), (-1.0, Outcome.REVERSED)])
def test_a_plausible_effect_is_seen_with_its_sign(sign: float, outcome: Outcome) -> None:
    for verdict in sweep.judge(make_tables(0.05 * sign, 0.2 * sign)):
        assert verdict.outcome is outcome, verdict


def test_few_trunks_or_one_horizon_are_underpowered() -> None:
    for verdict in sweep.judge(make_tables(seeds=11)):
        assert verdict.outcome is Outcome.UNDERPOWERED and "overnight" in verdict.reason
    rises = [verdict for verdict in sweep.judge(make_tables(horizons=(2**18,))) if "rises" in verdict.claim]
    assert [verdict.outcome for verdict in rises] == 2 * [Outcome.UNDERPOWERED]


def test_a_few_larger_nets_do_not_stand_beside_the_others() -> None:
    tables = make_tables()
    runs = tables.runs.copy()
    larger = runs[runs["seed"].eq(0)].assign(size=500, tokenised_share=0.0)
    larger["trunk_key"] += "x"
    both = replace(tables, runs=pd.concat([runs, larger], ignore_index=True))
    assert [v.estimate for v in sweep.judge(both)] == [v.estimate for v in sweep.judge(tables)]
