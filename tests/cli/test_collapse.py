"""`lab collapse` on the reference study and on what does not bear it."""

from __future__ import annotations

import json

from tests.cli.driving import ROOT, Terminal

STUDY = ROOT / "results" / "kaplan_language_models-standard.parquet"


def test_the_reference_study_has_a_badge(terminal: Terminal) -> None:
    done = terminal.run("collapse", STUDY, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["badge"] in ("collapses", "drifts with size", "not settled")
    assert 4 <= told["drift"]["n"] <= len(told["runs"]) and len(told["spread"]) == 13
    assert told["badge"] in terminal.run("collapse", STUDY).stdout


def test_a_table_without_curves_is_refused(terminal: Terminal) -> None:
    table = terminal.folder / "runs.csv"
    rows = [f"{n}e5,{d}e7,{2 + n**-0.4 + d**-0.5}\n" for n in (1, 2, 4, 8) for d in (1, 2, 4, 8)]
    table.write_text("params_total,tokens,loss_nats\n" + "".join(rows))
    assert "lab optimal" in terminal.refuse("collapse", table)
