"""Estimators: which measure of complexity may be trusted, on which source and from which length on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import pandas as pd
import streamlit as st

from dashboard.controls import choose_options
from dashboard.exhibit import show_topics
from dashboard.grid import offer_csv, show_grid
from dashboard.notices import contain_errors, show_hint
from dashboard.pages import Page
from dashboard.studies import BY_HASH, find_evidence, read_tables
from lab.analysis.complexity.estimator_calibration import collect_points, find_trusted_lengths, measure_bias
from lab.core.registry import open_shelf
from lab.core.units import NATS_PER_BIT
from lab.data import CorpusSource
from lab.figures import Range
from lab.figures.framing.estimators import UNITS, Group, select_group
from lab.runners.estimate import QUANTITIES, SHELVES, EstimateFields
from lab.tables import Study, Tables

COMMAND = "lab run estimator_calibration --preset standard"


@dataclass(frozen=True)
class Sample:
    """The sequence all methods read: `length` symbols of a source with its dials at their defaults."""

    source: Literal[
        "golden_mean", "even_process", "bernoulli", "markov", "periodic", "thue_morse", "elementary", "prng"
    ] = "golden_mean"
    length: Literal[256, 1024, 4096, 16384] = 4096
    seed: Annotated[int, Range(0, 20, 1)] = 0


@dataclass(frozen=True)
class Demand:
    """`of`: which methods; `tolerance`: the bias that is small enough, in the unit of what they estimate."""

    of: Group = "entropy_rate"
    tolerance: Annotated[float, Range(0.01, 0.2, 0.01)] = 0.05


def render(study: Study | None) -> None:
    """What is known of the sources, every method on one sequence, then what the study of many has found."""
    st.title("Estimators", anchor=False)
    st.header("One sequence, every method", anchor="sample")
    with contain_errors():
        st.fragment(_show_sample)()
    st.header("What is known of the sources", anchor="sources")
    with contain_errors():
        show_grid(list_sources())
        st.caption("Each source with its dials at their defaults.")
    study = find_evidence(study, "estimator_calibration")
    tables = read_tables(study) if study is not None else None
    if study is None or tables is None or collect_points(tables).empty:
        why = "A study of many sequences says how far an estimator may be trusted; the chosen one holds none."
        show_hint("No calibration here", why, COMMAND)
        return
    st.header("From which length on", anchor="trust")
    with contain_errors():
        st.fragment(_show_trust)(tables)
    show_topics("estimators", study, tables)


def _show_sample() -> None:
    show_grid(measure_sample(**choose_options("sample", Sample)))
    st.caption(
        "Codes are read as bits per symbol. – where the method has no answer, or no truth is known or it diverges."
    )


@st.cache_data(max_entries=64, show_spinner="Measuring …")
def measure_sample(source: str, length: int, seed: int) -> pd.DataFrame:
    """A row per method: what it says of one sequence, the truth and the difference, in the unit of the quantity."""
    rows = []
    for shelf in SHELVES:
        for name in open_shelf(shelf).names():
            fields = EstimateFields({"name": source}, {"shelf": shelf, "name": name}, length, seed)
            if fields.quantity != "none":
                found, truth = fields.measure(fields.draw(length)), fields.truth_bits
                rows.append({"method": name, "quantity": _name_quantity(fields.quantity),
                             "estimate": _known(found), "truth": _known(truth)})  # fmt: skip
    frame = pd.DataFrame(rows)
    frame["off by"] = frame["estimate"] - frame["truth"]
    return frame.sort_values(["quantity", "method"], ignore_index=True)


def _name_quantity(quantity: str) -> str:
    """A quantity in words, with its unit."""
    return f"{quantity.replace('_', ' ')}, {UNITS[quantity]}"


def _known(bits: float | None) -> float:
    return bits if bits is not None and math.isfinite(bits) else math.nan


@st.cache_data(show_spinner=False)
def list_sources() -> pd.DataFrame:
    """Every source at its defaults: entropy rate, excess entropy and statistical complexity in bits, and what is known.

    Words where a value diverges, '–' where it is not known.
    """
    rows: list[dict[str, Any]] = []
    for name in open_shelf("data").names():
        source = open_shelf("data").load(name)()
        if not isinstance(source, CorpusSource):  # a text is the page Complexity's
            truths = {_name_quantity(quantity): _spell(getattr(source, quantity)) for quantity in QUANTITIES}
            rows.append({"source": name, **truths, "known": source.known})
    return pd.DataFrame(rows)


def _spell(nats: float | None) -> str:
    if nats is None:
        return "–"
    return f"{nats / NATS_PER_BIT:.4f}" if math.isfinite(nats) else "diverges"


def _show_trust(tables: Tables) -> None:
    options = choose_options("trust", Demand)
    frame = tabulate_trust(tables, **options)
    if frame.empty:
        st.text("No such method was held against a source whose truth is known.")
        return
    show_grid(frame)
    offer_csv(frame, tables.study.name, "trusted_lengths")
    st.caption(
        "The shortest length in symbols from which on the 95 % interval of the bias over seeds stays within "
        f"{options['tolerance']:g} {UNITS[options['of']]}, to the longest sequence of the study; never: not even there."
    )


@st.cache_data(hash_funcs=BY_HASH, max_entries=64, show_spinner=False)
def tabulate_trust(tables: Tables, of: Group, tolerance: float) -> pd.DataFrame:
    """A row per method, a column per source of known truth: the length in symbols, or 'never'."""
    bias = measure_bias(select_group(tables, of))
    bias = bias[bias.groupby("source")["bias_bits"].transform("count") > 0]
    trusted = find_trusted_lengths(bias, tolerance)
    words = trusted["trusted"].map(lambda length: f"{length:,.0f}" if math.isfinite(length) else "never")
    return trusted.assign(words=words).pivot_table("words", "method", "source", aggfunc="first").reset_index()


page = Page(title="Estimators", icon="balance", order=6, render=render)
