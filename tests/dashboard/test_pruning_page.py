"""The page of data pruning: the theory without any study, and the figures of one."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.notices import FAULT, REFUSAL
from lab.scaling.pruning.band import Band
from lab.scaling.pruning.theory import solve_student
from tests.studies.pruning import make_tables


def draw_page() -> None:
    from dashboard.pages.pruning import render

    render(None)


def draw_study() -> None:
    import dashboard.pages.pruning as module
    from lab.tables import Study

    module.render(Study("pruning", "pruning_perceptron"))


def read(page: AppTest) -> str:
    kinds = ("title", "header", "subheader", "markdown", "text", "caption", "code")
    return "\n".join(str(element.value) for kind in kinds for element in page.get(kind))


@pytest.fixture(autouse=True)
def empty_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_STORE", str(tmp_path / "lab.db"))
    monkeypatch.setenv("LAB_ARCHIVES", str(tmp_path))


def test_the_theory_answers_to_its_sliders() -> None:
    page = AppTest.from_function(draw_page, default_timeout=120)
    page.run()
    assert not page.exception and FAULT not in read(page) and REFUSAL not in read(page)
    assert "lab run pruning_perceptron" in read(page)
    assert {m.label: m.value for m in page.metric}["Easy"] == f"{solve_student(2.0, Band('easy', 0.5)).error:.4f}"
    page.slider(key="pruning.examples_per_dimension").set_value(40.0)
    page.slider(key="pruning.probe_degrees").set_value(20).run()
    shown = {m.label: float(m.value) for m in page.metric}
    assert shown["Hard"] == pytest.approx(solve_student(40.0, Band("hard", 0.5, 20.0)).error, abs=1e-4)
    assert shown["All"] < shown["Hard"] < shown["Easy"]


def test_a_study_shows_its_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.pages.pruning.read_tables", lambda study: make_tables(seeds=3))
    page = AppTest.from_function(draw_study, default_timeout=120)
    page.run()
    assert not page.exception and FAULT not in read(page)
    assert [tab.label for tab in page.tabs] == ["Curves", "Finite dimensions"]
    assert "Error against the examples kept" in read(page)
