"""Runs: every run of the study in a table, and one of them in full."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from dashboard.controls import spell
from dashboard.exhibit import show_figure
from dashboard.grid import offer_csv, show_grid
from dashboard.notices import show_hint
from dashboard.pages import Page
from dashboard.progress import show_progress
from dashboard.studies import FIRST_COMMAND, read_run, read_tables
from dashboard.text import escape_markdown
from lab.core.columns import describe_column
from lab.core.units import format_count, format_duration
from lab.tables import Study, Tables

_FILTERS = ("status", "stage", "family", "optimizer", "source", "size", "tokens", "seed")
_FIRST = ("status", "family", "size", "params_total", "tokens", "learning_rate", "seed", "loss_nats", "bits_per_byte")
_ORDER = ("family", "optimizer", "params_total", "tokens", "learning_rate", "seed")
_MEASURES = ("loss_nats", "bits_per_byte", "params_total", "tokens", "flops", "cpu_seconds")
_LAST = ("trunk_key", "machine", "finished_at", "error", "run_key")


def render(study: Study | None) -> None:
    """Progress while the study runs, the filtered table, and the chosen run."""
    st.title("Runs", anchor=False)
    if study is None:
        show_hint("No study yet", "Runs appear here while they are trained.", FIRST_COMMAND)
        return
    show_progress(study)
    tables = read_tables(study)
    rows = _filter(tables.runs.sort_values(list(_ORDER), ignore_index=True))
    _show_table(rows)
    offer_csv(rows, study.name, "runs")
    _show_choice(study, tables, rows)


def _filter(runs: pd.DataFrame) -> pd.DataFrame:
    kept = runs
    with st.container(horizontal=True, gap="small", key="filters"):
        for name in _FILTERS:
            values = sorted(runs[name].dropna().unique())
            if len(values) > 1:
                chosen = st.multiselect(
                    name.capitalize(),
                    values,
                    format_func=_spell_value,
                    key=name,
                    bind="query-params",
                    placeholder="all",
                    width=170,
                )
                kept = kept[kept[name].isin(chosen)] if chosen else kept
    return kept


def _show_table(rows: pd.DataFrame) -> None:
    only_differing = st.toggle("Only columns that differ", True, key="differing", bind="query-params")
    names = [str(name) for name in rows.columns]
    wanted = [n for n in names if not only_differing or n in _FIRST or len(rows[n].unique()) > 1]
    middle = [n for n in wanted if n not in _FIRST + _LAST]
    show_grid(
        rows[[*_FIRST, *middle, *(n for n in _LAST if n in wanted)]],
        key="grid",
        on_select=partial(_choose_row, rows),
        selection_mode="single-row",
        height=min(38 + 35 * max(len(rows), 1), 420),
    )
    hidden = {n: rows[n].iloc[0] for n in names if n not in wanted and len(rows)}
    known = [f"{n.replace('_', ' ')} {_spell_value(v)}" for n, v in hidden.items() if pd.notna(v) and v != ""]
    same = f" The same in all: {', '.join(known)}." if known else ""
    st.caption(escape_markdown(f"{len(rows):,} runs.{same}", limit=2000))


def _choose_row(rows: pd.DataFrame) -> None:
    picked = st.session_state["grid"]["selection"]["rows"]
    st.session_state["run"] = rows["run_key"].iloc[picked[0]] if picked else None


def _show_choice(study: Study, tables: Tables, rows: pd.DataFrame) -> None:
    st.header("One run", anchor="run")
    key = st.selectbox(
        "Run",
        list(rows["run_key"]),
        index=None,
        key="run",
        bind="query-params",
        placeholder="choose a row above, or search a run key",
    )
    if key is None:
        return
    run = read_run(study, key)
    row = rows.loc[rows["run_key"] == key].iloc[0]
    with st.container(horizontal=True, gap="large"):
        for name in _MEASURES:
            if pd.notna(row.get(name)):
                column = describe_column(name)
                st.metric(spell(name), _format(row[name], column.unit), width="content")
    if run.error:
        st.markdown("##### What went wrong")
        st.code(run.error, language=None, wrap_lines=True)
    if (tables.curves["run_key"] == key).any():
        chosen = Tables(tables.study, rows[rows["run_key"] == key], tables.curves[tables.curves["run_key"] == key])
        show_figure("learning_curves", chosen, rates="all")
    specification, provenance = st.columns(2, gap="medium")
    with specification:
        st.markdown("##### Specification")
        st.json(run.fields)
    with provenance:
        st.markdown("##### Provenance")
        st.json(run.provenance)


def _spell_value(value: object) -> str:
    return f"{value:,.12g}" if isinstance(value, float) else str(value)


def _format(value: float, unit: str) -> str:
    if unit == "s":
        return format_duration(value)
    return (
        f"{value:.4f}" if unit in ("nats/token", "bits/byte") else format_count(value, unit if unit == "FLOP" else "")
    )


page = Page(title="Runs", icon="table_rows", order=1, render=render)
