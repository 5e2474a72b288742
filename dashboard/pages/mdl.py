"""Description length: one sequence as Markov chains, one curve as polynomials, then what studies of many have found."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import pandas as pd
import streamlit as st

from dashboard.controls import choose_options
from dashboard.exhibit import show_topics
from dashboard.grid import offer_csv, show_grid
from dashboard.notices import contain_errors, show_hint
from dashboard.pages import Page
from dashboard.studies import find_evidence, read_tables
from dashboard.text import escape_markdown
from dashboard.uploads import KINDS
from lab.analysis.complexity.panels import describe_columns, describe_curve, describe_sequence, tabulate_panel
from lab.complexity.mdl.choice import explain_choices
from lab.complexity.mdl.panel import ALL_ORDERS, Panel
from lab.figures import Range, draw_figure
from lab.figures.framing.descriptions import TITLES
from lab.tables import Study
from lab.tables.importing import read_file

COMMAND = "lab run mdl_tutorial --preset standard"
MOST_NOTES = 4
COLUMNS = ("kl_weight", "true_order", "uniform_bits")  # any of them: a study that the figures can draw


@dataclass(frozen=True)
class Sample:
    """The sequence: `length` symbols of a source with its dials at their defaults; chains of order 0 to
    `largest_order`.
    """

    source: Literal["golden_mean", "even_process", "bernoulli", "periodic", "thue_morse", "elementary", "prng"] = (
        "golden_mean"
    )
    length: Literal[64, 256, 1024, 4096, 16384] = 1024
    largest_order: Annotated[int, Range(1, 8, 1)] = 4
    seed: Annotated[int, Range(0, 20, 1)] = 0


@dataclass(frozen=True)
class Curve:
    """The curve: `examples` values with normal `noise` about a polynomial of the `true_degree`, whose terms have a mean
    square of one each; polynomials of degree 0 to `largest_degree`.
    """

    true_degree: Annotated[int, Range(0, 6, 1)] = 3
    examples: Literal[32, 128, 512, 2048] = 128
    noise: Literal["0.1", "0.5", "1", "2"] = "1"
    largest_degree: Annotated[int, Range(1, 12, 1)] = 8
    seed: Annotated[int, Range(0, 20, 1)] = 0


def render(study: Study | None) -> None:
    """Every code on one sequence, then the figures of the study."""
    st.title("Description length", anchor=False)
    st.header("One sequence, every code", anchor="sample")
    st.fragment(_show_sample)()
    st.header("One curve, every code", anchor="curve")
    st.fragment(_show_curve)()
    study = find_evidence(study, "mdl_tutorial", "noisy_weights", "label_codes")
    tables = read_tables(study) if study is not None else None
    known = tables is not None and any(c in tables.runs and tables.runs[c].notna().any() for c in COLUMNS)
    if study is None or tables is None or not known:
        why = "A study of many sequences holds regret against half a logarithm per parameter; the chosen one has none."
        show_hint("No descriptions here", why, COMMAND)
        return
    show_topics("mdl", study, tables)


@contain_errors()
def _show_sample() -> None:
    options = choose_options("sample", Sample)
    _show_panel("sample", options["source"], describe_sample(**options))
    st.caption("Bits of these very symbols. NML is exact at order 0, and at order 1 of up to 4,096 bits.")


@contain_errors()
def _show_curve() -> None:
    file = st.file_uploader("A table of your own: y given x", type=KINDS, key="curve.file")
    if file is None:
        _show_panel("curve", "curve", describe_drawn(**choose_options("curve", Curve)))
    else:
        content = file.getvalue()
        names = list_columns(file.name, content)
        with st.container(horizontal=True):
            x = st.selectbox("x", names, key="curve.x")
            y = st.selectbox("y", names, index=min(1, len(names) - 1), key="curve.y")
            largest = st.slider("Largest degree", 1, 12, Curve.largest_degree, key="curve.largest")
        _show_panel("curve", file.name, describe_file(file.name, content, x, y, largest))
    st.caption("Bits of y given x, to the precision of y; the noise is normal, and NML is exact at every degree.")


def _show_panel(key: str, name: str, panel: Panel) -> None:
    """The table of the codes, why they choose the orders they choose, and their lengths against the order."""
    frame = tabulate(panel)
    show_grid(frame)
    st.caption(
        "The name of the order is included. Regret: the length above the best fit in hindsight of order "
        f"{panel.usual_order}, the one most codes choose; that fit is no code."
    )
    for note in explain_choices(panel)[:MOST_NOTES]:
        st.caption(escape_markdown(note))
    offer_csv(frame, name, "description_length")
    _, drawing = draw_figure("order_lengths", tabulate_panel(name, panel), {})
    title = f"Code length against order, {name}"
    st.plotly_chart(drawing, theme=None, key=f"chart-{key}", alt=title, config={"displaylogo": False})


@st.cache_data(max_entries=64, show_spinner="Describing …")
def describe_sample(source: str, length: int, largest_order: int, seed: int) -> Panel:
    """The panel of a stretch of the source."""
    return describe_sequence(source, range(largest_order + 1), length, seed)


@st.cache_data(max_entries=64, show_spinner="Describing …")
def describe_drawn(true_degree: int, examples: int, noise: str, largest_degree: int, seed: int) -> Panel:
    """The panel of a drawn curve."""
    return describe_curve(true_degree, examples, float(noise), range(largest_degree + 1), seed)


@st.cache_data(max_entries=16, show_spinner="Describing …")
def describe_file(name: str, content: bytes, x: str, y: str, largest_degree: int) -> Panel:
    """The panel of two columns of a table; raises `LabError`."""
    with tempfile.TemporaryDirectory() as folder:
        return describe_columns(_keep(folder, name, content), x, y, range(largest_degree + 1))


@st.cache_data(max_entries=16, show_spinner=False)
def list_columns(name: str, content: bytes) -> list[str]:
    """The columns of a table; raises `InputError`."""
    with tempfile.TemporaryDirectory() as folder:
        return [str(column) for column in read_file(_keep(folder, name, content)).columns]


def _keep(folder: str, name: str, content: bytes) -> Path:
    path = Path(folder) / f"table{Path(name).suffix}"
    path.write_bytes(content)
    return path


def tabulate(panel: Panel) -> pd.DataFrame:
    """A row per code: the order it chooses, its whole length, bits an example, regret."""
    rows = []
    for code in panel.lengths:
        chosen, total = panel.choose_order(code), panel.count_total_bits(code)
        if chosen is not None:
            order = "all" if chosen == ALL_ORDERS else str(chosen)
            rows.append(
                {
                    "code": TITLES[code],
                    "order chosen": order,
                    "description_bits": total,
                    "bits an example": total / panel.n,
                    "regret, bits": panel.count_regret_bits(code),
                }
            )
    return pd.DataFrame(rows)


page = Page(title="Description length", icon="compress", order=8, render=render)
