"""A web page that needs nothing but itself: plotly's script inside, light and dark after the reader's system."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path

import plotly.graph_objects as go
import plotly.io as pio
from plotly.offline import get_plotlyjs

STYLE_SHEET = """
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #59616b; --page: #ffffff; --line: #d9dde2; --panel: #f5f7f9; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e8eb; --soft: #a3abb5; --page: #101418; --line: #333a42; --panel: #191f25; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 1.5rem 1.25rem 4rem; background: var(--page); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; overflow-wrap: break-word; }
figure { margin: 1.5rem 0 2.5rem; }
figcaption { color: var(--soft); font-size: .875rem; }
.js-plotly-plot .cartesianlayer text, .js-plotly-plot .infolayer text { fill: var(--ink) !important; }
"""
_CONFIG = {"displaylogo": False, "responsive": True, "toImageButtonOptions": {"format": "svg"}}


def write_page(path: Path, title: str, drawings: Mapping[str, go.Figure], caption: str) -> None:
    """A page of figures with one caption."""
    body = "\n".join(embed_figure(name, drawing, caption) for name, drawing in drawings.items())
    path.write_text(make_page(title, body), encoding="utf-8")


def make_page(title: str, body: str, style: str = "") -> str:
    """A whole HTML document around `body` (HTML); `title` is text, `style` further rules."""
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{escape(title)}</title>\n'
        f"<style>{STYLE_SHEET}{style}</style>\n<script>{get_plotlyjs()}</script>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def embed_figure(name: str, drawing: go.Figure, caption: str) -> str:
    """The figure and its caption as an HTML `figure` element; the page must hold plotly's script once."""
    chart = pio.to_html(drawing, config=_CONFIG, include_plotlyjs=False, full_html=False, div_id=f"figure-{name}")
    return f'<figure id="{escape(name)}">{chart}<figcaption>{escape(caption)}</figcaption></figure>'
