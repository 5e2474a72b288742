"""The printer: everything our figures use is drawn, everything else refused, and the bytes do not change."""

import re

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from lab.core.errors import InputError
from lab.figures.ink.axes import format_tick, list_log_ticks, set_log_axis
from lab.figures.ink.marks import add_band, add_intervals, add_line, add_note, add_points, add_reference, new_figure
from lab.figures.ink.palette import choose_looks
from lab.figures.printing import render_matplotlib
from lab.figures.printing.export import save_page, write_csv
from lab.figures.printing.page import write_page
from lab.figures.printing.text import convert_text


@pytest.fixture
def drawing() -> go.Figure:
    """All marks of the house in two panels with a shared logarithmic axis."""
    figure = new_figure((0.7, 0.3))
    look, other = choose_looks(["a", "b"]).values()
    rows = pd.DataFrame({"tokens": [1e5, 1e6, 1e7], "loss_nats": [4.0, 3.0, 2.5], "low": [3.9, 2.9, np.nan]})
    rows["high"] = rows["low"] + 0.2
    add_band(figure, rows["tokens"], rows["loss_nats"] - 0.1, rows["loss_nats"] + 0.1, look, "95 % interval")
    add_line(figure, rows["tokens"], rows["loss_nats"], look, "fit & <law>")
    add_intervals(figure, rows, "tokens", "loss_nats", other, "runs", hollow=True)
    add_points(figure, rows, "tokens", "low", look, "residuals", row=2, legend=False)
    add_reference(figure, (1e5, 1e7), 2.0, "floor")
    add_note(figure, "costs $5, no fit:\ntoo few runs")
    set_log_axis(figure, "x", rows["tokens"], "tokens", row=2)
    set_log_axis(figure, "y", rows["loss_nats"], "loss_nats")
    return figure


def test_page_shows_the_same_axes_ticks_and_names(drawing: go.Figure) -> None:
    page = render_matplotlib(drawing, (3.5, 3.0))
    top, bottom = page.axes
    assert list(page.get_size_inches()) == [3.5, 3.0]
    assert top.get_xscale() == "log" and top.get_ylim() == pytest.approx([10**v for v in drawing.layout.yaxis.range])
    assert top.get_xlim() == bottom.get_xlim()
    assert [t.get_text() for t in bottom.get_xticklabels()] == list(drawing.layout.xaxis2.ticktext)
    assert bottom.get_xlabel() == "Training tokens D (tokens)"
    assert [t.get_text() for t in page.legends[0].get_texts()] == ["95 % interval", "fit & <law>", "runs", "floor"]
    assert top.texts[0].get_text() == "costs \\$5, no fit:\ntoo few runs"


def test_everything_lies_on_the_page(drawing: go.Figure) -> None:
    page = render_matplotlib(drawing, (3.5, 3.0))
    box = page.get_tightbbox()
    assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= 3.5 and box.y1 <= 3.0


def test_points_and_intervals_stand_where_the_data_say(drawing: go.Figure) -> None:
    top = render_matplotlib(drawing, (3.5, 3.0)).axes[0]
    lines = [line.get_xydata() for line in top.lines]
    assert any(np.array_equal(xy, [[1e5, 4.0], [1e6, 3.0], [1e7, 2.5]]) for xy in lines)
    [segments] = [c.get_segments() for c in top.collections if hasattr(c, "get_segments")]
    assert np.allclose([s[:, 1] for s in segments], [[3.9, 4.1], [2.9, 3.1]])  # the run without an interval has no bar


@pytest.mark.parametrize("kind", ["pdf", "svg", "png"])
def test_bytes_are_the_same_on_a_second_run(drawing: go.Figure, kind: str, tmp_path) -> None:
    for name in ("first", "second"):
        save_page(render_matplotlib(drawing, (3.5, 3.0)), kind, tmp_path / name)
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()


def test_fonts_are_embedded_as_truetype_and_svg_text_is_text(drawing: go.Figure, tmp_path) -> None:
    page = render_matplotlib(drawing, (3.5, 3.0))
    save_page(page, "pdf", tmp_path / "page.pdf")
    pdf = (tmp_path / "page.pdf").read_bytes()
    assert b"/FontFile2" in pdf and b"/Type3" not in pdf
    width, height = map(float, re.search(rb"/MediaBox \[ ?0 0 ([\d.]+) ([\d.]+)", pdf).groups())
    assert (width, height) == (3.5 * 72, 3.0 * 72)
    save_page(page, "svg", tmp_path / "page.svg")
    assert ">Training tokens D (tokens)</text>" in (tmp_path / "page.svg").read_text()
    save_page(page, "png", tmp_path / "page.png")
    head = (tmp_path / "page.png").read_bytes()[:24]
    assert int.from_bytes(head[16:20]) == 1050  # 3.5 in at 300 dpi


