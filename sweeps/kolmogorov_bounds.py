"""What the theory of Kolmogorov complexity says of every decoder, held against the codes of the lab.

Li and Vitányi 2008, An Introduction to Kolmogorov Complexity and Its Applications, third edition: fewer than 2^−c of
all strings are shortened by c bits (Theorem 2.2.1); K(xy) ≤ K(x) + K(y|x) up to a logarithmic term (Theorem 2.8.2);
the expected complexity per symbol of a source is its entropy rate (Theorem 8.1.1, after Shannon 1948).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from lab.complexity.bounds import ENSEMBLE
from lab.core.estimate import Estimate
from lab.core.replicates import average_replicates
from lab.core.units import NATS_PER_BIT
from lab.core.verdict import Verdict
from lab.runs.spec import RunSpec
from lab.tables import Tables
from sweeps import Question, choose_preset, suggest_next

title = "Bounds on Kolmogorov complexity"
question = "Do real codes behave as the theory says complexity does: incompressible strings, a chain rule, entropy?"
citation = "Li and Vitányi 2008, An Introduction to Kolmogorov Complexity and Its Applications, 3rd edition, Springer"
figures = ("code_lengths", "code_rates", "strings_saved")

CODES = tuple(
    {"name": name}
    for name in ("deflate", "bz2", "lzma", "zstd", "brotli", "ppmd", "kt", "order_k", "context_tree")
)  # fmt: skip
SHOWN = (ENSEMBLE, *(str(code["name"]) for code in CODES))
SOURCES: tuple[dict[str, Any], ...] = (
    {"name": "bernoulli", "p": 0.1},
    {"name": "bernoulli"},
    {"name": "golden_mean"},
    {"name": "even_process"},
    {"name": "markov", "symbols": 4, "order": 1, "concentration": 2.0},
)
PAIRED: tuple[dict[str, Any], ...] = ({"name": "markov", "symbols": 4, "order": 1}, {"name": "bytes_text"})
CONDITIONAL = (ENSEMBLE, "deflate", "zstd", "order_k", "context_tree")
COINS = {"name": "bernoulli"}
STRING_LENGTH = 128
TOLERANCE = 16.0  # of the chain rule, in units of log2 of the symbols of x and y together
LARGEST_SAVING = 6


@dataclass(frozen=True)
class Plan:
    """`lengths` of the sources, of a `pair`, and how many `strings`; each with every seed."""

    lengths: tuple[int, ...]
    pair: int
    strings: int
    seeds: tuple[int, ...]

    def list_specs(self) -> list[RunSpec]:
        """Every code at every length, baselines at the greatest; pairs; random strings."""
        specs = []
        for seed in self.seeds:
            for source in SOURCES:
                for length in self.lengths:
                    parts = ("object", "shuffled", "surrogate") if length == max(self.lengths) else ("object",)
                    specs += [_ask(source, length, seed, code, of) for of in parts for code in SHOWN]
            for source in PAIRED:
                parts = ("object", "first", "given")
                specs += [_ask(source, self.pair, seed, code, of) for of in parts for code in CONDITIONAL]
            specs += [_ask(COINS, STRING_LENGTH, seed, code, "strings", self.strings) for code in SHOWN]
        return specs


presets = {
    "smoke": Plan((2**9, 2**11), 2**13, 200, (0, 1)),
    "standard": Plan((2**8, 2**10, 2**12, 2**14), 2**15, 1000, tuple(range(12))),
    "overnight": Plan((2**8, 2**10, 2**12, 2**14, 2**16), 2**15, 10_000, tuple(range(12))),
}


def specs(preset: str, table: pd.DataFrame) -> list[RunSpec]:
    """All runs of the preset; nothing is searched."""
    plan: Plan = choose_preset(presets, preset)
    return plan.list_specs()


INCOMPRESSIBLE = Question(
    "incompressible", "Of random strings fewer than 2^−c are shortened by c bits, for every c.", 0.1,
    "at least 2^n (1 − 2^−c) + 1 strings of length n have K(x) ≥ n − c (Theorem 2.2.1)", citation, "seed",
)  # fmt: skip
CHAIN = Question(
    "chain_rule", "C(xy) exceeds C(x) + C(y|x) by no more than 16 log2 n bits.", 0.05,
    "K(xy) = K(x) + K(y|x) + O(log n) (Theorem 2.8.2)", citation, "seed",
)  # fmt: skip
ENTROPY = Question(
    "entropy", "The shortest description of a source takes its entropy rate a symbol.", 0.05,
    "(1/n) E K(x_1…x_n) → h (Theorem 8.1.1)", citation, "seed", value=0.0,
)  # fmt: skip


def judge(tables: Tables) -> list[Verdict]:
    """Is the theory kept by the ensemble (strings, entropy), and by the codes that can be given other bytes (chain)?"""
    next_step = suggest_next(tables, "kolmogorov_bounds", presets)
    runs = tables.runs[tables.runs["status"] == "done"]
    if "baseline" not in runs:
        runs = runs.iloc[:0].assign(baseline="", object="", code="", symbols=math.nan, code_bits=math.nan)
    found = (
        (INCOMPRESSIBLE, *measure_strings(runs, tables.curves)),
        (CHAIN, *measure_chain(runs)),
        (ENTROPY, *measure_entropy(runs)),
    )
    return [asked.judge(partial(_average, values), rows, next_step) for asked, values, rows in found]


def measure_strings(runs: pd.DataFrame, curves: pd.DataFrame) -> tuple[list[float], pd.DataFrame]:
    """Per seed, the least over c of 1 − 2^c · (share shortened by c bits): positive where the theorem holds."""
    rows = runs[(runs["baseline"] == "strings") & (runs["code"] == ENSEMBLE)]
    if rows.empty or "share_saved" not in curves:
        return [], rows.iloc[:0]
    points = curves[curves["run_key"].isin(rows["run_key"]) & (curves["saved_bits"] <= LARGEST_SAVING)]
    slack = 1 - np.exp2(points["saved_bits"]) * points["share_saved"]
    return slack.groupby(points["run_key"]).min().tolist(), rows


def measure_chain(runs: pd.DataFrame) -> tuple[list[float], pd.DataFrame]:
    """Per seed, the least over pairs and codes of 1 − (C(xy) − C(x) − C(y|x)) / (16 log2 n): positive within it."""
    rows = runs[runs["code"].isin(CONDITIONAL) & runs["baseline"].isin(["object", "first", "given"])]
    cells = rows.pivot_table("code_bits", ["object", "code", "seed"], "baseline", aggfunc="first")
    # A pair is told from the other objects by its halves.
    if not {"object", "first", "given"} <= set(cells.columns):
        return [], rows.iloc[:0]
    cells = cells.dropna()
    halves = rows[rows["baseline"] == "first"].set_index(["object", "code", "seed"])["symbols"]
    allowed = TOLERANCE * np.log2(2 * halves.reindex(cells.index))
    slack = 1 - (cells["object"] - cells["first"] - cells["given"]) / allowed
    return slack.groupby(level="seed").min().tolist(), rows


def measure_entropy(runs: pd.DataFrame) -> tuple[list[float], pd.DataFrame]:
    """Per seed, the mean over sources of (bits per symbol − h) / h at the greatest length, by the ensemble."""
    rows = runs[(runs["baseline"] == "object") & (runs["code"] == ENSEMBLE) & (runs["entropy_rate"] > 0)]
    rows = rows[rows["symbols"] == rows["symbols"].max()]
    rate = rows["entropy_rate"] / NATS_PER_BIT
    excess = (rows["bits_per_symbol"] - rate) / rate if len(rows) else rows["entropy_rate"]
    return excess.groupby(rows["seed"]).mean().tolist(), rows


def _average(values: Sequence[float], level: float) -> Estimate:
    return average_replicates("θ", values, level=level)


def _ask(source: dict[str, Any], length: int, seed: int, code: str, of: str, strings: int = 1) -> RunSpec:
    view = {"code": code, "of": of}
    fields = {"source": source, "length": length, "codes": CODES, "seed": seed, "strings": strings, "view": view}
    return RunSpec("code", fields)
