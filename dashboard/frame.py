"""The frame around the pages: which there are, and what becomes of an error in one."""

from __future__ import annotations

import streamlit as st

from dashboard.notices import contain_errors
from dashboard.pages import Page
from lab.core.registry import open_shelf
from lab.tables import Study


def load_pages() -> dict[str, Page]:
    """The pages by name, in their order; one that does not load is named in the sidebar and left out."""
    shelf = open_shelf("pages")
    pages: dict[str, Page] = {}
    for name in shelf.names():
        with st.sidebar, contain_errors():
            pages[name] = shelf.load(name)
    return dict(sorted(pages.items(), key=lambda item: item[1].order))


def render_page(page: Page, study: Study | None) -> None:
    """Draw a page; what goes wrong in it is a notice in its place."""
    with contain_errors():
        page.render(study)
