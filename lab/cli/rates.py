"""`lab rates`: which learning rate was best at every size and horizon, and does a rule carry it further?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.cli.console.arguments import AsJson, ColumnMap, StudyName
from lab.cli.console.output import print_json, print_table, print_text
from lab.core.errors import RefusedError

if TYPE_CHECKING:
    import pandas as pd

    from lab.analysis.rate_transfer import TransferTest


def command(study: StudyName, column_map: ColumnMap = "", as_json: AsJson = False) -> None:
    """Show a study's search of learning rates, and test its transfer to the largest size and the longest horizon.

    The rule is a power law of size and horizon, fitted to the other cells. Exit code 2 where no rate was searched.
    """
    from lab.analysis.learning_rates import summarize_rates
    from lab.analysis.rate_transfer import measure_transfer
    from lab.analysis.selection import RECIPE
    from lab.cli.console.studies import open_study

    tables = open_study(study, column_map)
    cells = summarize_rates(tables.runs)
    cells = cells[~cells["stored"].astype(bool)]
    if cells.empty:
        next_step = "run a preset that searches: `lab run kaplan_language_models --preset standard`"
        raise RefusedError(f"rates of {tables.study.name}", None, "no cell was run at more than one rate", next_step)
    recipes = tables.runs.groupby(RECIPE, dropna=False)
    found = [(", ".join(filter(None, map(str, name[:2]))), measure_transfer(own)) for name, own in recipes]
    if as_json:
        shown = ["family", "size", "tokens", "learning_rate", "on_edge", "rates_tried", "vertex", "regret_nats"]
        rules = [
            {
                "recipe": name,
                "exponents": test.rule.exponents if test.rule else None,
                "scatter_octaves": test.rule.scatter if test.rule else None,
                "tested": test.frame.to_dict("records"),
                "reason": test.reason,
            }
            for name, test in found
        ]
        print_json({"study": tables.study.name, "cells": cells[shown].to_dict("records"), "rules": rules})
        return
    _print_cells(cells)
    for name, test in found:
        _print_transfer(name, test)


def _print_cells(cells: pd.DataFrame) -> None:
    headers = ("family", "size", "tokens", "best rate", "vertex", "tried", "")
    rows = [
        (
            str(row.family),
            f"{row.size:g}",
            f"{row.tokens:.3g}",
            f"{row.learning_rate:g}",
            f"{row.vertex:.3g}",
            f"{row.rates_tried}",
            "on the edge" if row.on_edge else "",
        )
        for row in cells.itertuples()
    ]
    print_table("", headers, rows, right=headers[1:6])


def _print_transfer(name: str, test: TransferTest) -> None:
    if test.rule is None:
        print_text(f"{name}: no rule is tested: {test.reason}.")
        return
    size, tokens = test.rule.exponents
    print_text(
        f"{name}: best rate ∝ size^{size.value:.2f} [{size.low:.2f}, {size.high:.2f}] · tokens^{tokens.value:.2f} "
        f"[{tokens.low:.2f}, {tokens.high:.2f}], from {test.rule.cells} cells below the largest size and horizon; "
        f"scatter {test.rule.scatter:.2f} octaves."
    )
    headers = ("size", "tokens", "best", "transferred", "octaves off", "costs (nats)")
    rows = [
        (
            f"{row.size:g}",
            f"{row.tokens:.3g}",
            f"{row.best:.3g}",
            f"{row.transferred:g}",
            f"{row.octaves:+.2f}",
            f"{row.penalty_nats:.4f}",
        )
        for row in test.frame.itertuples()
    ]
    print_table("", headers, rows, right=headers)
