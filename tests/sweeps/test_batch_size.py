"""The critical batch, on runs of Kaplan's law at every batch and on runs whose batch does not matter."""

from __future__ import annotations

from lab.core.verdict import Outcome, Verdict
from lab.tables import Tables
from sweeps.batch_size import judge, presets
from tests.studies.batch_sizes import THETA, make_tables


def judge_all(tables: Tables) -> dict[str, Verdict]:
    return {verdict.claim: verdict for verdict in judge(tables)}


def test_a_critical_batch_that_grows_is_found() -> None:
    verdict = judge_all(make_tables())["critical_batch_grows"]
    assert verdict.outcome is Outcome.SUPPORTED and verdict.estimate.contains(1 / THETA["alpha_B"]), verdict


def test_every_batch_searches_its_own_rates_around_a_root_law() -> None:
    middles = {grid.fields["batch_tokens"]: sorted(grid.rates)[1] for grid in presets["standard"]}
    assert middles[2048] == 0.02 and middles[8192] == 0.04 and middles[512] == 0.01
