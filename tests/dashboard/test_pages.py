"""Every page, with a study, without one, and with a store or an archive that cannot be read."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

import lab.runs.database
from dashboard.grid import render_csv
from dashboard.notices import FAULT, REFUSAL
from lab.analysis.forecasts.sealing import foretell
from lab.core.registry import open_shelf
from lab.runs.archive import write_archive
from lab.runs.store import open_store
from lab.tables import load_tables
from tests.dashboard.content import MARKUP, STUDY, fill_store

PAGES = open_shelf("pages").names()


def draw(name: str) -> None:
    import streamlit as st

    from dashboard.frame import load_pages, render_page
    from dashboard.studies import choose_study

    with st.sidebar:
        study = choose_study()
    render_page(load_pages()[name], study)


def open_page(name: str, **query: str) -> AppTest:
    page = AppTest.from_function(draw, args=(name,), default_timeout=120)
    for key, value in query.items():
        page.query_params[key] = value
    page.run()
    assert not page.exception
    assert FAULT not in read(page)
    return page


def read(page: AppTest) -> str:
    """All text of a page."""
    kinds = ("title", "header", "subheader", "markdown", "text", "caption", "code", "metric")
    return "\n".join(str(element.value) for kind in kinds for element in page.get(kind))


@pytest.fixture(autouse=True)
def empty_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LAB_STORE", str(tmp_path / "lab.db"))
    monkeypatch.setenv("LAB_ARCHIVES", str(tmp_path))
    return tmp_path


@pytest.fixture(scope="module")
def study_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("study")
    fill_store(folder)
    return folder


@pytest.fixture
def filled(study_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_STORE", str(study_folder / "lab.db"))


@pytest.mark.usefixtures("filled")
class TestFull:
    @pytest.mark.parametrize("name", PAGES)
    def test_is_drawn_without_a_notice(self, name: str) -> None:
        page = open_page(name)
        assert page.title[0].value
        assert REFUSAL not in read(page)
        assert page.selectbox(key="study").value == STUDY

    def test_overview_counts_the_runs_and_names_what_is_not_run(self) -> None:
        page = open_page("overview")
        studies = page.dataframe[0].value.set_index("study").loc[STUDY]
        assert (studies["done"], studies["failed"], studies["diverged"]) == (22, 1, 1)
        assert f"Judged on {STUDY}".replace("_", r"\_").replace("-", r"\-") in read(page)
        assert "lab run known_entropy --preset smoke" in [code.value for code in page.code]

    def test_scaling_lists_the_fits_with_their_intervals(self) -> None:
        fits = open_page("scaling").dataframe[0].value
        assert {"power", "pure_power"} <= set(fits["law"])
        exponents = fits[(fits["parameter"] == "alpha") & (fits["status"] == "converged")]
        assert len(exponents) and (exponents["low"] < exponents["high"]).all()

    def test_a_refused_fit_says_why_and_what_to_run(self) -> None:
        text = read(open_page("scaling"))
        assert "chinchilla" in text and "refused" in text
        assert "lab run kaplan" in text.replace("\\", "").replace("\u2060", "")

    def test_laws_fits_the_visitors_way(self) -> None:
        chosen = {"laws.law": "pure_power", "laws.interval": "Profile", "laws.loss": "Squares"}
        page = open_page("laws", **chosen)
        assert list(page.dataframe[0].value["estimate"]) == ["A", "alpha"]
        assert (page.dataframe[0].value.filter(like="units for").to_numpy() > 0).all()
        assert "profile likelihood" in read(page) and "least squares" in read(page)
        assert "Fit and residuals" in read(page)

    def test_laws_refuses_what_would_be_no_interval(self) -> None:
        text = read(open_page("laws", **{"laws.law": "pure_power", "laws.interval": "Profile"}))
        assert REFUSAL in text and "least squares" in text

    def test_laws_shows_what_was_foretold_and_how_it_went(self, study_folder: Path) -> None:
        tables = load_tables(STUDY)
        largest = float(tables.runs["params_total"].max())
        foretold = foretell(
            tables, {"params_total": 2 * largest, "tokens": float(tables.runs["tokens"].max())}, "power"
        )
        open_store().ledger.seal(foretold.to_dict("before the run"))
        frames = [element.value for element in open_page("laws").dataframe]
        ledger = next(frame for frame in frames if "foretold" in frame)
        assert ledger["state"].iloc[0] == "open" and ledger["low"].iloc[0] < ledger["foretold"].iloc[0]

    def test_epiplexity_lists_every_code_length_and_the_figures(self) -> None:
        page = open_page("epiplexity")
        lengths = next(e.value for e in page.dataframe if "area_bits" in e.value)
        assert len(lengths) == 22 and (lengths["area_tokens"] < lengths["tokens"]).all()
        assert "None of 1: diverged and not done" in read(page).replace("\\", "")
        assert {"structural_bits", "random_bits"} <= set(page.dataframe[0].value["quantity"])
        longest = load_tables(STUDY).runs["tokens"].max()
        assert page.number_input(key="epiplexity.test_tokens").value == longest, "not rounded: the command's own"

    def test_filters_stand_in_the_address_and_narrow_the_table(self) -> None:
        assert len(open_page("runs").dataframe[0].value) == 24
        page = open_page("runs", status="failed")
        assert page.multiselect(key="status").value == ["failed"]
        assert list(page.dataframe[0].value["status"]) == ["failed"]

    def test_a_column_common_to_all_runs_is_said_and_not_shown(self) -> None:
        page = open_page("runs")
        assert "optimizer" not in page.dataframe[0].value
        page.toggle(key="differing").set_value(False).run()
        assert set(page.dataframe[0].value["optimizer"]) == {"muon"}

    def test_a_failed_run_shows_its_error_as_written(self) -> None:
        runs = load_tables(STUDY).runs
        page = open_page("runs", run=runs.loc[runs["status"] == "failed", "run_key"].iloc[0])
        assert any(MARKUP in code.value for code in page.code)
        assert not any(MARKUP in markdown.value for markdown in page.markdown)

    def test_a_run_shows_specification_provenance_and_curve(self) -> None:
        runs = load_tables(STUDY).runs
        key = runs.loc[runs["status"] == "done", "run_key"].iloc[0]
        page = open_page("runs", run=key)
        shown = "".join(element.value for element in page.json)
        assert '"transformer"' in shown and '"commit"' in shown
        assert page.get("plotly_chart")

    def test_options_of_a_figure_stand_in_the_address(self) -> None:
        page = open_page("scaling", **{"topic": "Training", "learning_curves.x": "CPU seconds"})
        assert page.selectbox(key="learning_curves.x").value == "cpu_seconds"

    def test_a_topic_or_option_that_is_unknown_is_ignored(self) -> None:
        page = open_page("scaling", **{"topic": "nothing", "learning_curves.x": "<script>", "study": "no such study"})
        assert page.selectbox(key="study").value == STUDY


def test_a_downloaded_table_holds_no_formula() -> None:
    content = render_csv(pd.DataFrame({"family": ["=HYPERLINK(1)", "lstm"], "loss_nats": [-1.5, 2.0]})).decode()
    assert content.splitlines() == ["family,loss_nats", "'=HYPERLINK(1),-1.5", "lstm,2.0"]


class TestEmpty:
    @pytest.mark.parametrize("name", PAGES)
    def test_says_what_to_run(self, name: str) -> None:
        page = open_page(name)
        assert any("lab run" in code.value and "--preset" in code.value for code in page.code)

    def test_looking_makes_no_store(self, empty_place: Path) -> None:
        open_page("overview")
        assert not (empty_place / "lab.db").exists()

    @pytest.mark.parametrize("name", PAGES)
    def test_a_study_without_a_finished_run_is_no_fault(self, name: str, empty_place: Path) -> None:
        fill_store(empty_place, unfinished=24)
        assert STUDY in open_page(name).selectbox(key="study").options


def write_garbage(path: Path) -> None:
    path.write_bytes(b"this is no database" * 1000)


def write_foreign(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("create table recipes (name text)")


def write_newer(path: Path) -> None:
    fill_store(path.parent, unfinished=24)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("update about set value = '999' where name = 'version'")


def write_half(path: Path) -> None:
    fill_store(path.parent, unfinished=20)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("pragma wal_checkpoint(truncate)")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def make_folder(path: Path) -> None:
    path.mkdir()


BROKEN: dict[str, Callable[[Path], None]] = {
    function.__name__: function for function in (write_garbage, write_foreign, write_newer, write_half, make_folder)
}


class TestBroken:
    @pytest.mark.parametrize("name", PAGES)
    @pytest.mark.parametrize("breaking", BROKEN)
    def test_a_broken_store_is_a_message(self, name: str, breaking: str, empty_place: Path) -> None:
        BROKEN[breaking](empty_place / "lab.db")
        page = open_page(name)
        assert REFUSAL in read(page)
        assert any("store" in text.value for text in page.text)
        assert "Traceback" not in read(page)

    def test_a_locked_store_is_a_message(self, empty_place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(lab.runs.database, "BUSY_SECONDS", 0.1)
        fill_store(empty_place, unfinished=24)
        with closing(sqlite3.connect(empty_place / "lab.db")) as connection:
            connection.execute("pragma locking_mode=exclusive")
            connection.execute("begin exclusive")
            assert any("locked" in text.value for text in open_page("overview").text)

    def test_a_broken_store_does_not_hide_the_archives(self, study_folder: Path, empty_place: Path) -> None:
        write_archive(open_store(study_folder / "lab.db"), STUDY, empty_place / "reference.parquet")
        write_garbage(empty_place / "lab.db")
        page = open_page("runs")
        assert page.selectbox(key="study").value == STUDY
        assert len(page.dataframe[0].value) == 24
        assert REFUSAL in read(page)

    def test_a_run_of_an_archive_shows_its_specification(self, study_folder: Path, empty_place: Path) -> None:
        path = write_archive(open_store(study_folder / "lab.db"), STUDY, empty_place / "reference.parquet")
        key = load_tables(path).runs["run_key"].iloc[0]
        assert '"transformer"' in "".join(element.value for element in open_page("runs", run=key).json)

    def test_a_page_that_does_not_import_leaves_the_others(
        self, empty_place: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (empty_place / "dashboard/pages").mkdir(parents=True)
        (empty_place / "dashboard/pages/mine.py").write_text("import nothing_of_that_name\n")
        monkeypatch.setenv("LAB_PATH", str(empty_place))
        page = open_page("overview")
        assert page.title[0].value == "Overview"
        assert any("nothing_of_that_name" in text.value for text in page.text)


SMALL_CUP = {"automata.automaton": "Sine shear", "automata.side": "40"}


class TestAutomata:
    def test_a_step_shows_another_moment_and_runs_nothing_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        page = open_page("automata", **SMALL_CUP)
        assert REFUSAL not in read(page) and page.slider(key="automata.time").value == 20
        first = [text for text in read(page).splitlines() if text.startswith("t = ")]

        def run_again(*arguments: object) -> None:
            raise AssertionError("a step ran the automaton again")

        monkeypatch.setattr("lab.complexity.automaton.Automaton.advance", run_again)
        page.slider(key="automata.time").set_value(33).run()
        page.button(key="automata.forward").click().run()
        assert page.slider(key="automata.time").value == 34
        page.button(key="automata.back").click().run()
        assert page.slider(key="automata.time").value == 33
        second = [text for text in read(page).splitlines() if text.startswith("t = ")]
        assert not page.exception and FAULT not in read(page)
        assert first and second and first != second

    def test_it_has_the_viewer_without_a_study_and_says_what_to_run(self) -> None:
        page = open_page("automata", **SMALL_CUP)
        assert "lab run coffee_automaton --preset smoke" in [code.value for code in page.code]
        assert len(page.get("plotly_chart")) == 1
