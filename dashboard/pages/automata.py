"""Automata: a cup of coffee in time, its state and what coarse-graining leaves of it, and the figures of a study."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
import streamlit as st

from dashboard.controls import choose_options, spell
from dashboard.exhibit import show_topics
from dashboard.notices import contain_errors, show_hint
from dashboard.pages import Page
from dashboard.studies import find_evidence, read_tables
from dashboard.text import escape_markdown
from lab.complexity.automaton import Automaton
from lab.complexity.coarse import ADJUSTED_BUCKETS, adjust, coarsen
from lab.complexity.trajectory import Frame, choose_moves, follow, measure_frames
from lab.core.registry import open_shelf
from lab.figures import Range
from lab.figures.ink.film import draw_film_curve, move_present, paint
from lab.tables import Study

COMMAND = "lab run coffee_automaton --preset smoke"
DEFAULT = "interacting"
SNAPSHOTS, UNTIL = 40, 4.0
SECONDS_PER_FRAME = 0.5
CLOCK = "automata.time"


@dataclass(frozen=True)
class Options:
    """`side`: n, cells along it; `grain`, `buckets`, `code`: how a state is seen; `seed`: of the run."""

    side: Literal[40, 60, 100, 140, 200] = 100
    grain: Annotated[int, Range(1, 40, 1)] = 10
    buckets: Annotated[int, Range(2, 7, 1)] = 3
    code: Literal["deflate", "bz2", "lzma", "zstd", "brotli", "ppmd"] = "deflate"
    seed: Annotated[int, Range(0, 20, 1)] = 0


def render(study: Study | None) -> None:
    """The viewer, then a tab per topic of the figures of the study."""
    st.title("Automata", anchor=False)
    with contain_errors():
        _show_viewer()
    study = find_evidence(study, "coffee_automaton", "complexodynamics")
    st.header("Study", anchor="study")
    if study is None:
        show_hint("No study yet", "Simulated runs fill the figures of this page; the smallest take a minute.", COMMAND)
        return
    show_topics("automata", study, read_tables(study))


def _show_viewer() -> None:
    names = open_shelf("automata").names()
    name = st.selectbox(
        "Automaton",
        names,
        names.index(DEFAULT),
        format_func=spell,
        key="automata.automaton",
        bind="query-params",
        width=240,
    )
    options = choose_options("automata", Options)
    st.caption(escape_markdown(describe_automaton(name), limit=600))
    playing = st.toggle("Play", key="automata.play")
    st.fragment(_show_present, run_every=SECONDS_PER_FRAME if playing else None)(name, options, playing)


def _show_present(name: str, options: dict[str, Any], playing: bool) -> None:
    """One moment of the film; a fragment, so that a step redraws this and nothing else."""
    with contain_errors():
        if playing:
            st.session_state[CLOCK] = (st.session_state.get(CLOCK, -1) + 1) % SNAPSHOTS
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            now = st.slider("Snapshot", 0, SNAPSHOTS - 1, SNAPSHOTS // 2, key=CLOCK)
            st.button("Back", icon=":material/chevron_left:", key="automata.back", on_click=_step, args=(-1,))
            st.button("Forward", icon=":material/chevron_right:", key="automata.forward", on_click=_step, args=(1,))
        frames = film(name, options["side"], options["seed"])
        curve = trace(name, **options)
        state, coarse, adjusted = view_frame(frames[now], options["grain"], options["buckets"])
        with st.container(horizontal=True, gap="small", key="automata-pictures"):
            for words, shares in (("State", state), ("Coarse", coarse), ("Adjusted", adjusted)):
                st.image(paint(shares), caption=words, width=300)
        row, drawing = curve.iloc[now], draw_trace(name, **options)
        move_present(drawing, row["relaxation_times"])
        st.plotly_chart(drawing, theme=None, key="automata-curve", alt="Code lengths in time", config=_TOOLS)
        st.caption(
            f"t = {row['relaxation_times']:.3g} τ = {row['sweeps']:,.0f} sweeps. Dotted: a surrogate with its rows "
            "and nothing else; what lies above it is structure. Lengths are upper bounds, by one code."
        )


def _step(by: int) -> None:
    """One snapshot on or back: a button is told at once, a slider waits a fifth of a second for more."""
    st.session_state[CLOCK] = min(max(st.session_state[CLOCK] + by, 0), SNAPSHOTS - 1)


_TOOLS = {"displaylogo": False, "displayModeBar": False}


@st.cache_data(max_entries=12, show_spinner="Running the automaton …")
def film(name: str, side: int, seed: int) -> list[Frame]:
    """All frames of a run, made once: scrubbing and playing read them."""
    automaton: Automaton = open_shelf("automata").load(name)()
    return list(follow(automaton, side, seed, choose_moves(automaton, side, UNTIL, SNAPSHOTS)))


@st.cache_data(max_entries=48, show_spinner="Compressing every state …")
def trace(name: str, side: int, seed: int, grain: int, buckets: int, code: str) -> pd.DataFrame:
    """The curve of a film as one view sees it."""
    automaton: Automaton = open_shelf("automata").load(name)()
    length = open_shelf("codes").load(code)()
    return pd.DataFrame(measure_frames(automaton, film(name, side, seed), grain, buckets, length))


@st.cache_data(max_entries=48, show_spinner=False)
def draw_trace(name: str, side: int, seed: int, grain: int, buckets: int, code: str) -> Any:
    """The drawing of that curve, made once: a step moves the line of the present in a copy."""
    return draw_film_curve(trace(name, side, seed, grain, buckets, code))


def view_frame(frame: Frame, grain: int, buckets: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """State, coarse and adjusted square of a frame as shares of cream, 0 to 1."""
    adjusted = adjust(coarsen(frame.cells, grain, ADJUSTED_BUCKETS))
    return (
        np.minimum(frame.cells, 1).astype(float),
        coarsen(frame.cells, grain, buckets) / (buckets - 1),
        adjusted / (ADJUSTED_BUCKETS - 1),
    )


def describe_automaton(name: str) -> str:
    """What an automaton is, in the first sentence of its file."""
    return (open_shelf("automata").find(name).module.__doc__ or "").strip().splitlines()[0]


page = Page(title="Automata", icon="coffee", order=7, render=render)
