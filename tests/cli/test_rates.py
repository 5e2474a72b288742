"""`lab rates` on the reference study and where nothing was searched."""

from __future__ import annotations

import json

from tests.cli.driving import ROOT, Terminal

STUDY = ROOT / "results" / "kaplan_language_models-standard.parquet"


def test_the_reference_study_was_searched_and_its_rule_is_tested(terminal: Terminal) -> None:
    done = terminal.run("rates", STUDY, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert len(told["cells"]) == 20
    (rule,) = told["rules"]
    assert len(rule["tested"]) == 8 and all(each["value"] < 0 for each in rule["exponents"])
    shown = terminal.run("rates", STUDY).stdout
    assert "costs (nats)" in shown and "best rate ∝ size^" in shown


def test_a_table_of_single_rates_is_refused(terminal: Terminal) -> None:
    table = terminal.folder / "runs.csv"
    rows = [f"{n}e5,{d}e7,{2 + n**-0.4 + d**-0.5}\n" for n in (1, 2) for d in (1, 2)]
    table.write_text("params_total,tokens,loss_nats\n" + "".join(rows))
    assert "more than one rate" in terminal.refuse("rates", table)
