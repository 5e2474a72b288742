"""The pages shelf: one file is one page and exposes `page`; its name is its address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lab.tables import Study


@dataclass(frozen=True)
class Page:
    """A page of the dashboard.

    `icon` is a name of Material Symbols; pages stand in the navigation by `order`, the lowest first and shown at '/'.
    `render` draws the page for the chosen study, None while there is none.
    """

    title: str
    icon: str
    order: int
    render: Callable[[Study | None], None]
