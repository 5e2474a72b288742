"""The page of description lengths: a live panel without any study, and the figures of one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.notices import FAULT, REFUSAL
from dashboard.pages.mdl import describe_file, list_columns
from lab.core.errors import LabError
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


def test_a_curve_is_described_at_the_degree_it_was_drawn_from() -> None:
    page = AppTest.from_function(draw_page, default_timeout=120)
    page.run()
    first = page.dataframe[1].value.set_index("code")["order chosen"]
    assert first["NML, exact"] == first["Bayes"] == "3" and first["prequential, switching"] == "all"
    assert "Order 4 fits" in read(page), "why no more than degree 3"
    page.slider(key="curve.true_degree").set_value(1).run()
    assert page.dataframe[1].value.set_index("code")["order chosen"]["NML, exact"] == "1"


def test_a_table_of_ones_own_is_read_by_its_columns() -> None:
    x = np.linspace(0, 1, 60)
    y = 5 * x**2 + np.random.default_rng(0).normal(0, 0.3, 60)
    content = pd.DataFrame({"hour": x, "height": y.round(2)}).to_csv(index=False).encode()
    assert list_columns("a.csv", content) == ["hour", "height"]
    panel = describe_file("a.csv", content, "hour", "height", 4)
    assert (panel.n, panel.choose_order("bayes")) == (60, 2)
    assert panel.precision == pytest.approx(0.01)
    with pytest.raises(LabError, match="constant column"):
        describe_file("a.csv", b"x,y\n1,1\n1,2\n1,3\n1,4\n", "x", "y", 1)


def test_a_study_shows_its_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.pages.mdl.read_tables", lambda study: make_tables())
    page = AppTest.from_function(draw_study, default_timeout=120)
    page.run()
    assert not page.exception and FAULT not in read(page)
    assert [tab.label for tab in page.tabs][:2] == ["Model selection", "Regret"]
    assert "The order each code chooses" in read(page)
