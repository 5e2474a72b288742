"""Tables on screen: each column headed, explained and formatted as `lab.core.columns` defines it."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from lab.core.columns import describe_column

_FORMATS = {"parameters": "compact", "tokens": "compact", "FLOP": "scientific", "s": "%.1f", "nats/token": "%.4f"}


def show_grid(frame: pd.DataFrame, **arguments: Any) -> Any:
    """`st.dataframe` with headings, hints and formats of the lab's own; further arguments go to it unchanged."""
    arguments = {"hide_index": True, "placeholder": "–", "column_config": configure_columns(frame), **arguments}
    return st.dataframe(frame, **arguments)


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
