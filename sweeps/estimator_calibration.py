"""What are estimators of complexity worth where the truth is known? Every estimator and code against closed forms.

Shannon 1948: no code beats the entropy rate on average; Ziv and Lempel 1978: universal codes reach it in the end.
Miller 1955: entropies of counted shares are too low. Zenil et al. 2018: block decomposition leaves the scale of its
table once the table is used up. Crutchfield and Feldman 2003: of an excess entropy that diverges, every estimate grows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd

from lab.analysis.complexity.estimator_calibration import average_sources, collect_points
from lab.core.estimate import Estimate
from lab.core.registry import open_shelf
from lab.core.verdict import Verdict
from lab.runs.spec import RunSpec
from lab.tables import Tables
from sweeps import FEWEST_UNITS, Question, choose_preset, suggest_next

title = "Calibration of complexity estimators"
question = "Which estimator may be trusted, on which source and from which length on?"
citation = "Crutchfield and Feldman 2003, Regularities unseen, randomness observed, arXiv cond-mat/0102181"
figures = ("estimator_bias", "estimator_table", "estimator_convergence", "estimator_unknown", "light_cones")

KNOWN: tuple[dict[str, Any], ...] = (
    {"name": "bernoulli"},
    {"name": "bernoulli", "p": 0.1},
    {"name": "golden_mean"},
    {"name": "even_process"},
    {"name": "markov", "symbols": 4},
    {"name": "periodic"},
)
PARTLY_KNOWN: tuple[dict[str, Any], ...] = (
    {"name": "thue_morse"},
    *({"name": "elementary", "rule": rule} for rule in (15, 54, 110)),
    {"name": "elementary"},  # rule 30, the default
    {"name": "prng"},
)
SLOW = {"context_mixing": 2**12}
"""The longest sequence that a method of more than 10 microseconds a symbol is given."""


@dataclass(frozen=True)
class Grid:
    """Every code, and every estimator that claims a truth, × `sources` × `seeds`, up to `length` symbols.

    A code has no answer beyond the length that it says it takes.
    """

    sources: tuple[dict[str, Any], ...]
    length: int
    seeds: int

    def list_specs(self) -> list[RunSpec]:
        """A run per method, source and seed."""
        methods = _list_methods()
        return [
            RunSpec("estimate", {"source": source, "method": method, "length": self.length, "seed": seed})
            for source in self.sources
            for seed in range(self.seeds)
            for method in methods
        ]


presets = {
    "smoke": Grid((KNOWN[0], KNOWN[2]), 2**11, 2),
    "standard": Grid((*KNOWN, *PARTLY_KNOWN), 2**16, FEWEST_UNITS),
    "overnight": Grid((*KNOWN, *PARTLY_KNOWN), 2**20, 12),
}


def _list_methods() -> list[dict[str, Any]]:
    """The methods; an estimator with a correction for few samples also without: what it corrects is Miller's claim."""
    methods: list[dict[str, Any]] = []
    for name in open_shelf("estimators").names():
        entry = open_shelf("estimators").load(name)
        if entry.quantity != "none":
            dials = ({}, {"correction": "plug_in"}) if "correction" in entry.__dataclass_fields__ else ({},)
            methods += [{"shelf": "estimators", "name": name, **own} for own in dials]
    methods += [{"shelf": "codes", "name": name} for name in open_shelf("codes").names()]
    return [{**method, "longest": SLOW[method["name"]]} if method["name"] in SLOW else method for method in methods]


def specs(preset: str, table: pd.DataFrame) -> list[RunSpec]:
    """The grid of the preset; nothing is searched."""
    grid: Grid = choose_preset(presets, preset)
    return grid.list_specs()


