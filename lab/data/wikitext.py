"""WikiText-103, raw (Merity et al. 2016, arXiv 1609.07843): verified articles of Wikipedia.

From the Hugging Face hub, fetched once by `lab data fetch wikitext`, with the extra `hub`. Its rows are lines, and a
line ' = Title = ' begins an article.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lab.data.texts.hub import HubText

_TITLE = re.compile(r" = [^=].* = \n?$")


def join_lines(lines: Iterable[str]) -> Iterator[str]:
    """Lines as articles."""
    article: list[str] = []
    for line in lines:
        if _TITLE.match(line) and article:
            yield "".join(article)
            article = []
        article.append(line)
    yield "".join(article)


@dataclass(frozen=True)
class Wikitext(HubText):
    """An article a document."""

    licence = "CC BY-SA 3.0 and GFDL"
    name = "wikitext"
    dataset = "Salesforce/wikitext"
    config = "wikitext-103-raw-v1"
    join = join_lines


source = Wikitext
