"""Notices: what a page says in the place of what it cannot show. Everything from data stands as plain text."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from dashboard.text import escape_markdown
from lab.core.errors import LabError

_LOG = logging.getLogger(__name__)
REFUSAL, FAULT = "This cannot be shown", "A fault of the lab"


def show_error(error: LabError) -> None:
    """The error as a notice: subject, what was received, the rule, the next step."""
    _show_notice("error", REFUSAL, str(error))


def show_hint(title: str, body: str, command: str = "") -> None:
    """An empty state: what is missing, and the command that fills it."""
    _show_notice("lightbulb", title, body, command)


@contextmanager
def contain_errors() -> Iterator[None]:
    """What the lab refuses becomes a notice here, and so does a fault of its own, whose traceback goes to the log."""
    try:
        yield
    except LabError as error:
        show_error(error)
    except Exception:
        _LOG.exception("a part of the dashboard failed")
        _show_notice("error", FAULT, "This part failed; the terminal that serves the dashboard says why.")


def _show_notice(icon: str, title: str, body: str, command: str = "") -> None:
    with st.container(border=True, gap="small"):
        st.markdown(f"##### :material/{icon}: {escape_markdown(title)}")
        st.text(body)
        if command:
            st.code(command, language="bash", wrap_lines=True)
