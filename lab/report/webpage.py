"""A document as one HTML file that needs nothing else; every text of the study is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from lab.figures.printing.page import embed_figure, make_page
from lab.report.document import Badge, Block, Details, Exhibit, Paragraph, Section, Table

_STYLE = """
h1 { font-size: 1.75rem; line-height: 1.25; margin: 1rem 0 .5rem; }
h2 { font-size: 1.25rem; margin: 2.75rem 0 .75rem; padding-top: .75rem; border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 2rem 0 0; }
nav { color: var(--soft); font-size: .875rem; } nav a { color: inherit; margin-right: 1rem; white-space: nowrap; }
.scroll { overflow-x: auto; margin: .75rem 0 1.25rem; }
table { border-collapse: collapse; font-size: .875rem; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .4rem .75rem .4rem 0; border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-weight: 600; white-space: nowrap; }
td { min-width: 5rem; } .facts td { overflow-wrap: anywhere; }
.number { min-width: 0; text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.facts th:first-child, .facts td:first-child { width: 15rem; max-width: 40vw; color: var(--soft); }
.words { font: .8125rem/1.6 ui-monospace, monospace; color: var(--soft); }
.claim { background: var(--panel); border-radius: 6px; padding: .75rem 1rem; margin: 1.25rem 0 .5rem; }
.badge { display: inline-block; border-radius: 999px; padding: .05rem .6rem; margin-right: .5rem; font-size: .8125rem;
  font-weight: 600; border: 1.5px solid currentColor; }
.supported { color: #00734f; } .not-supported { color: #b04a00; } .reversed { color: #a3356f; }
.underpowered, .flag { color: var(--soft); }
@media (prefers-color-scheme: dark) {
  .supported { color: #2fc79a; } .not-supported { color: #f08a3c; } .reversed { color: #e39ac2; }
}
@media print { body { max-width: none; } figure { break-inside: avoid; } }
"""


def write_webpage(title: str, sections: Sequence[Section]) -> str:
    """The HTML document, plotly's script within."""
    links = " ".join(f'<a href="#{_anchor(section)}">{escape(section.title)}</a>' for section in sections)
    parts = [f"<h1>{escape(title)}</h1>", f"<nav>{links}</nav>"]
    for section in sections:
        parts.append(f'<h2 id="{_anchor(section)}">{escape(section.title)}</h2>')
        parts += [_write_block(block) for block in section.blocks]
    return make_page(title, "\n".join(parts), _STYLE)


def _anchor(section: Section) -> str:
    return escape(section.title.lower().replace(" ", "-"))


def _write_block(block: Block) -> str:
    match block:
        case Paragraph(text):
            return f"<p>{escape(text)}</p>"
        case Table():
            return _write_table(block)
        case Details(summary, words):
            listed = " ".join(map(escape, words))
            return f'<details><summary>{escape(summary)}</summary><p class="words">{listed}</p></details>'
        case Badge(outcome, text, flags):
            kind = escape(outcome.replace(" ", "-"))
            badges = f'<span class="badge {kind}">{escape(outcome)}</span>'
            badges += "".join(f'<span class="badge flag">{escape(flag)}</span>' for flag in flags)
            return f'<div class="claim">{badges}<br>{escape(text)}</div>'
        case Exhibit():
            return f"<h3>{escape(block.title)}</h3>{embed_figure(block.name, block.drawing, block.caption)}"


def _write_table(table: Table) -> str:
    marks = [' class="number"' if name in table.numeric else "" for name in table.head]
    head = "".join(f"<th{mark}>{escape(name)}</th>" for mark, name in zip(marks, table.head, strict=True))
    rows = "".join(
        "<tr>" + "".join(f"<td{mark}>{escape(cell)}</td>" for mark, cell in zip(marks, row, strict=True)) + "</tr>\n"
        for row in table.rows
    )
    kind = ' class="facts"' if len(table.head) == 2 else ""
    return f'<div class="scroll"><table{kind}><thead><tr>{head}</tr></thead><tbody>\n{rows}</tbody></table></div>'
