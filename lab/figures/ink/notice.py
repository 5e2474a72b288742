"""The figure of an empty table: what is missing and what to run."""

from __future__ import annotations

import textwrap
from html import escape

import plotly.graph_objects as go

from lab.figures.ink.marks import new_figure
from lab.figures.ink.palette import INK


def draw_notice(title: str, text: str) -> go.Figure:
    """A figure without axes that says `text` (why nothing is shown, and the next step) under `title`."""
    figure = new_figure()
    lines = [escape(line) for paragraph in text.splitlines() for line in _wrap(paragraph)]
    figure.add_annotation(
        text=f"<b>{escape(title)}</b><br>" + "<br>".join(lines),
        xref="paper",
        yref="paper",
        x=0.5,
        y=0.5,
        xanchor="center",
        yanchor="middle",
        align="center",
        showarrow=False,
        font={"size": 13, "color": INK},
    )
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    return figure


def _wrap(paragraph: str) -> list[str]:
    """Lines that a narrow column holds; a command stays in one piece, to be copied."""
    return [paragraph] if paragraph.startswith("lab ") else textwrap.wrap(paragraph, 44)
