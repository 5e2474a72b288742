"""The report: one self-contained page and its Markdown, from a study, from an empty one, and with hostile names."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from lab.core.errors import InputError, UnknownNameError
from lab.core.estimate import Estimate
from lab.core.registry import open_shelf
from lab.core.verdict import Outcome, Verdict
from lab.report import judge_study, write_report
from lab.report.document import Badge, Details, Paragraph, Section, Table
from lab.report.markdown import write_markdown
from lab.report.webpage import write_webpage
from lab.tables import Tables, import_runs
from tests.synthetic import make_tables

VERDICT = Verdict(
    claim="exponent",
    statement="The loss is a power law with exponent <0.076>.",
    outcome=Outcome.NOT_SUPPORTED,
    estimate=Estimate("alpha − published", 0.2, 0.15, 0.26, method="bootstrap over trunks", n=15),
    margin=0.02,
    published="0.076",
    citation="Kaplan et al. 2020",
    reason="At this size the loss falls faster.",
    run_keys=("a", "b"),
    flags=("out of regime",),
)


@pytest.fixture
def claims(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sweep with one fixed claim, so that the report and not the judge is tested."""
    sweep = open_shelf("sweeps").find("kaplan_language_models").module
    monkeypatch.setattr(sweep, "judge", lambda tables: [VERDICT], raising=False)


def test_report_tells_study_claims_fits_forecast_and_proof(claims: None, tmp_path: Path) -> None:
    tables = make_tables(rates=(0.01, 0.02, 0.04), noise=0.001, trunk_noise=0.001)
    written = write_report(tables, tmp_path)
    page, text = written.html.read_text(), written.markdown.read_text()
    assert not re.search(r"<(script|link|img|iframe)[^>]*(src|href)=", page)
    for wanted in (
        "Is the held-out loss of a language model",
        "100 runs of 25 trunks",
        "not supported",
        "out of regime",
        "0.2 [0.15, 0.26]",
        "At this size the loss falls faster.",
        "0.076 (Kaplan et al. 2020, eq. 1.1)",
        "L(N), body parameters, at 4 M tokens",
        "L(N), all parameters, at 4 M tokens",
        "tilt of β at η = 0.02",
        "40 of 100 runs entered no fit.",
        tables.hash,
    ):
        assert wanted in page, wanted
        assert wanted.replace("[", r"\[").replace("]", r"\]") in text, wanted
    assert "with exponent &lt;0.076&gt;" in page and r"with exponent \<0.076\>" in text
    figures = open_shelf("sweeps").find("kaplan_language_models").module.figures
    assert [f'id="figure-{name}"' in page for name in figures] == [True] * len(figures)
    for image in re.findall(r"!\[.*?\]\((.*?)\)", text):
        assert (tmp_path / image).is_file()
    assert all(path.is_file() for path in written.figures)
    assert all(key in page for key in tables.runs["run_key"])


def test_second_report_has_the_same_bytes(claims: None, tmp_path: Path) -> None:
    tables = make_tables(widths=(16, 24, 32), seeds=(0, 1), rates=(0.02,))
    first, second = (write_report(tables, tmp_path / name) for name in ("a", "b"))
    assert first.html.read_bytes() == second.html.read_bytes()
    assert first.markdown.read_bytes() == second.markdown.read_bytes()


def test_empty_study_reports_what_to_run(claims: None, tmp_path: Path) -> None:
    full = make_tables(widths=(16,), seeds=(0,), rates=(0.02,))
    tables = Tables(full.study, full.runs.iloc[:0], full.curves.iloc[:0])
    written = write_report(tables, tmp_path)
    for document in (written.html.read_text(), written.markdown.read_text()):
        assert "holds no runs yet" in document
    assert "lab run kaplan" in written.html.read_text()


def test_imported_study_is_reported_without_claims(tmp_path: Path) -> None:
    runs = make_tables(widths=(16, 24, 32), seeds=(0, 1), rates=(0.02,)).runs[["params_total", "tokens", "loss_nats"]]
    runs.assign(family="<script>alert(1)</script>").to_csv(tmp_path / "runs.csv", index=False)
    tables = import_runs(tmp_path / "runs.csv", {}, name="=bad|<b>name</b>")
    assert judge_study(tables) == []
    written = write_report(tables, tmp_path)
    page, text = written.html.read_text(), written.markdown.read_text()
    assert "<script>alert" not in page and "<b>name" not in page
    assert r"=bad\|\<b\>name" in text and "belong to no sweep" in text


def test_unknown_sweep_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="known_entropy"):
        judge_study(make_tables(widths=(16,), seeds=(0,), rates=(0.02,)), "known_entrpy")


def test_unwritable_folder_is_one_clear_error(claims: None, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(InputError, match="choose another"):
        write_report(make_tables(widths=(16,), seeds=(0,), rates=(0.02,)), tmp_path / "taken")


def test_blocks_are_escaped_in_both_languages() -> None:
    evil = "<i>|`*_x_"
    blocks = [Paragraph(evil), Table((evil, "n"), [(evil, "1")], frozenset({"n"})), Badge(evil, evil, (evil,))]
    section = Section(evil, [*blocks, Details(evil, [evil])])
    page = write_webpage(evil, [section])
    assert "<i>" not in page.split("<body>")[1]
    text = write_markdown(evil, [section])
    assert text.count(r"\<i\>\|\`\*\_x\_") == text.count("i\\>") and "<i>" not in text
    rule = next(line for line in text.splitlines() if line.startswith("| ---"))
    assert rule == "| --- | ---: |"


def test_runs_that_are_no_trainings_have_no_laws(tmp_path: Path) -> None:
    tables = make_tables()
    simulated = replace(tables, runs=tables.runs.assign(loss_nats=float("nan"), automaton="interacting"))
    text = write_report(simulated, tmp_path).markdown.read_text()
    assert "## Figures" in text and "## Fits" not in text and "## Left out" not in text
    assert "interacting" in text
