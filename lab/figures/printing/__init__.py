"""Figures on paper: a matplotlib page of every plotly figure of ours, and files at journal column widths.

No browser is needed, fonts are embedded, and the same data give the same bytes on every machine and every run.
"""

from lab.figures.printing.export import export_figure, save_figure
from lab.figures.printing.renderer import render_matplotlib

__all__ = ["export_figure", "render_matplotlib", "save_figure"]
