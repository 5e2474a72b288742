"""Data pruning: what a perceptron gets wrong after its examples were chosen, by theory, and the figures of a study."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, get_args

import numpy as np
import pandas as pd
import streamlit as st

from dashboard.controls import choose_options
from dashboard.exhibit import show_topics
from dashboard.grid import offer_csv
from dashboard.notices import contain_errors, show_hint
from dashboard.pages import Page
from dashboard.studies import find_evidence, read_tables
from lab.core.registry import open_shelf
from lab.figures import Range
from lab.scaling.pruning.band import Band, Side
from lab.scaling.pruning.theory import solve_student, trace_students
from lab.tables import Study

COMMAND = "lab run pruning_perceptron --preset smoke"
KEPT = (0.25, 64.0)  # per dimension, the ends of the curves
POINTS = 41


@dataclass(frozen=True)
class Options:
    """`examples_per_dimension` before pruning; `keep`: the share of them that is kept; `probe_degrees`: the probe's
    angle to the teacher.
    """

    examples_per_dimension: Annotated[float, Range(0.5, 100.0, 0.5)] = 2.0
    keep: Annotated[float, Range(0.05, 1.0, 0.05)] = 0.5
    probe_degrees: Annotated[int, Range(0, 90, 5)] = 0


def render(study: Study | None) -> None:
    """The theory under three sliders, then the figures of the study."""
    st.title("Data pruning", anchor=False)
    st.header("Theory", anchor="theory")
    st.fragment(_show_theory)()
    study = find_evidence(study, "pruning_perceptron")
    st.header("Study", anchor="study")
    if study is None:
        show_hint(
            "No study yet", "Students taught for real stand beside the theory; the smallest take a minute.", COMMAND
        )
        return
    show_topics("pruning", study, read_tables(study))


@contain_errors()
def _show_theory() -> None:
    options = choose_options("pruning", Options)
    alpha, keep, theta = (float(value) for value in options.values())
    errors = solve_sides(alpha, keep, theta)
    with st.container(horizontal=True):
        for name, error in errors.items():
            change = None if name == "All" else f"{error / errors['All'] - 1:+.1%}"
            st.metric(name, f"{error:.4f}", change, delta_color="inverse", border=True)
    curves = trace_sides(keep, theta)
    chosen = pd.DataFrame({"series": list(errors), "test_error": list(errors.values()), "kept_ratio": alpha * keep})
    chosen = chosen[chosen["series"] != "All"].assign(mark="mean", low=np.nan, high=np.nan)
    chart = open_shelf("figures").load("pruning_curves").draw(pd.concat([curves.assign(mark="theory"), chosen]))
    st.plotly_chart(
        chart, theme=None, key="pruning-theory", alt="Error against examples kept", config={"displaylogo": False}
    )
    st.caption(
        f"Of {alpha:.3g} examples per dimension {keep:.0%} are kept, by their margin to a probe at {theta:g}° to the "
        "teacher; the student has the largest margin, in infinitely many dimensions. The percentages compare with all "
        "of them. Markers: as many as chosen; lines: pools of every size, the same share."
    )
    offer_csv(curves, f"{keep:g}-{theta:g}", "pruning_theory")


@st.cache_data(max_entries=256, show_spinner=False)
def solve_sides(alpha: float, keep: float, theta: float) -> dict[str, float]:
    """The errors of all examples, and of the hard, the easy and any that are kept."""
    bands = {side.capitalize(): Band(side, keep, 0.0 if side == "random" else theta) for side in get_args(Side)}
    return {name: solve_student(alpha, band).error for name, band in {"All": Band("random", 1.0), **bands}.items()}


@st.cache_data(max_entries=64, show_spinner="Solving …")
def trace_sides(keep: float, theta: float) -> pd.DataFrame:
    """kept_ratio, test_error and series ('Hard', 'Easy', 'Random') of one share."""
    kept = np.geomspace(*KEPT, POINTS)
    parts = []
    for side in get_args(Side):
        band = Band(side, keep, 0.0 if side == "random" else theta)
        errors = [student.error for student in trace_students((kept / keep).tolist(), band)]
        parts.append(pd.DataFrame({"kept_ratio": kept, "test_error": errors, "series": side.capitalize()}))
    return pd.concat(parts, ignore_index=True)


page = Page(title="Data pruning", icon="content_cut", order=13, render=render)
