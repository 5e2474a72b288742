"""Kadavath et al. 2022 (arXiv 2207.05221): larger language models are better calibrated, and know what they know.

Their models have 0.8 to 52 billion parameters and are asked of BIG Bench, MMLU and others; these are asked of a
generated world (`lab.data.fact_world`) whose every right answer, and right confidence, is known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
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

title = "What a language model knows that it knows"
question = (
    "Do larger language models trust themselves as far as they should, and can they tell what they will not know?"
)
citation = "Kadavath et al. 2022, Language Models (Mostly) Know What They Know, arXiv 2207.05221"
figures = ("self_knowledge", "loss_vs_parameters", "learning_curves")


@dataclass(frozen=True)
class Plan:
    """The reference Transformer at every width with every seed, one trunk for all horizons, at one stored rate."""

    widths: tuple[int, ...]
    horizons: tuple[int, ...]
    seeds: int
    source: Mapping[str, Any]
    fields: Mapping[str, Any]

    def list_specs(self) -> list[RunSpec]:
        """All runs at once."""
        common = {"optimizer": "muon", "learning_rate": 0.02, "source": {"name": "fact_world", **self.source}}
        return [
            RunSpec(
                "examine",
                {
                    **common,
                    **self.fields,
                    "family": {"name": "transformer", "width": width},
                    "tokens": tokens,
                    "seed": seed,
                },
            )
            for width in self.widths
            for seed in range(self.seeds)
            for tokens in self.horizons
        ]


SMALL = {
    "window": 48, "batch_tokens": 384, "warmup_tokens": 1920, "evaluation_tokens": 1536, "questions": 64, "shots": 2,
}  # fmt: skip
USUAL = {"window": 80, "batch_tokens": 2080, "evaluation_tokens": 80 * 256}
presets = {
    "smoke": Plan((8, 16), (384 * 20, 384 * 40), 2, {"entities": 16}, SMALL),
    "standard": Plan((16, 24, 32, 48), (2**9 * 2080, 2**10 * 2080), 12, {"entities": 64}, USUAL),
    "overnight": Plan((16, 32, 64, 96), (2**11 * 2080, 2**12 * 2080), 12, {"entities": 256}, USUAL),
}


def specs(preset: str, table: pd.DataFrame) -> list[RunSpec]:
    """All runs; nothing depends on earlier ones."""
    plan: Plan = choose_preset(presets, preset)
    return plan.list_specs()


REGIME = "models of ten to two hundred thousand parameters on a generated world, one learning rate"


def _ask(claim: str, statement: str, margin: float, published: str) -> Question:
    return Question(claim, statement, margin, published, citation, unit="seed", out_of_regime=REGIME)


CALIBRATION = _ask(
    "size_calibrates", "Behind a few examples, calibration of multiple choice improves with every doubling of size.",
    0.002, "calibration improves with model size and few-shot prompting (section 3, figure 4)",
)  # fmt: skip
SHOTS = _ask(
    "examples_calibrate", "Examples before a choice improve the calibration of the largest model.", 0.005,
    "zero-shot is worse calibrated than five-shot (section 3.1, figure 5)",
)  # fmt: skip
NONE = _ask(
    "none_hurts", "'None of the above' as an option costs the largest model accuracy beyond what it must.", 0.02,
    "accuracy and calibration fall when an option is replaced by 'none of the above' (section 3.2, figure 6)",
)  # fmt: skip
P_TRUE = _ask(
    "p_true", "P(True) tells the largest model's right answers from its wrong ones.", 0.1,
    "self-evaluation separates right from wrong samples (section 4, figure 10)",
)  # fmt: skip
P_IK = _ask(
    "p_ik", "P(IK) foretells, on attributes it was not fitted to, whether the largest model will be right.", 0.1,
    "P(IK) generalises to tasks it was not trained on, in part (section 5.3, table 3)",
)  # fmt: skip


def judge(tables: Tables) -> list[Verdict]:
    """The five claims, of the longest horizon; a seed's models of all sizes are one unit."""
    next_step = suggest_next(tables, "self_knowledge", presets)
    rows = select_longest(tables)
    asked: tuple[tuple[Question, str, Callable[[pd.DataFrame], pd.Series]], ...] = (
        (CALIBRATION, "fall of the calibration error per doubling of N", measure_falls),
        (SHOTS, "calibration error without examples − with them", partial(_contrast, "choice_rms", "shots_rms")),
        (NONE, "accuracy lost beyond the attainable", measure_loss_by_none),
        (P_TRUE, "AUC of P(True) − ½", partial(_exceed_chance, "p_true_auc")),
        (P_IK, "AUC of P(IK) off its task − ½", partial(_exceed_chance, "p_ik_off_auc")),
    )
    return [
        claim.judge(partial(average_replicates, name, find(rows).tolist(), "", what="seeds"), rows, next_step)
        for claim, name, find in asked
    ]


def select_longest(tables: Tables) -> pd.DataFrame:
    """The finished runs that were examined, at the longest horizon that most sizes have."""
    runs = tables.runs[tables.runs["status"].eq("done")]
    if "choice_rms" not in runs or runs.empty:
        return tables.runs.iloc[:0]
    runs = runs.dropna(subset=["choice_rms"])
    sizes = runs.groupby("tokens")["size"].transform("nunique")
    runs = runs[sizes == sizes.max()]
    kept: pd.DataFrame = runs[runs["tokens"].eq(runs["tokens"].max())]
    return kept


def measure_falls(rows: pd.DataFrame) -> pd.Series:
    """Per seed, minus the slope of the error behind examples on log2 N, over two sizes or more."""
    slopes = {
        seed: -np.polyfit(np.log2(own["params_total"].astype(float)), own["shots_rms"].astype(float), 1)[0]
        for seed, own in rows.groupby("seed")
        if len(own["size"].unique()) > 1
    }
    return pd.Series(slopes, dtype=float)


def measure_loss_by_none(rows: pd.DataFrame) -> pd.Series:
    """Per seed, by how much more the largest model misses the attainable accuracy where 'none' is an option."""
    largest = _select_largest(rows)
    if largest.empty:
        return pd.Series(dtype=float)
    missed = {name: largest[f"{name}_best_accuracy"] - largest[f"{name}_accuracy"] for name in ("choice", "none")}
    lost: pd.Series = (missed["none"] - missed["choice"]).astype(float)
    return lost


def _contrast(first: str, second: str, rows: pd.DataFrame) -> pd.Series:
    largest = _select_largest(rows)
    if largest.empty:
        return pd.Series(dtype=float)
    difference: pd.Series = (largest[first] - largest[second]).astype(float)
    return difference


def _exceed_chance(column: str, rows: pd.DataFrame) -> pd.Series:
    largest = _select_largest(rows)
    if largest.empty or column not in largest:
        return pd.Series(dtype=float)
    excess: pd.Series = largest[column].dropna().astype(float) - 0.5
    return excess


def _select_largest(rows: pd.DataFrame) -> pd.DataFrame:
    """The largest model of every seed that has it."""
    largest: pd.DataFrame = rows[rows["size"].eq(rows["size"].max())].drop_duplicates("seed") if len(rows) else rows
    return largest
