"""Controls: a dataclass of options becomes widgets whose values stand in the address as `figure.field`."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import streamlit as st

from dashboard.text import escape_markdown
from lab.core.columns import COLUMNS
from lab.core.errors import InputError
from lab.figures import Range

CONTROL_WIDTH = 170  # px; two stand side by side on a telephone
_AXES = {"x": "Horizontal axis", "y": "Vertical axis"}


def choose_options(name: str, options: type, without: Collection[str] = ()) -> dict[str, Any]:
    """A row of widgets for the dials of `options` but those in `without`, and the values chosen.

    A literal becomes a select, a bool a toggle, a bounded number a slider; raises `InputError` for any other type.
    """
    fields = [field for field in dataclasses.fields(options) if field.name not in without]
    if not fields:
        return {}
    hints = get_type_hints(options, include_extras=True)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key=f"controls-{name}"):
        return {field.name: _choose(name, field, hints[field.name]) for field in fields}


def _choose(name: str, field: dataclasses.Field[Any], hint: Any) -> Any:
    key, label = f"{name}.{field.name}", escape_markdown(_AXES.get(field.name) or spell(field.name))
    arguments = get_args(hint)
    if get_origin(hint) is Literal:
        return st.selectbox(
            label,
            arguments,
            index=arguments.index(field.default),
            format_func=spell,
            key=key,
            bind="query-params",
            width=CONTROL_WIDTH,
        )
    if hint is bool:
        return st.toggle(label, value=bool(field.default), key=key, bind="query-params")
    if get_origin(hint) is Annotated and isinstance(arguments[1], Range):
        bounds = arguments[1]
        return st.slider(
            label,
            bounds.low,
            bounds.high,
            field.default,
            bounds.step,
            key=key,
            bind="query-params",
            width=CONTROL_WIDTH,
        )
    raise InputError(
        f"option {key}",
        str(hint),
        "a literal, a bool or a number annotated with its Range",
        "mend the figure's options",
    )


def spell(choice: Any) -> str:
    """A choice in words: a column by its definition, anything else by its own name."""
    column = COLUMNS.get(str(choice))
    words = column.label.split(" (")[0] if column else str(choice).replace("_", " ")
    return words[:1].upper() + words[1:]
