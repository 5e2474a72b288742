"""The contract of a sweep: it plans, cites its paper, asks for nothing twice and comes to an end."""

from __future__ import annotations

import itertools
import re
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from lab.core.errors import UnknownNameError
from lab.core.registry import open_shelf
from lab.runs.spec import RunSpec

NAMES = open_shelf("sweeps").names()
PRESETS = [(name, preset) for name in NAMES for preset in open_shelf("sweeps").load(name).presets]
EVERY = pytest.mark.parametrize("name", NAMES)
YEAR = re.compile(r"\b(19|20)\d\d\b")
MOST_STAGES = 12


def load_sweep(name: str) -> ModuleType:
    module: ModuleType = open_shelf("sweeps").load(name)
    return module


def pretend_run(specs: list[RunSpec], best_rate: float) -> pd.DataFrame:
    """The table these runs would leave, with the lowest loss at `best_rate` for every size and horizon."""
    rows = []
    for spec in specs:
        row = open_shelf("runners").load(spec.runner).describe(spec.fields)
        octaves = np.log2(row.get("learning_rate", best_rate) / best_rate)  # not every run has a rate
        rows.append({**row, "run_key": spec.key, "stage": spec.stage, "status": "done", "loss_nats": 1 + octaves**2})
    return pd.DataFrame(rows)


def play_out(module: ModuleType, preset: str, best_rate: float) -> list[dict[str, RunSpec]]:
    """What the sweep asks for, stage by stage, until nothing new comes."""
    asked: list[dict[str, RunSpec]] = []
    table = pd.DataFrame()
    for _ in range(MOST_STAGES):
        wanted = {spec.key: spec for spec in module.specs(preset, table)}
        if asked and wanted.keys() == asked[-1].keys():
            return asked
        asked.append(wanted)
        table = pretend_run(list(wanted.values()), best_rate)
    raise AssertionError(f"still asking after {MOST_STAGES} stages")


@EVERY
def test_it_asks_a_question_and_cites_a_paper_with_its_year(name: str) -> None:
    module = load_sweep(name)
    assert module.title and module.question.endswith("?")
    assert YEAR.search(module.citation)
    assert YEAR.search(module.__doc__ or ""), "the docstring cites what it tests"


@EVERY
def test_its_figures_stand_on_the_shelf(name: str) -> None:
    assert load_sweep(name).figures
    assert set(load_sweep(name).figures) <= set(open_shelf("figures").names())


@EVERY
def test_it_has_a_smoke_preset_and_names_the_others_for_a_typo(name: str) -> None:
    module = load_sweep(name)
    assert "smoke" in module.presets
    with pytest.raises(UnknownNameError, match="did you mean 'smoke'"):
        module.specs("smok", pd.DataFrame())


@pytest.mark.parametrize(("name", "preset"), PRESETS)
@pytest.mark.parametrize("best_rate", [0.02, 2.0**-10, 2.0])
def test_it_comes_to_an_end_and_never_takes_back_a_run(name: str, preset: str, best_rate: float) -> None:
    stages = play_out(load_sweep(name), preset, best_rate)
    for earlier, later in itertools.pairwise(stages):
        assert earlier.keys() < later.keys()
    last = stages[-1]
    assert {spec.stage for spec in last.values()} <= {"search", "verify", "grid"}
    assert any(spec.stage == "grid" for spec in last.values())


@pytest.mark.parametrize(("name", "preset"), PRESETS)
def test_the_same_table_gets_the_same_answer(name: str, preset: str) -> None:
    first, again = (load_sweep(name).specs(preset, pd.DataFrame()) for _ in range(2))
    assert [spec.key for spec in first] == [spec.key for spec in again]
    branched = [spec for spec in first if open_shelf("runners").load(spec.runner).horizon]
    assert {spec.trunk_key for spec in branched}.isdisjoint(spec.key for spec in branched)
