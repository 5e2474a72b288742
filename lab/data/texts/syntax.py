"""Python as a test of text: does a sample read as its tokens, and where in a document are its string literals?

Tokens are those of `tokenize` in the running Python: its reading of broken text is that version's, and so are the
numbers. No other language is known.
"""

from __future__ import annotations

import ast
import io
import tokenize
import warnings
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from lab.core.errors import InputError

PROMPT = b"\ndef "  # a definition at the margin: where a sample begins, and real text beside it is cut
OPEN_ENDS = ("multi-line", "triple-quoted")  # how the tokenizers of all versions say that the end came too early
BROKEN = (tokenize.TokenError, SyntaxError, ValueError)
TOO_DEEP = (RecursionError, MemoryError)  # what the parser makes of a thousand brackets
PREFIXES = "rRbBuUfFtT"


@dataclass(frozen=True)
class Reading:
    """How far a text is Python. `tokenised`: to its last complete line. `begun`: what stops it is only that it ends
    within a bracket or a string of several lines. `parsed`: it is a module by itself.
    """

    tokenised: bool
    begun: bool
    parsed: bool


def read_python(text: bytes) -> Reading:
    """The text up to its last newline; without a complete line, or not in UTF-8, it is no Python."""
    try:
        whole = text[: text.rfind(b"\n") + 1].decode("utf-8")
    except UnicodeDecodeError:
        return Reading(False, False, False)
    if not whole:
        return Reading(False, False, False)
    tokenised, open_end = _tokenise(whole)
    return Reading(tokenised, tokenised or open_end, tokenised and _parse(whole))


def share_readings(texts: Iterable[bytes]) -> dict[str, float]:
    """Of these texts the shares that are `tokenised`, `begun` and `parsed`; raises `InputError` for no text."""
    readings = [read_python(text) for text in texts]
    if not readings:
        raise InputError("texts", 0, "at least one text to read")
    return {name: sum(getattr(own, name) for own in readings) / len(readings) for name in Reading.__annotations__}


def find_strings(document: bytes) -> np.ndarray | None:
    """After which bytes of a document a string literal is open, bool, (length,); None for one that is no Python.

    From the opening quote on, a prefix not counted, to before the last byte of the closing one. Of a string with
    expressions in it all belongs to the string.
    """
    inside = np.zeros(len(document), dtype=bool)
    lines, begins = _index_lines(document)
    encoding, depth, opened = "utf-8", 0, 0

    def find_byte(place: tuple[int, int]) -> int:
        line, column = lines[place[0] - 1], place[1]
        within = column if line.isascii() else len(line.decode(encoding)[:column].encode(encoding))
        return int(begins[place[0] - 1]) + within

    try:
        for token in tokenize.tokenize(io.BytesIO(document).readline):
            name = tokenize.tok_name[token.type]
            if name == "ENCODING":
                encoding = token.string
            elif name == "ERRORTOKEN":
                return None
            # From Python 3.12 on a string with expressions is many tokens, of which the first and the last count here.
            if name == "STRING" or name.endswith("STRING_START"):
                if not depth:
                    opened = find_byte(token.start) + len(token.string) - len(token.string.lstrip(PREFIXES))
                depth += name != "STRING"
            if name == "STRING" or name.endswith("STRING_END"):
                depth -= name != "STRING"
                if not depth:
                    inside[opened : find_byte(token.end) - 1] = True
    except BROKEN:
        return None
    return inside


def _tokenise(text: str) -> tuple[bool, bool]:
    """Whether all of it is tokens, and whether it would be but for its end."""
    try:
        tokens = tokenize.generate_tokens(io.StringIO(text).readline)
        return all(token.type != tokenize.ERRORTOKEN for token in tokens), False
    except BROKEN as error:
        return False, any(words in str(error) for words in OPEN_ENDS)


def _parse(text: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of escapes that mean nothing
            ast.parse(text)
    except (*BROKEN, *TOO_DEEP):
        return False
    return True


def _index_lines(document: bytes) -> tuple[list[bytes], np.ndarray]:
    """The lines as the tokenizer counts them, and the byte at which each begins; one more, as the end has its own."""
    lines = document.split(b"\n")
    return [*lines, b""], np.cumsum([0, *(len(line) + 1 for line in lines)])
