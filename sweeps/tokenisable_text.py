"""What does a net of characters learn to write, and does one of its units know that a string is open?

Karpathy, Johnson & Fei-Fei 2015 (arXiv 1506.02078) train recurrent nets on the source of Linux and read what they
write; single cells of theirs keep track of quotes and brackets (abstract, figure 2). Here: nets of 60 thousand
parameters on the standard library of Python, at a ladder of horizons; the share of their samples that tokenise as
Python; and the area under the ROC curve of the one unit that tells best whether a string literal is open, beside that
of an untrained net. The Transformer is asked the same as the LSTM.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from lab.core.replicates import average_replicates
from lab.core.verdict import Verdict
from lab.runs.spec import RunSpec
from lab.tables import Tables
from sweeps import Question, choose_preset, suggest_next

title = "Samples that tokenise, and the unit that knows a string"
question = "Does more text make what a small net writes tokenise as Python, and does a unit tell that a string is open?"
citation = "Karpathy et al. 2015, Visualizing and Understanding Recurrent Networks, arXiv 1506.02078"
figures = ("tokenised_samples", "string_unit", "loss_vs_tokens", "learning_curves")

RATES: Mapping[str, float] = {"lstm": 0.01, "transformer": 0.02}


@dataclass(frozen=True)
class Plan:
    """Every family with every seed, one trunk for all horizons, at one stored rate."""

    widths: Mapping[str, int]
    horizons: tuple[int, ...]
    seeds: int
    fields: Mapping[str, Any]

    def list_specs(self) -> list[RunSpec]:
        """All runs at once."""
        return [
            RunSpec("probe", {**self.fields, **self._describe(family), "tokens": tokens, "seed": seed})
            for family in self.widths
            for seed in range(self.seeds)
            for tokens in self.horizons
        ]

    def _describe(self, family: str) -> dict[str, Any]:
        net = {"name": family, "width": self.widths[family]}
        return {"family": net, "source": {"name": "bytes_text"}, "optimizer": "muon", "learning_rate": RATES[family]}


SMALL = {
    "window": 32, "batch_tokens": 512, "warmup_tokens": 2048, "evaluation_tokens": 4096,
    "samples": 16, "length": 64, "windows": 512,
}  # fmt: skip
presets = {
    "smoke": Plan({"lstm": 16, "transformer": 16}, (2**14, 2**15), 2, SMALL),
    "standard": Plan({"lstm": 64, "transformer": 40}, tuple(2**k for k in range(16, 22)), 12, {}),
    "overnight": Plan({"lstm": 192, "transformer": 96}, tuple(2**k for k in range(17, 25)), 12, {"samples": 512}),
}


def specs(preset: str, table: pd.DataFrame) -> list[RunSpec]:
    """All runs; nothing depends on earlier ones."""
    plan: Plan = choose_preset(presets, preset)
    return plan.list_specs()


REGIME = "a net of a hundredth of their parameters, the standard library instead of Linux, one learning rate"
_RISES = "The share of samples that tokenise rises with every doubling of the text the {} reads."
_KNOWS = "One unit of the {} tells an open string from none better than the best unit of an untrained net."
_SAMPLES = "samples of the Linux net look like code, with strings and brackets mostly closed (blog of the same year)"
RISES, KNOWS = (
    {
        family: Question(
            f"{family}_{claim}", statement.format(spoken), margin, published, citation, out_of_regime=f"{REGIME}{more}"
        )
        for family, spoken, more in (("lstm", "LSTM", ""), ("transformer", "Transformer", "; the paper has none"))
    }
    for claim, statement, margin, published in (
        ("share_rises", _RISES, 0.01, _SAMPLES),
        ("string_unit", _KNOWS, 0.05, "some cells are on inside quotes and off outside (figure 2)"),
    )
)


def judge(tables: Tables) -> list[Verdict]:
    """Per family the rise of the share per doubling, and the unit's area above the untrained one's; means of trunks."""
    next_step = suggest_next(tables, "tokenisable_text", presets)
    verdicts = []
    for family in RATES:
        for asked, find, name, column in (
            (RISES, measure_rises, "rise of the share per doubling", "tokenised_share"),
            (KNOWS, measure_gains, "AUC of the unit − of an untrained net's", "string_auc"),
        ):
            rows = select_trunks(tables, family, column)
            estimate = partial(average_replicates, name, find(rows).tolist(), "", what="trunks")
            verdicts.append(asked[family].judge(estimate, rows, next_step))
    return verdicts


def select_trunks(tables: Tables, family: str, column: str) -> pd.DataFrame:
    """The finished runs of a family that have a value in this column, of the size and rate most of them have."""
    runs = tables.runs[tables.runs["status"].eq("done") & tables.runs["family"].eq(family)]
    if column not in runs or runs.empty:
        return tables.runs.iloc[:0]
    runs = runs.dropna(subset=[column])
    recipe = runs.groupby(["size", "learning_rate"], dropna=False)["run_key"].transform("count")
    kept: pd.DataFrame = runs[recipe == recipe.max()]
    return kept.loc[kept["size"].eq(kept["size"].max())]


def measure_rises(rows: pd.DataFrame) -> np.ndarray:
    """The slope of the share on log2 D of every trunk with two horizons or more, by least squares."""
    slopes = [
        np.polyfit(np.log2(own["tokens"].astype(float)), own["tokenised_share"].astype(float), 1)[0]
        for _, own in rows.groupby("trunk_key")
        if len(own["tokens"].unique()) > 1
    ]
    return np.array(slopes)


def measure_gains(rows: pd.DataFrame) -> np.ndarray:
    """What the unit's area exceeds the untrained net's by at the longest horizon, of every trunk."""
    longest = rows[rows["tokens"].eq(rows["tokens"].max())].drop_duplicates("trunk_key")
    if "string_untrained_auc" not in longest:
        return np.array([])
    return (longest["string_auc"].astype(float) - longest["string_untrained_auc"].astype(float)).to_numpy()
