"""Tables on a narrow terminal: no number is broken, and rows stay rows as long as two columns fit side by side."""

from __future__ import annotations

import pytest
from rich.console import Console

from lab.cli.console import output

COLUMNS = ("code", "bits", "a symbol", "way")
ROWS = [("lzma", "1,805,352", "1.8054", "packed, hilbert"), ("kt", "4,878,811", "4.8788", "as it is")]


def print_narrow(width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> list[str]:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setattr(output, "_console", lambda: Console(markup=False, color_system=None, width=width))
    output.print_table("lengths", COLUMNS, ROWS, right=("bits",))
    lines = capsys.readouterr().out.splitlines()
    assert all(len(line.rstrip()) <= width for line in lines)
    return [" ".join(line.split()) for line in lines]


@pytest.mark.parametrize(("width", "heads"), [(80, 1), (36, 2), (28, 3)])
def test_columns_are_split_over_tables(
    width: int, heads: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = print_narrow(width, monkeypatch, capsys)
    assert sum(line.startswith("code ") for line in lines) == heads
    assert lines.count("lengths") == 1
    for cell in (cell for row in ROWS for cell in row):
        assert any(cell in line for line in lines)


def test_a_column_too_wide_beside_the_first_becomes_lines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = print_narrow(22, monkeypatch, capsys)
    assert lines.count("way as it is") == lines.count("a symbol 4.8788") == 1
