"""Description length: one sequence by every code of Markov chains, then what the studies of many have found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import pandas as pd
import streamlit as st

from dashboard.controls import choose_options
from dashboard.exhibit import show_topics
from dashboard.grid import offer_csv, show_grid
from dashboard.notices import contain_errors, show_hint
from dashboard.pages import Page
from dashboard.studies import find_evidence, read_tables
from lab.analysis.complexity.panels import describe_sequence, tabulate_panel
from lab.complexity.mdl.panel import ALL_ORDERS, Panel
from lab.figures import Range, draw_figure
from lab.figures.framing.descriptions import TITLES
from lab.tables import Study

COMMAND = "lab run mdl_tutorial --preset standard"
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


def render(study: Study | None) -> None:
    """Every code on one sequence, then the figures of the study."""
    st.title("Description length", anchor=False)
    st.header("One sequence, every code", anchor="sample")
    with contain_errors():
        st.fragment(_show_sample)()
    study = find_evidence(study, "mdl_tutorial", "noisy_weights", "label_codes")
    tables = read_tables(study) if study is not None else None
    known = tables is not None and any(c in tables.runs and tables.runs[c].notna().any() for c in COLUMNS)
    if study is None or tables is None or not known:
        why = "A study of many sequences holds regret against half a logarithm per parameter; the chosen one has none."
        show_hint("No descriptions here", why, COMMAND)
        return
    show_topics("mdl", study, tables)


def _show_sample() -> None:
    options = choose_options("sample", Sample)
    panel = describe_sample(**options)
    frame = tabulate(panel)
    show_grid(frame)
    st.caption(
        "Bits of these very symbols, the name of the order included. Regret: above the best fit in hindsight of the "
        "order chosen, which is no code. NML is exact at order 0 alone."
    )
    offer_csv(frame, options["source"], "description_length")
    _, drawing = draw_figure("order_lengths", tabulate_panel(options["source"], panel), {})
    title = f"Code length against order, {options['source']}"
    st.plotly_chart(drawing, theme=None, key="chart-sample", alt=title, config={"displaylogo": False})


@st.cache_data(max_entries=64, show_spinner="Describing …")
def describe_sample(source: str, length: int, largest_order: int, seed: int) -> Panel:
    """The panel of a stretch of the source."""
    return describe_sequence(source, range(largest_order + 1), length, seed)


def tabulate(panel: Panel) -> pd.DataFrame:
    """A row per code: the order it chooses, its whole length, bits a symbol, regret."""
    rows = []
    for code in panel.lengths:
        chosen, total = panel.choose_order(code), panel.count_total_bits(code)
        if chosen is not None:
            order = "all" if chosen == ALL_ORDERS else str(chosen)
            regret = panel.find_regret(code, chosen)
            rows.append(
                {
                    "code": TITLES[code],
                    "order chosen": order,
                    "description_bits": total,
                    "bits a symbol": total / panel.n,
                    "regret_bits": regret,
                }
            )
    return pd.DataFrame(rows)


page = Page(title="Description length", icon="compress", order=8, render=render)
