"""Python as a test of text, and the chain that writes what it has read."""

from __future__ import annotations

import numpy as np
import pytest

from lab.core.errors import InputError
from lab.data.texts.continuation import continue_text
from lab.data.texts.syntax import Reading, find_strings, read_python, share_readings


@pytest.mark.parametrize(
    ("text", "tokenised", "begun", "parsed"),
    [
        (b"def f():\n    return 1\nx = 'cut", True, True, True),
        (b"def f(a,\n      b,\n", False, True, False),
        (b'def f():\n    """What it\n    does\n', False, True, False),
        (b"def f f f:\n    1 +\n", True, True, False),
        (b"return don't\nx = 1\n", False, False, False),
        (b"if x:\n        a\n    b\n", False, False, False),
        (b"x = 1", False, False, False),
        (b"x = '\xff'\n", False, False, False),
        (b"x = 1\n\x00\n", False, False, False),
        (b"", False, False, False),
    ],
)
def test_a_text_is_read_to_its_last_complete_line(text: bytes, tokenised: bool, begun: bool, parsed: bool) -> None:
    found = read_python(text)
    if b"\x00" in text:  # a token to some versions of Python, a module to none
        assert not found.parsed
    else:
        assert found == Reading(tokenised, begun, parsed)


def test_shares_are_of_all_texts() -> None:
    shares = share_readings([b"x = 1\n", b"f(\n", b"'\n", b"1 +\n"])
    assert shares == {"tokenised": 0.5, "begun": 0.75, "parsed": 0.25}
    with pytest.raises(InputError, match="at least one text"):
        share_readings([])


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("x = 'ab' + y\n", "....###......"),
        ('rb"a"\n', "..##.."),
        ('"""a\nb"""\n', "#########."[:-2] + ".."),
        ("f'a{b!r}c'\n", ".########.."),
        ("'é' 'b'\n", "###..##.."),
        ("# 'no'\n", "......."),
    ],
)
def test_a_string_is_open_from_its_quote_to_before_its_last_byte(text: str, marks: str) -> None:
    inside = find_strings(text.encode())
    assert inside is not None
    assert "".join("#" if one else "." for one in inside) == marks


def test_strings_in_other_encodings_and_in_no_python() -> None:
    head = "# -*- coding: latin-1 -*-\n"
    inside = find_strings((head + "é = 'é'\n").encode("latin-1"))
    assert inside is not None and np.flatnonzero(inside).tolist() == [len(head) + 4, len(head) + 5]
    assert find_strings(b"don't\n") is None and find_strings(b"# coding: none-such\n") is None


def test_a_chain_writes_only_what_followed_its_context() -> None:
    text = np.frombuffer(b"abcabdabcabd" * 50, np.uint8)
    written = continue_text(text, b"xab", 400, 8, 2, seed=0)
    assert written.shape == (8, 400) and written.dtype == np.uint8
    joined = [b"ab" + bytes(row) for row in written]
    assert {row[k : k + 3] for row in joined for k in range(400)} == {b"abc", b"bca", b"cab", b"abd", b"bda", b"dab"}
    ends = np.frombuffer(b"".join(joined), np.uint8)
    assert abs((ends == ord("c")).sum() / np.isin(ends, list(b"cd")).sum() - 0.5) < 0.07
    assert (continue_text(text, b"xab", 400, 8, 2, seed=0) == written).all()
    assert len(np.unique(continue_text(text, b"zz", 4, 64, 2, seed=0))) > 1, "a context that is nowhere"


@pytest.mark.parametrize(("order", "prompt"), [(0, b"ab"), (8, b"abcdefghi"), (3, b"ab")])
def test_what_no_chain_can_read(order: int, prompt: bytes) -> None:
    with pytest.raises(InputError, match="order"):
        continue_text(np.zeros(64, np.uint8), prompt, 4, 1, order, seed=0)
