"""Does what a net computes grow complex while it trains, and simple again?

Aaronson, Carroll & Ouellette 2014 (arXiv 1405.6903) hold that apparent complexity rises and falls while a closed system
mixes; their figure was an artefact (Aaronson 2014, correction of 3 June). Training is no closed system, but the
question can be asked of it with the nulls they lacked: shuffled symbols, and an untrained net.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from lab.core.estimate import Estimate
from lab.core.replicates import average_replicates
from lab.core.verdict import Verdict
from lab.runs.spec import RunSpec
from lab.tables import Tables
from sweeps import Question, SourceGrid, choose_preset, make_transformer_fields, suggest_next

title = "Training as complexodynamics"
question = "How does the structure of weights, activations and predictions move while a net trains?"
citation = "Aaronson, Carroll and Ouellette 2014, Quantifying the Rise and Fall of Complexity, arXiv 1405.6903"
figures = ("training_complexity", "learning_curves")

SOURCES: tuple[Mapping[str, Any], ...] = (
    {"name": "bytes_text"},
    {"name": "markov", "symbols": 16, "order": 1, "concentration": 0.5},
)
QUANTISING: tuple[Mapping[str, Any], ...] = ({}, {"rule": "quantile"}, {"levels": 4})


def _watch(seeds: int, fields: Mapping[str, Any]) -> SourceGrid:
    return SourceGrid("portrait", SOURCES, seeds, fields, QUANTISING)


presets = {
    "smoke": _watch(2, make_transformer_fields(16, 2**17, 32, 512)),
    "standard": _watch(12, make_transformer_fields(32, 2**18, 64, 1024)),
    "overnight": _watch(12, make_transformer_fields(32, 2**21, 64, 1024)),
}


def specs(preset: str, table: pd.DataFrame) -> list[RunSpec]:
    """All runs at once."""
    grid: SourceGrid = choose_preset(presets, preset)
    return grid.list_specs()


REGIME = "a net in training, which is no closed system"
RISE = Question(
    "rise", "Activations hold more structure after training than those of an untrained net.", 0.02,
    "complexity rises from a simple start (section 1)", citation, unit="seed", out_of_regime=REGIME,
)  # fmt: skip
FALL = Question(
    "fall", "Activations hold more structure in the geometric middle of training than at its end.", 0.02,
    "complexity falls again towards the end (section 1)", citation, unit="seed", out_of_regime=REGIME,
)  # fmt: skip
NEEDED = [f"activations{whose}{null}_bits" for whose in ("", "_untrained") for null in ("", "_null")]


def judge(tables: Tables) -> list[Verdict]:
    """Shares of the shuffled length, averaged over sources and ways of quantising within a seed."""
    next_step = suggest_next(tables, "training_complexity", presets)
    rows = measure_changes(tables)
    return [
        RISE.judge(partial(average_change, rows, "rise"), rows, next_step),
        FALL.judge(partial(average_change, rows, "fall"), rows, next_step),
    ]


def measure_changes(tables: Tables) -> pd.DataFrame:
    """A row per described run: `rise`, its end minus the untrained net's; `fall`, its middle minus its end.

    The end is the portrait of the finished net, which stands in the run; the curve's last is up to two points older.
    """
    done = tables.runs[tables.runs["status"] == "done"]
    if not (set(NEEDED) <= set(tables.curves.columns) and set(NEEDED) <= set(done.columns)):
        return done.iloc[:0].assign(rise=np.nan, fall=np.nan)
    done = done.dropna(subset=NEEDED)
    curves = tables.curves.dropna(subset=NEEDED).sort_values("tokens")
    along = dict(tuple((curves[NEEDED[0]] / curves[NEEDED[1]]).groupby(curves["run_key"])))
    done = done[done["run_key"].isin(along)]
    bits, null, untrained_bits, untrained_null = (done[name].astype(float) for name in NEEDED)
    end = bits / null
    middle = np.array([along[key].iloc[(len(along[key]) - 1) // 2] for key in done["run_key"]], float)
    return done.assign(rise=untrained_bits / untrained_null - end, fall=end - middle)


def average_change(rows: pd.DataFrame, change: str, level: float) -> Estimate:
    """Mean of a change over seeds, each seed's runs averaged first."""
    per_seed = rows.groupby("seed")[change].mean()
    return average_replicates(change, list(per_seed), level=level)