UNIT = "seed"
ABOVE = Question(
    "codes_above", "Codes spend more bits a symbol than the entropy rate of their source.", 0.005,
    "no uniquely decodable code is shorter on average than the entropy (theorem 9)",
    "Shannon 1948, A mathematical theory of communication, Bell System Technical Journal 27", unit=UNIT,
)  # fmt: skip
FALL = Question(
    "codes_fall", "The bits that codes spend beyond the entropy rate fall with the length of the sequence.", 0.005,
    "a universal code's rate tends to the entropy rate of every stationary ergodic source",
    "Ziv and Lempel 1978, Compression of individual sequences via variable-rate coding, IEEE Trans. Inf. Theory 24",
    unit=UNIT,
)  # fmt: skip
PLUG_IN = Question(
    "plug_in_below", "Entropy rates from counted shares of blocks of coin flips are too low.", 0.002,
    "the plug-in entropy of K cells and n draws is too low by (K − 1)/(2n) nats",
    "Miller 1955, Note on the bias of information estimates, in Information Theory in Psychology", unit=UNIT,
    out_of_regime="blocks overlap, so draws are not independent as they are there",
)  # fmt: skip
SATURATES = Question(
    "block_decomposition_falls", "Block decomposition of fair coin flips, per bit, falls as the flips grow more.", 0.1,
    "the value tends to a logarithm once every block of the table has occurred",
    "Zenil et al. 2018, A decomposition method for global evaluation of Shannon entropy and local estimations of "
    "algorithmic complexity, Entropy 20:605",
    unit=UNIT,
)  # fmt: skip
DIVERGES = Question(
    "diverging_excess_grows", "Estimates of the excess entropy of Thue–Morse grow with the length.", 0.1,
    "the excess entropy of Thue–Morse diverges, so no estimate can have a limit (section V.C)", citation, unit=UNIT,
)  # fmt: skip
BITS = "estimate_bits"


def judge(tables: Tables) -> list[Verdict]:
    """Five claims on the methods, each a mean over sources in which a seed is the independent unit."""
    points = collect_points(tables)
    name = points["method"].str.split(" ").str[0]
    codes = points[points["method_kind"] == "code"]
    flips = points[points["source"].str.startswith("bernoulli") & (points["quantity"] == "entropy_rate")]
    plug_in = flips[flips["method"].str.contains("plug_in")]
    decomposed = points[(name == "block_decomposition") & (points["source"] == "bernoulli")]
    morse = points[(points["quantity"] == "excess_entropy") & (points["source"] == "thue_morse")]
    asked = (
        (ABOVE, codes, partial(_average, column="error_bits", sign=1)),
        (FALL, codes, partial(_measure_fall, column="error_bits", sign=1)),
        (PLUG_IN, plug_in, partial(_average, column="error_bits", sign=-1)),
        (SATURATES, decomposed, partial(_measure_fall, column=BITS, sign=1)),
        (DIVERGES, morse, partial(_measure_fall, column=BITS, sign=-1)),
    )
    next_step = suggest_next(tables, "estimator_calibration", presets)
    return [_judge(claim, rows, find, next_step) for claim, rows, find in asked]


def _judge(claim: Question, rows: pd.DataFrame, find: Callable[[pd.DataFrame], pd.Series], next_step: str) -> Verdict:
    """The verdict on a value per sequence, averaged over the sources of a seed."""
    values = find(rows) if len(rows) else pd.Series(dtype=float)

    def estimate(level: float) -> Estimate:
        return average_sources(claim.claim, values, "bits" if claim is DIVERGES else "bits/symbol", level)

    return claim.judge(estimate, rows.drop_duplicates("run_key"), next_step)


def _average(rows: pd.DataFrame, column: str, sign: int) -> pd.Series:
    """A value per (source, seed): the mean over methods and lengths."""
    means: pd.Series = sign * rows.groupby(["source", "seed"])[column].mean()
    return means


def _measure_fall(rows: pd.DataFrame, column: str, sign: int) -> pd.Series:
    """A value per (source, seed): the mean over methods of the shortest length's value minus the longest's."""
    known = rows.dropna(subset=[column]).sort_values("length")
    ends = known.groupby(["source", "seed", "method"]).agg(
        first=(column, "first"), last=(column, "last"), lengths=("length", "nunique")
    )
    ends = ends[ends["lengths"] > 1]
    means: pd.Series = sign * (ends["first"] - ends["last"]).groupby(["source", "seed"]).mean()
    return means
