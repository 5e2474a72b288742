"""The shelf's contract, over every entry: draws from a study and from an empty one, names its units, prints."""

import dataclasses
import importlib.util
from functools import cache
from html import unescape
from typing import Literal, get_args, get_origin, get_type_hints

import numpy as np
import pytest

from lab.core.columns import describe_column
from lab.core.registry import open_shelf
from lab.figures import Range, draw_figure, list_run_keys
from lab.figures.printing import render_matplotlib
from lab.tables import Study, Tables

NAMES = open_shelf("figures").names()


@cache
def make_study(name: str) -> Tables:
    tables: Tables = importlib.import_module(f"tests.studies.{name}").make_tables()
    return tables


def find_study(name: str) -> Tables:
    """A study that fills the figure: tests/studies/FIGURE.py, or that of its page of the dashboard, PAGE.py."""
    own = importlib.util.find_spec(f"tests.studies.{name}")
    return make_study(name if own else open_shelf("figures").load(name).page)


def empty(tables: Tables) -> Tables:
    return Tables(Study("nothing", "known_entropy", "standard"), tables.runs.iloc[:0], tables.curves.iloc[:0])


def list_options(options: type) -> list[dict[str, object]]:
    """The defaults, then every other choice of every option by itself; a bounded number at both ends."""
    hints = get_type_hints(options, include_extras=True)
    choices: dict[str, list[object]] = {}
    for field in dataclasses.fields(options):
        hint = hints[field.name]
        if get_origin(hint) is Literal:
            choices[field.name] = list(get_args(hint))
        elif hint is bool:
            choices[field.name] = [False, True]
        else:
            bounds = get_args(hint)[1]
            assert isinstance(bounds, Range), f"option {field.name}: a literal, a bool or a number with its Range"
            choices[field.name] = [bounds.low, bounds.high]
        assert field.default in choices[field.name] or get_origin(hint) is not Literal
    return [{}, *({name: value} for name, values in choices.items() for value in values)]


@pytest.mark.parametrize("name", NAMES)
def test_draws_prints_and_names_its_units(name: str) -> None:
    tables = find_study(name)
    figure = open_shelf("figures").load(name)
    for options in list_options(figure.options):
        frame, drawing = draw_figure(name, tables, options)
        assert len(frame) and len(drawing.data), options
        labels = [axis.title.text for axis in (*drawing.select_xaxes(), *drawing.select_yaxes()) if axis.title.text]
        for axis in ("x", "y"):
            unit = frame.attrs.get(f"{axis}_unit", describe_column(frame.attrs[axis]).unit)
            assert any(label.endswith(f"({unit})") for label in labels) or not unit, (options, labels)
        for axis in (*drawing.select_xaxes(), *drawing.select_yaxes()):
            assert len(axis.tickvals) == len(axis.ticktext) >= 2, options
        assert set(list_run_keys(frame)) <= set(tables.runs["run_key"]) and list_run_keys(frame)
        page = render_matplotlib(drawing, (3.5, 3.0))
        box = page.get_tightbbox()
        assert box.x0 >= -0.01 and box.y0 >= -0.01 and box.x1 <= 3.51 and box.y1 <= 3.01, options


@pytest.mark.parametrize("name", NAMES)
def test_empty_study_says_what_to_run(name: str) -> None:
    tables = find_study(name)
    frame, drawing = draw_figure(name, empty(tables), {})
    text = unescape(drawing.layout.annotations[0].text).replace("<br>", " ")
    assert frame.empty and "lab run known_entropy --preset standard" in text
    render_matplotlib(drawing, (3.5, 3.0))


@pytest.mark.parametrize("name", NAMES)
def test_every_drawn_number_stands_in_the_frame(name: str) -> None:
    tables = find_study(name)
    frame, drawing = draw_figure(name, tables, {})
    numbers = frame.select_dtypes("number").to_numpy().ravel()
    for trace in drawing.data:
        shown = np.asarray(trace.y, float)
        shown = shown[np.isfinite(shown) & (shown != 0.0)]  # 0 is the residuals' reference
        assert np.isin(shown, numbers).all(), trace.name


@pytest.mark.parametrize("name", NAMES)
def test_caption_tells_study_axes_and_runs(name: str) -> None:
    tables = find_study(name)
    figure = open_shelf("figures").load(name)
    frame, _ = draw_figure(name, tables, {})
    caption = figure.caption(frame, tables)
    assert tables.study.name in caption and f"{len(list_run_keys(frame))} runs" in caption
    assert describe_column(frame.attrs["x"]).label[1:] in caption
    assert frame.attrs.get("y_unit", "") in caption


@pytest.mark.parametrize("name", NAMES)
def test_names_of_the_study_cannot_become_markup(name: str) -> None:
    tables = find_study(name)
    runs = tables.runs.assign(family=np.where(tables.runs["size"] > 40, "<a href='x'>lstm", "transformer"))
    _, drawing = draw_figure(name, Tables(tables.study, runs, tables.curves), {})
    assert "<a href" not in drawing.to_json()
