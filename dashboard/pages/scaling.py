"""Scaling: the laws fitted to a study with their intervals, and every figure of it, by topic."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard.exhibit import show_topics
from dashboard.grid import offer_csv, show_grid
from dashboard.notices import contain_errors, show_hint
from dashboard.pages import Page
from dashboard.studies import BY_HASH, FIRST_COMMAND, read_tables
from dashboard.text import escape_markdown
from lab.analysis.comparisons.collapse import measure_collapse
from lab.analysis.laws.fits import fit_study
from lab.tables import Study, Tables


def render(study: Study | None) -> None:
    """The fits in one table, then a tab per topic of the figures shelf."""
    st.title("Scaling", anchor=False)
    if study is None:
        show_hint(
            "No study yet", "Laws are fitted to the runs of a study; the smallest takes a few minutes.", FIRST_COMMAND
        )
        return
    tables = read_tables(study)
    if tables.is_without_losses:
        show_hint("No losses in this study", "Its runs are no trainings; their figures stand on a page of their own.")
        return
    st.header("Fits", anchor="fits")
    with contain_errors():
        estimates, remarks = tabulate_fits(tables)
        if len(estimates):
            show_grid(estimates)
            offer_csv(estimates, study.name, "fits")
        for remark in remarks:
            st.caption(escape_markdown(remark, limit=2000))
        if trust := describe_collapse(tables):
            st.caption(f"**Recipe across sizes.** {escape_markdown(trust, limit=2000)}")
    show_topics("scaling", study, tables)


@st.cache_data(hash_funcs=BY_HASH, max_entries=32, show_spinner="Fitting …")
def tabulate_fits(tables: Tables) -> tuple[pd.DataFrame, list[str]]:
    """A row per estimate of the standard fits, and a remark per fit that is refused or not to be trusted."""
    fits = fit_study(tables)
    rows = [
        {
            "fit": named.title,
            "law": named.fit.law,
            "status": str(named.fit.status),
            "parameter": estimate.name,
            "value": estimate.value,
            "low": estimate.low,
            "high": estimate.high,
            "unit": estimate.unit,
            "independent units": estimate.n,
            "interval": f"{estimate.level:.0%}, {estimate.method}" if estimate.has_interval else estimate.method,
        }
        for named in fits
        for estimate in named.fit.estimates
    ]
    remarks = [
        f"{named.title}, {named.fit.law}: {named.fit.status}; {named.fit.reason}. Next: {named.fit.next_step}"
        for named in fits
        if named.fit.reason
    ]
    return pd.DataFrame(rows), remarks


@st.cache_data(hash_funcs=BY_HASH, max_entries=32, show_spinner=False)
def describe_collapse(tables: Tables) -> str:
    """What the collapse of compute-optimal curves says of the study's recipe; '' where it has no such curves."""
    found = measure_collapse(tables)
    return "" if found.reason else f"Compute-optimal curves: {found.describe()}"


page = Page(title="Scaling", icon="ssid_chart", order=2, render=render)
