"""A document as Markdown, figures as images beside it; every text of the study is escaped."""

from __future__ import annotations

import re
from collections.abc import Sequence

from lab.report.document import Badge, Block, Details, Exhibit, Paragraph, Section, Table


def write_markdown(title: str, sections: Sequence[Section]) -> str:
    """The Markdown document."""
    parts = [f"# {escape(title)}"]
    for section in sections:
        parts += [f"## {escape(section.title)}", *(_write_block(block) for block in section.blocks)]
    return "\n\n".join(parts) + "\n"


def escape(text: str) -> str:
    """`text` so that Markdown shows it as it stands, on one line."""
    return re.sub(r"([\\`*\[\]<>|#~$]|(?<!\w)_|_(?!\w))", r"\\\1", " ".join(text.replace("&", "&amp;").split()))


def _write_block(block: Block) -> str:
    match block:
        case Paragraph(text):
            return escape(text)
        case Table(head, rows, numeric):
            rule = ["---:" if name in numeric else "---" for name in head]
            lines = [map(escape, head), rule, *(map(escape, row) for row in rows)]
            return "\n".join(f"| {' | '.join(line)} |" for line in lines)
        case Details(summary, words):
            return f"<details><summary>{escape(summary)}</summary>\n\n{' '.join(map(escape, words))}\n\n</details>"
        case Badge(outcome, text, flags):
            return f"**{escape(', '.join([outcome, *flags]))}**: {escape(text)}"
        case Exhibit():
            image = f"![{escape(block.title)}]({block.image})"
            return f"### {escape(block.title)}\n\n{image}\n\n{escape(block.caption)}"
