"""Plotly's small HTML as matplotlib's text: line breaks, superscripts, subscripts, bold and italic; entities undone."""

from __future__ import annotations

import re
from html import unescape

_TAG = re.compile(r"<(/?)(br|sup|sub|b|i|em|strong)\s*/?>", re.IGNORECASE)
_SCRIPTS = {"sup": "^", "sub": "_"}
_FACES = {"b": "bf", "strong": "bf", "i": "it", "em": "it"}


def convert_text(text: str | None) -> str:
    """`text` with its tags as mathtext; tags that plotly itself would not honour are shown as they stand."""
    return "\n".join(_convert_line(line) for line in re.split(r"<br\s*/?>", text or "", flags=re.IGNORECASE))


def _convert_line(line: str) -> str:
    pieces: list[str] = []
    stack: list[str] = []
    position = 0
    for tag in _TAG.finditer(line):
        pieces.append(_dress(line[position : tag.start()], stack))
        position = tag.end()
        name = tag.group(2).lower()
        if not tag.group(1):
            stack.append(name)
        elif name in stack:
            stack.remove(name)
    return "".join([*pieces, _dress(line[position:], stack)])


def _dress(piece: str, stack: list[str]) -> str:
    plain = unescape(piece)
    if not plain:
        return ""
    script = next((_SCRIPTS[name] for name in stack if name in _SCRIPTS), "")
    face = next((_FACES[name] for name in stack if name in _FACES), "")
    if not script and not face:
        return plain.replace("$", r"\$")
    inner = re.sub(r"([\\$%#&_{}^~])", r"\\\1", plain).replace(" ", r"\ ")
    body = rf"\math{face or 'rm'}{{{inner}}}"
    return f"${{}}{script}{{{body}}}$" if script else f"${body}$"
