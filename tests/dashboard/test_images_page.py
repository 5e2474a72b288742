"""The page of small pictures: a hint without a study, the figures of one with."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.notices import FAULT, REFUSAL
from tests.studies.images import make_tables


def draw_page() -> None:
    from dashboard.pages.images import render

    render(None)


def draw_study() -> None:
    import dashboard.pages.images as module
    from lab.tables import Study

    module.render(Study("depth_degradation-standard", "depth_degradation"))


def read(page: AppTest) -> str:
    kinds = ("title", "header", "subheader", "markdown", "text", "caption", "code")
    return "\n".join(str(element.value) for kind in kinds for element in page.get(kind))


@pytest.fixture(autouse=True)
def empty_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_STORE", str(tmp_path / "lab.db"))
    monkeypatch.setenv("LAB_ARCHIVES", str(tmp_path))


def test_without_a_study_it_says_what_to_run() -> None:
    page = AppTest.from_function(draw_page, default_timeout=120).run()
    assert not page.exception and FAULT not in read(page)
    assert "lab run depth_degradation" in read(page)


def test_a_study_is_drawn_a_tab_a_topic(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.pages.images.read_tables", lambda study: make_tables())
    page = AppTest.from_function(draw_study, default_timeout=120).run()
    assert not page.exception and FAULT not in read(page) and REFUSAL not in read(page)
    labels = [tab.label for tab in page.tabs]
    assert labels[0] == "Depth" and {"Calibration", "Learning rates"} <= set(labels)
    assert "Error against depth" in read(page)
