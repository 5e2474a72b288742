"""Text from data is shown as written."""

import pytest

from dashboard.text import escape_markdown, name_download

NAMES = (
    "<script>alert(1)</script>",
    "[x](javascript:alert(1))",
    "![](http://evil.example/x.png)",
    "$x^2$",
    ":red[bold]",
    ":smile:",
    ":material/home:",
    "**bold** _it_",
    "# head",
    "`code`",
    "a | b",
    "../../etc/passwd",
    "-rf",
    "a --> b",
    "https://evil.example",
    "user@evil.example",
)


@pytest.mark.parametrize("name", NAMES)
def test_every_mark_is_escaped(name: str) -> None:
    escaped = escape_markdown(name)
    assert escaped.replace("\\", "").replace("\u2060", "") == name
    assert all(escaped[i - 1] == "\\" for i, c in enumerate(escaped) if c in "<[!$:*_#`|>-")


def test_controls_directions_and_length_are_tamed() -> None:
    assert escape_markdown("a\x00b\u202ec\nd") == "abc d"
    assert len(escape_markdown("x" * 10_000)) <= 500


@pytest.mark.parametrize("name", [*NAMES, "", "...", "a" * 10_000, "nul\x00"])
def test_a_download_stays_a_plain_file_name(name: str) -> None:
    file_name = name_download(name)
    assert file_name and "/" not in file_name and not file_name.startswith((".", "-")) and len(file_name) <= 120
    assert file_name.isascii() and file_name.isprintable()
