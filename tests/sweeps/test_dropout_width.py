"""The judge of dropout: nothing, the least effect, a plausible one, few seeds; cells are found by their dials."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest

from lab.core.seeds import open_stream
from lab.core.verdict import Outcome, Verdict
from lab.tables import Study, Tables
from sweeps import dropout_width as sweep

TRIALS, MOST_FALSE = 60, 6  # at 2.5 % each, seven or more of 60 have odds of 0.1 %
PLAN = sweep.presets["standard"]
DESCRIBED = {cell: PLAN.make_spec(cell, 0).describe() for cell in sweep.CELLS}


def judge(effect: float, seeds: int, rng: np.random.Generator) -> list[Verdict]:
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
    return sweep.judge(Tables(Study("drop", "dropout_width", "standard"), pd.DataFrame(rows), pd.DataFrame()))


def test_nothing_is_seldom_taken_for_something() -> None:
    supported, rng = Counter[tuple[float, str]](), open_stream(0, "dropout")
    for effect in (0.0, 0.5):  # half a margin of gain is a whole one on little text: the smallest effect
        for _ in range(TRIALS):
            supported.update((effect, v.claim) for v in judge(effect, 12, rng) if v.outcome is Outcome.SUPPORTED)
    assert max(supported.values(), default=0) <= MOST_FALSE, supported


@pytest.mark.parametrize(("sign", "outcome"), [(5.0, Outcome.SUPPORTED), (-5.0, Outcome.REVERSED)])
def test_a_plausible_effect_is_seen_with_its_sign(sign: float, outcome: Outcome) -> None:
    verdicts = judge(sign, 12, open_stream(1, "dropout"))
    assert len(verdicts) == 4
    for verdict in verdicts:
        assert verdict.outcome is outcome and verdict.estimate.n == 12, verdict
    assert [v.estimate.value for v in verdicts] == pytest.approx([0.04 * sign, *3 * [0.02 * sign]], abs=0.03)


def test_few_seeds_are_underpowered() -> None:
    for verdict in judge(5.0, 11, open_stream(2, "dropout")):
        assert verdict.outcome is Outcome.UNDERPOWERED and "overnight" in verdict.reason


def test_cells_are_told_apart_by_their_columns() -> None:
    assert len({(known["dials"], known["size"]) for known in DESCRIBED.values()}) == len(sweep.CELLS)
