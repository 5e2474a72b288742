"""Text that came from data: names, errors, specifications. It is shown as it is written and never interpreted.

Where Streamlit offers a plain-text element (`st.text`, `st.code`, table cells) data go there; labels and headings are
Markdown, so data that must stand in one pass through `escape_markdown`.
"""

from __future__ import annotations

import re
import unicodedata

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
# Replaced or linked after Markdown is parsed, where no backslash helps: ':smile:', '-->', 'https://', 'a@b', 'www.'.
_SHORTCUTS = re.compile(r"(:(?=[\w/+-])|[<>=~-](?=[<>=~-])|@(?=\w)|www(?=\.))", re.IGNORECASE)
_JOINER = "\u2060"  # zero width
_FILE_NAME = re.compile(r"[^A-Za-z0-9._-]+")


def escape_markdown(text: object, limit: int = 500) -> str:
    """One line of Markdown that reads exactly as `text`; control and direction marks are dropped, long text is cut."""
    line = " ".join(str(text).split())
    line = "".join(c for c in line if unicodedata.category(c) not in ("Cc", "Cf", "Cs"))
    line = line if len(line) <= limit else line[: limit - 1] + "…"
    return _PUNCTUATION.sub(r"\\\1", _SHORTCUTS.sub(rf"\1{_JOINER}", line))


def name_download(*parts: str) -> str:
    """A file name made of `parts`: letters, digits, '-', '_' and '.', never hidden, at most 120 characters."""
    name = "-".join(_FILE_NAME.sub("-", part).strip("-.") for part in parts)
    return name[:120] or "figure"
