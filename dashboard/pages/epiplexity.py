"""Epiplexity: the bits of structure in a study's loss curves and laws, for a budget of one's own."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard.exhibit import show_topics
from dashboard.grid import offer_csv, show_grid
from dashboard.notices import contain_errors, show_hint
from dashboard.pages import Page
from dashboard.studies import BY_HASH, FIRST_COMMAND, read_tables
from dashboard.text import escape_markdown
from lab.analysis.complexity.code_lengths import compare_rates, describe_rates, measure_runs
from lab.analysis.complexity.epiplexity import check_areas, draw_law, estimate_split
from lab.analysis.laws.fits import fit_joint
from lab.core.errors import RefusedError
from lab.core.units import format_count
from lab.tables import Study, Tables

LARGEST = 1e30  # FLOP or tokens a visitor may ask for
ENDS = ["value", "low", "high"]


def render(study: Study | None) -> None:
    """The closed form of the study's law at a budget, held against the measured areas; then the figures."""
    st.title("Epiplexity", anchor=False)
    if study is None:
        show_hint("No study yet", "Every loss curve is a code length; the smallest study has some.", FIRST_COMMAND)
        return
    tables = read_tables(study)
    st.header("Structure by the fitted law", anchor="law")
    with contain_errors():
        _show_law(tables)
    st.header("Code length of every run", anchor="runs")
    with contain_errors():
        _show_runs(tables)
    show_topics("epiplexity", study, tables)


def _show_law(tables: Tables) -> None:
    largest = tables.runs["tokens"].max()
    budget = (tables.runs["params_total"] * (6 * tables.runs["tokens"] + 2 * largest)).max()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        flops = _ask("Compute, training and coding (FLOP)", "flops", budget)
        test_tokens = _ask("Test tokens", "test_tokens", largest)
    try:
        rows, sentence = split_study(tables, flops, test_tokens)
    except RefusedError as refusal:
        st.text(f"No closed form: {refusal.rule}. {refusal.next_step}".rstrip())
        return
    shown = rows.assign(
        **{name: [_name(*pair) for pair in zip(rows[name], rows["unit"], strict=True)] for name in ENDS}
    )
    show_grid(shown)
    offer_csv(rows, tables.study.name, "epiplexity")
    st.caption(escape_markdown(sentence, limit=1000))


def _name(value: float, unit: str) -> str:
    return format_count(value) if unit else f"{value:.3g}"


def _ask(label: str, key: str, default: float) -> float:
    usual = float(default) if pd.notna(default) else 1e6
    value: float = st.number_input(label, 1.0, LARGEST, usual, format="%.3g", key=f"epiplexity.{key}", width=300)
    return value


@st.cache_data(hash_funcs=BY_HASH, max_entries=64, show_spinner="Fitting again and again …")
def split_study(tables: Tables, flops: float, test_tokens: float) -> tuple[pd.DataFrame, str]:
    """S, H, their share, D and N of the joint law with intervals; and what the areas say of it."""
    named = fit_joint(tables)
    drawn = draw_law(tables, named)
    estimates = estimate_split(drawn, flops, test_tokens)
    check = check_areas(tables, named, drawn)
    rates = compare_rates(measure_runs(tables))
    sentences = [
        f"{format_count(test_tokens)} test tokens at {format_count(flops, 'FLOP')}; {named.title}, {drawn.method}",
        f"Measured area over the law's: {check.verdict}",
        check.describe_apart(),
        describe_rates(rates),
    ]
    rows = [{"quantity": e.name, "value": e.value, "low": e.low, "high": e.high, "unit": e.unit} for e in estimates]
    return pd.DataFrame(rows), "".join(f"{sentence}. " for sentence in sentences if sentence).rstrip()


def _show_runs(tables: Tables) -> None:
    lengths = measure_runs(tables)
    if len(lengths.rows):
        wanted = ["run_key", "params_total", "tokens", "seed", "online_bits", "area_bits", "area_tokens", "excess_bits"]
        frame = lengths.rows[wanted].dropna(axis="columns", how="all")
        show_grid(frame)
        offer_csv(frame, tables.study.name, "code_lengths")
    for reason, count in lengths.refused["reason"].value_counts().items():
        st.caption(escape_markdown(f"None of {count}: {reason}."))


page = Page(title="Epiplexity", icon="area_chart", order=9, render=render)
