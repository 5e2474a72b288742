"""The 92 curves of Alabdulmohsin et al. 2022 (arXiv 2209.06640): six estimators, what they foretell and what they cost.

M1 to M4 are the laws pure_power, power, m3 and m4 here, BNSL (Caballero et al. 2023, arXiv 2210.14891) is broken_1, and
`default` the lab's one default, fixed in lab/analysis/comparisons/backtest.py before it was run on this table. The
tables are revisiting_neural_scaling_laws/benchmark.{vision,lang}.csv of google-research; LAB_TRUTH names the folder
with laws/alabdulmohsin/. Where it is absent, a synthetic collection of the same shape takes its place.

    python -m benchmarks.curves_backtest
"""

from __future__ import annotations

import os
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from lab.analysis.comparisons.backtest import ESTIMATORS, LAST, Backtest, run_backtest
from lab.analysis.comparisons.curves import Collection, read_curves
from lab.analysis.comparisons.scores import score_backtest
from lab.core.registry import ROOT
from tests.analysis.curves import COLUMNS, write_collection

PUBLISHED = {"pure_power": "M1", "power": "M2", "m3": "M3", "m4": "M4", "broken_1": "BNSL"}
FEW = 12  # curves, below which a difference may be that of a single one


def main() -> None:
    collection = open_collection()
    print("\n".join(f"note: {note}" for note in collection.notes))
    began = time.process_time()
    backtest = run_backtest(collection)
    seconds = time.process_time() - began
    print_scores(backtest)
    curves = len(collection.curves)
    print(f"{curves} curves × {len(ESTIMATORS)} estimators: {seconds:.1f} CPU-s, {curves / seconds:.1f} curves/s")


def open_collection() -> Collection:
    """The published tables as one collection, or their synthetic twin."""
    roots = [Path(os.environ["LAB_TRUTH"])] if "LAB_TRUTH" in os.environ else []
    roots += [parent / "shared" / "truth" for parent in ROOT.parents]
    for root in roots:
        tables = [root / "laws" / "alabdulmohsin" / f"benchmark.{name}.csv" for name in ("vision", "lang")]
        if all(table.is_file() for table in tables):
            parts = [read_curves(table, **COLUMNS) for table in tables]
            notes = tuple(dict.fromkeys(note for part in parts for note in part.notes))
            return replace(parts[0], name="92 curves", curves=parts[0].curves + parts[1].curves, notes=notes)
    print("the published tables are not here: a synthetic collection of the same shape")
    with tempfile.TemporaryDirectory() as folder:
        return read_curves(write_collection(Path(folder) / "curves.csv"), **COLUMNS)


def print_scores(backtest: Backtest) -> None:
    """Mean RMSLE and its companions, a line per estimator of every domain."""
    scores = score_backtest(backtest)
    for group in backtest.collection.groups:
        own = [score for score in scores if score.group == group]
        few = " (few: a difference between estimators may be a single curve)" if own[0].curves < FEW else ""
        print(f"\n{group}: {own[0].curves} curves{few}")
        print("estimator            answered  mean RMSLE   median    skill     wins   in 95 %     MSCE")
        for s in own:
            name = f"{s.estimator} ({PUBLISHED[s.estimator]})" if s.estimator in PUBLISHED else s.estimator
            values = (s.rmsle, s.median, s.skill, s.wins, s.coverage, s.miscalibration)
            cells = "".join(f"{e.value:9.4f}" for e in values[1:])
            print(f"{name:20} {s.answered:4}/{s.curves:<4} {s.rmsle.value:10.4f} {cells}")
    troubled = backtest.frame[(backtest.frame["rmsle"].isna()) & (backtest.frame["estimator"] != LAST)]
    for (estimator, reason), rows in troubled.groupby(["estimator", "reason"]):
        print(f"{estimator}: no answer on {len(rows)} curves: {reason}")


if __name__ == "__main__":
    main()
