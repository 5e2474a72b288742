"""Small pictures and signals: errors of nets that classify, by depth, size and data."""

from __future__ import annotations

import streamlit as st

from dashboard.exhibit import show_topics
from dashboard.notices import show_hint
from dashboard.pages import Page
from dashboard.studies import find_evidence, read_tables
from lab.tables import Study

COMMAND = "lab run depth_degradation --preset standard"


def render(study: Study | None) -> None:
    """The figures of a study of classifiers."""
    st.title("Small pictures", anchor=False)
    study = find_evidence(study, "depth_degradation", "calibration_scale", "sanity_checks")
    tables = read_tables(study) if study is not None else None
    if study is None or tables is None or "train_error" not in tables.runs:
        why = "A study of nets that classify holds training and test errors; the chosen one has none."
        show_hint("No classifiers here", why, COMMAND)
        return
    show_topics("images", study, tables)


page = Page(title="Small pictures", icon="image", order=12, render=render)