def test_bars_heatmaps_contours_and_shapes_print() -> None:
    z = np.arange(12.0).reshape(3, 4)
    for trace in (
        go.Bar(x=["a", "b"], y=[1.0, 2.0], error_y={"array": [0.1, 0.2]}),
        go.Heatmap(z=z, colorscale="Viridis", colorbar={"title": {"text": "nats"}}),
        go.Contour(z=z, contours={"start": 0, "end": 10, "size": 2}),
        go.Contour(z=z, contours={"coloring": "lines", "showlabels": True}, line={"width": 1}),
    ):
        figure = new_figure().add_trace(trace, row=1, col=1)
        figure.add_shape(type="line", x0=0, x1=1, y0=1, y1=1, line={"dash": "dot"})
        figure.add_shape(type="rect", x0=0, x1=1, y0=0, y1=1, yref="y domain", fillcolor="#009e73", opacity=0.2)
        axes = render_matplotlib(figure, (3.5, 3.0)).axes
        assert axes[0].patches or axes[0].collections
    bars = render_matplotlib(new_figure().add_bar(x=["a", "b"], y=[1.0, 2.0], row=1, col=1), (3.5, 3.0)).axes[0]
    assert [bar.get_height() for bar in bars.containers[0]] == [1.0, 2.0]


@pytest.mark.parametrize(
    ("trace", "word"),
    [
        (go.Pie(values=[1, 2]), "pie"),
        (go.Scatter(x=[1], y=[1], fill="tonexty"), "tonexty"),
        (go.Scatter(x=[1], y=[1], mode="markers", marker={"symbol": "hash"}), "hash"),
        (go.Scatter(x=[1], y=[1], text=["lost"]), "text"),
    ],
)
def test_what_paper_cannot_show_is_refused(trace: object, word: str) -> None:
    with pytest.raises(InputError, match=word):
        render_matplotlib(go.Figure(trace), (3.5, 3.0))


def test_ticks_are_few_round_and_inside() -> None:
    assert list_log_ticks(0.9e6, 9e6) == [1e6, 2e6, 5e6]
    assert list_log_ticks(1e3, 1e9) == [1e3, 1e6, 1e9]
    assert list_log_ticks(1.7, 2.6) == [1.8, 2.0, 2.2, 2.4, 2.6]
    for low, high in [(1.21, 1.29), (1.4, 1.9), (1.0, 4.0), (3e12, 8e15), (1e-3, 0.1), (2.0, 2.0001)]:
        ticks = list_log_ticks(low, high)
        assert 2 <= len(ticks) <= 6 and all(low <= tick <= high for tick in ticks)


def test_tick_texts() -> None:
    assert format_tick(2e6, "tokens") == "2 M"
    assert format_tick(3e14, "FLOP") == "3·10¹⁴"
    assert format_tick(1e15, "FLOP") == "10¹⁵"
    assert format_tick(-0.02, "nats/token") == "−0.02"


def test_text_becomes_mathtext() -> None:
    assert convert_text("a<br>b") == "a\nb"
    assert convert_text("10<sup>15</sup> &lt;x&gt; $1") == r"10${}^{\mathrm{15}}$ <x> \$1"
    assert convert_text("<b>No runs_yet</b>") == r"$\mathbf{No\ runs\_yet}$"


def test_csv_cells_cannot_become_formulas(tmp_path) -> None:
    frame = pd.DataFrame({"name": ["=1+1", "@x", "fine", None], "loss_nats": [-1.0, 2.0, 3.0, np.nan]})
    write_csv(frame, tmp_path / "frame.csv")
    assert (tmp_path / "frame.csv").read_text() == "name,loss_nats\n'=1+1,-1.0\n'@x,2.0\nfine,3.0\n,\n"


def test_page_is_self_contained_and_escapes_names(drawing: go.Figure, tmp_path) -> None:
    write_page(tmp_path / "page.html", "<script>alert(1)</script>", {"fit": drawing}, "a < b & c")
    text = (tmp_path / "page.html").read_text()
    assert "<script>alert" not in text and "a &lt; b &amp; c" in text
    assert not re.search(r"<(script|link|img)[^>]*(src|href)=", text)
