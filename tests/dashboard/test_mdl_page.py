"""The page of description lengths: a live panel without any study, and the figures of one."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.notices import FAULT, REFUSAL
from tests.studies.mdl import make_tables


def draw_page() -> None:
    from dashboard.pages.mdl import render

    render(None)


def draw_study() -> None:
    import dashboard.pages.mdl as module
    from lab.tables import Study

    module.render(Study("mdl", "mdl_tutorial"))


def read(page: AppTest) -> str:
    kinds = ("title", "header", "subheader", "markdown", "text", "caption", "code")
    return "\n".join(str(element.value) for kind in kinds for element in page.get(kind))


@pytest.fixture(autouse=True)
def empty_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_STORE", str(tmp_path / "lab.db"))
    monkeypatch.setenv("LAB_ARCHIVES", str(tmp_path))


def test_a_sequence_is_described_at_once_and_again_when_it_changes() -> None:
    page = AppTest.from_function(draw_page, default_timeout=120)
    page.run()
    assert not page.exception and FAULT not in read(page) and REFUSAL not in read(page)
    assert "lab run mdl_tutorial" in read(page)
    first = page.dataframe[0].value
    chosen = first.set_index("code")["order chosen"]
    assert chosen["Bayes, Jeffreys"] == "1" and chosen["prequential, switching"] == "all"
    page.selectbox(key="sample.source").select("bernoulli").run()
    assert page.dataframe[0].value.set_index("code")["order chosen"]["Bayes, Jeffreys"] == "0"


def test_a_study_shows_its_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.pages.mdl.read_tables", lambda study: make_tables())
    page = AppTest.from_function(draw_study, default_timeout=120)
    page.run()
    assert not page.exception and FAULT not in read(page)
    assert [tab.label for tab in page.tabs][:2] == ["Model selection", "Regret"]
    assert "The order each code chooses" in read(page)
