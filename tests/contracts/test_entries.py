"""What every file of every shelf keeps: it loads, says what it is, and cites where it makes a claim."""

from __future__ import annotations

import ast
import re

import pytest

from lab.core.registry import SHELVES, open_shelf

ENTRIES = [(shelf, name) for shelf in SHELVES for name in open_shelf(shelf).names()]
CLAIMING = ("families", "laws", "sweeps")  # each stands for something published
YEAR = re.compile(r"\b(1[89]|20)\d\d\b")


@pytest.mark.parametrize(("shelf", "name"), ENTRIES)
def test_it_loads(shelf: str, name: str) -> None:
    assert open_shelf(shelf).load(name) is not None


@pytest.mark.parametrize(("shelf", "name"), ENTRIES)
def test_its_file_says_what_it_is(shelf: str, name: str) -> None:
    path = open_shelf(shelf).find(name).path
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    assert len(text.split()) >= 4, f"{path}: the module's docstring is what `lab list` shows"
    if shelf in CLAIMING:
        assert YEAR.search(text), f"{path}: cite the paper with its year"
