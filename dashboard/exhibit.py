"""Exhibits: a figure of the figures shelf with its controls, caption, data and downloads; a page's figures by topic."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import streamlit as st

from dashboard.controls import choose_options, spell
from dashboard.grid import show_grid
from dashboard.notices import contain_errors
from dashboard.studies import BY_HASH
from dashboard.text import escape_markdown, name_download
from lab.core.registry import open_shelf
from lab.figures import draw_figure, list_figures
from lab.figures.printing import export_figure
from lab.tables import Study, Tables

FORMATS = {
    "pdf": "application/pdf",
    "svg": "image/svg+xml",
    "png": "image/png",
    "html": "text/html",
    "csv": "text/csv",
}
ROWS_SHOWN = 5000
_TOOLS = {"displaylogo": False, "modeBarButtonsToRemove": ["select2d", "lasso2d", "toImage"]}

_draw = st.cache_data(hash_funcs=BY_HASH, show_spinner="Drawing …", max_entries=64)(draw_figure)


def show_topics(page: str, study: Study, tables: Tables) -> None:
    """A tab per topic of a page's figures: those the study's sweep names first, in its order, then all others."""
    shelf = open_shelf("figures")
    first = getattr(open_shelf("sweeps").load(study.sweep), "figures", ()) if study.sweep else ()
    topics: dict[str, list[str]] = {}
    for name in list_figures(first, page):
        topics.setdefault(spell(shelf.load(name).topic), []).append(name)
    for tab, names in zip(st.tabs(list(topics), key="topic", bind="query-params"), topics.values(), strict=True):
        if tab.open:
            with tab:
                for name in names:
                    show_figure(name, tables)


def show_figure(name: str, tables: Tables, **fixed: Any) -> None:
    """The figure called `name` for these tables; a change of its controls redraws this exhibit and nothing else.

    Options in `fixed` are set by the page and have no control.
    """
    st.fragment(_show)(name, tables, fixed)


def _show(name: str, tables: Tables, fixed: dict[str, Any]) -> None:
    with st.container(key=f"exhibit-{name}", gap="small"), contain_errors():
        figure = open_shelf("figures").load(name)
        st.subheader(escape_markdown(figure.title), anchor=name)
        options = {**choose_options(name, figure.options, fixed), **fixed}
        frame, drawing = _draw(name, tables, options)
        if frame.empty:
            st.text(frame.attrs["missing"])
            return
        st.plotly_chart(
            drawing, theme=None, key=f"chart-{name}", alt=f"{figure.title}, {tables.study.name}", config=_TOOLS
        )
        st.caption(escape_markdown(figure.caption(frame, tables), limit=4000))
        _offer_downloads(name, tables, options)
        with st.expander(f"Data: {len(frame):,} rows", key=f"data-{name}"):
            show_grid(frame.head(ROWS_SHOWN))


def _offer_downloads(name: str, tables: Tables, options: dict[str, Any]) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        for kind, mime in FORMATS.items():
            st.download_button(
                kind.upper(),
                partial(export, name, tables, options, kind),
                mime=mime,
                type="tertiary",
                file_name=f"{name_download(tables.study.name, name)}.{kind}",
                on_click="ignore",
                key=f"download-{name}-{kind}",
                icon=":material/download:",
            )


@st.cache_data(hash_funcs=BY_HASH, show_spinner=False, max_entries=64)
def export(name: str, tables: Tables, options: dict[str, Any], kind: str) -> bytes:
    """The figure as a file of one of `FORMATS`, printed at the width of a journal's column."""
    with TemporaryDirectory() as folder:
        return export_figure(name, tables, options, Path(folder), formats=(kind,))[0].read_bytes()
