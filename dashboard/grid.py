"""Tables on screen: each column headed, explained and formatted as `lab.core.columns` defines it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.text import name_download
from lab.core.columns import describe_column
from lab.figures.printing.export import write_csv

_FORMATS = {"parameters": "compact", "tokens": "compact", "FLOP": "scientific", "s": "%.1f", "nats/token": "%.4f"}


def show_grid(frame: pd.DataFrame, **arguments: Any) -> Any:
    """`st.dataframe` with headings, hints and formats of the lab's own; further arguments go to it unchanged."""
    arguments = {"hide_index": True, "placeholder": "–", "column_config": configure_columns(frame), **arguments}
    return st.dataframe(frame, **arguments)


def offer_csv(frame: pd.DataFrame, *names: str) -> None:
    """A button that downloads the table as CSV, safe to open in a spreadsheet; `names` make its file's name."""
    name = name_download(*names)
    st.download_button(
        "CSV",
        partial(render_csv, frame),
        file_name=f"{name}.csv",
        mime="text/csv",
        type="tertiary",
        icon=":material/download:",
        on_click="ignore",
        key=f"csv-{name}",
    )


def render_csv(frame: pd.DataFrame) -> bytes:
    """The table as CSV; text that would be a formula is led by an apostrophe."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        write_csv(frame, path)
        return path.read_bytes()


def configure_columns(frame: pd.DataFrame) -> dict[str, Any]:
    """Streamlit's configuration of every column of a tidy table."""
    configured: dict[str, Any] = {}
    for name in map(str, frame.columns):
        column = describe_column(name)
        label = name.replace("_", " ")
        definition = f"{column.definition} ({column.unit})" if column.unit else column.definition
        if frame[name].dtype.kind in "iuf":
            style = _FORMATS.get(column.unit, "plain" if frame[name].dtype.kind in "iu" else "%.4g")
            configured[name] = st.column_config.NumberColumn(label, help=definition, format=style)
        else:
            configured[name] = st.column_config.TextColumn(label, help=definition)
    return configured
