"""The judge of the compressor on synthetic stretches: nothing saved, the smallest that matters, a plausible saving."""

from __future__ import annotations

import pytest

from lab.core.verdict import Outcome, Verdict
from sweeps.neural_compression import judge
from tests.studies.compressed_text import SHARES, make_tables

TRIALS, MOST_FALSE = 40, 3  # at 2.5 % each, four or more of forty have odds of 1.8 %


def judge_shares(mixture: float, network: float, stretches: int = 12, rng_seed: int = 0) -> dict[str, Verdict]:
    nets = {"mixture": {"lstm": mixture}, "network": {"lstm": network}}
    tables = make_tables(stretches, {**SHARES, **nets}, rng_seed)
    return {verdict.claim: verdict for verdict in judge(tables)}


@pytest.mark.parametrize("saved", [0.0, 0.01], ids=["nothing", "the margin"])
def test_chance_is_seldom_taken_for_a_saving(saved: float) -> None:
    found = [judge_shares(1 - saved, 1 - saved, rng_seed=trial) for trial in range(TRIALS)]
    for claim in ("mixture_beats_xz", "network_beats_xz"):
        assert sum(verdicts[claim].outcome is Outcome.SUPPORTED for verdicts in found) <= MOST_FALSE


def test_a_plausible_saving_is_found_and_a_loss_is_reversed() -> None:
    verdicts = judge_shares(0.78, 1.7)
    assert verdicts["mixture_beats_xz"].outcome is Outcome.SUPPORTED
    assert verdicts["mixture_beats_xz"].estimate.value == pytest.approx(0.22, abs=0.02)
    assert verdicts["network_beats_xz"].outcome is Outcome.REVERSED
    assert verdicts["network_helps_contexts"].outcome is Outcome.SUPPORTED
    assert judge_shares(0.84, 1.7)["network_helps_contexts"].outcome is Outcome.REVERSED
    assert len(verdicts["mixture_beats_xz"].run_keys) == 24 and verdicts["mixture_beats_xz"].estimate.n == 12


def test_eleven_stretches_do_not_settle_it() -> None:
    for verdict in judge_shares(0.5, 0.5, stretches=11).values():
        assert verdict.outcome is Outcome.UNDERPOWERED and "needs 12 independent units" in verdict.reason
