"""Figures, verdicts and reports of somebody's file, through the command line and from a notebook."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab import api
from lab.core.errors import InputError
from tests.cli.driving import Terminal
from tests.cli.test_json import read_json
from tests.cli.test_refusals import write_runs
from tests.synthetic import make_tables


def test_figure_gives_its_numbers_and_files(terminal: Terminal) -> None:
    study = ["--study", write_runs(terminal.folder), "--formats", "csv,svg", "--to", "drawn"]
    answer = read_json(terminal, "figure", "loss_vs_parameters", *study, "--convention", "params_body")
    assert answer["options"] == {"convention": "params_body"}
    assert answer["data"]
    assert {Path(file).suffix for file in answer["files"]} >= {".csv", ".svg"}
    assert all((terminal.folder / file).stat().st_size for file in answer["files"])
    again = read_json(terminal, "figure", "loss_vs_parameters", *study, "--set", "convention=params_body")
    assert again["data"] == answer["data"]


def test_figures_list_their_options(terminal: Terminal) -> None:
    figures = read_json(terminal, "figure")
    assert {"loss_vs_tokens", "loss_vs_compute", "fit", "forecast"} <= set(figures)
    assert any("convention=" in option for option in figures["loss_vs_parameters"]["options"])


def test_unknown_figure_and_option_of_a_figure(terminal: Terminal) -> None:
    study = ["--study", write_runs(terminal.folder)]
    assert "did you mean 'loss_vs_tokens'" in terminal.refuse("figure", "loss_vs_token", *study)
    for wrong in (["--convenion", "x"], ["--set", "convenion=x"], ["--convention", "params_bdy"], ["--formats", "pfd"]):
        assert "did you mean" in terminal.refuse("figure", "loss_vs_parameters", *study, *wrong)
    assert "--study" in terminal.refuse("figure", "loss_vs_parameters")


def test_no_such_study(terminal: Terminal) -> None:
    for command in ("fit", "judge", "export", "report", "archive"):
        assert "nonesuch" in terminal.refuse(command, "nonesuch")
    assert "nonesuch" in terminal.refuse("figure", "loss_vs_tokens", "--study", "nonesuch")


def test_imported_runs_are_a_study_like_any_other(terminal: Terminal) -> None:
    path = write_runs(terminal.folder)
    assert read_json(terminal, "import", path, "--name", "mine")["runs"] == 60
    assert "another with --name" in terminal.refuse("import", path, "--name", "mine")
    assert read_json(terminal, "fit", "mine", "--law", "power")["status"] == "converged"
    verdicts = read_json(terminal, "judge", "mine", "--sweep", "kaplan_language_models")["verdicts"]
    assert verdicts
    assert all({"claim", "outcome", "estimate", "margin", "published", "run_keys"} <= set(v) for v in verdicts)
    written = read_json(terminal, "report", "mine")
    assert Path(written["html"]).stat().st_size > 100_000
    assert "runs were imported" in Path(written["markdown"]).read_text()
    exported = read_json(terminal, "export", "mine", "--formats", "svg")
    assert all(Path(file).exists() for files in exported["files"].values() for file in files)


def test_the_notebook_gives_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_STORE", str(tmp_path / "lab.db"))
    study = make_tables()
    (joint,) = api.fit(study, law="chinchilla")
    assert joint.fit.status == "converged"
    assert len(api.fit(study)) > 5
    assert api.figure("loss_vs_parameters", study, convention="params_body").data
    assert api.judge(study)
    assert api.report(study, tmp_path / "report").html.exists()
    assert len(api.tables(write_runs(tmp_path)).runs) == 60
    with pytest.raises(InputError, match="nonesuch"):
        api.tables("nonesuch")
