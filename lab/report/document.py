"""A document before it is HTML or Markdown: sections of paragraphs, tables, commands and figures, all plain text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import plotly.graph_objects as go


@dataclass(frozen=True)
class Paragraph:
    """Running text."""

    text: str


@dataclass(frozen=True)
class Table:
    """Rows of text under a head; `numeric` names the columns that are set flush right."""

    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    numeric: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Details:
    """A long list of words that only some readers want, folded away under its summary."""

    summary: str
    words: Sequence[str]


@dataclass(frozen=True)
class Badge:
    """An outcome in a word, with its flags, above the text it belongs to."""

    outcome: str
    text: str
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Exhibit:
    """A figure: drawn live in HTML, as the image at `image` (relative to the document) in Markdown."""

    name: str
    title: str
    drawing: go.Figure
    caption: str
    image: PurePosixPath


Block = Paragraph | Table | Details | Badge | Exhibit


@dataclass(frozen=True)
class Section:
    """A titled part of the document."""

    title: str
    blocks: Sequence[Block]
