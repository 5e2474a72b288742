"""Scaling: every figure of a study, by topic."""

from __future__ import annotations

import streamlit as st

from dashboard.controls import spell
from dashboard.exhibit import show_figure
from dashboard.notices import show_hint
from dashboard.pages import Page
from dashboard.studies import FIRST_COMMAND, read_tables
from lab.core.registry import open_shelf
from lab.tables import Study


def render(study: Study | None) -> None:
    """A tab per topic of the figures shelf."""
    st.title("Scaling", anchor=False)
    if study is None:
        show_hint(
            "No study yet", "Laws are fitted to the runs of a study; the smallest takes a few minutes.", FIRST_COMMAND
        )
        return
    tables = read_tables(study)
    topics = _sort_topics(study)
    for tab, names in zip(st.tabs(list(topics), key="topic", bind="query-params"), topics.values(), strict=True):
        if tab.open:
            with tab:
                for name in names:
                    show_figure(name, tables)


def _sort_topics(study: Study) -> dict[str, list[str]]:
    """The figures by topic: those the study's sweep names first, in its order, then all others."""
    shelf = open_shelf("figures")
    first = getattr(open_shelf("sweeps").load(study.sweep), "figures", ()) if study.sweep else ()
    names = [*(name for name in first if name in shelf.names()), *(name for name in shelf.names() if name not in first)]
    topics: dict[str, list[str]] = {}
    for name in names:
        topics.setdefault(spell(shelf.load(name).topic), []).append(name)
    return topics


page = Page(title="Scaling", icon="ssid_chart", order=2, render=render)
