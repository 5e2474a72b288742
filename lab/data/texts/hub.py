"""Texts of the Hugging Face hub: sources of the first megabytes of a public data set."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from lab.core.errors import InputError
from lab.data.holdings.hub import DOCUMENTS, HubHolding
from lab.data.texts import TextSource

MOST_MEGABYTES = 4096


@dataclass(frozen=True)
class HubText(TextSource):
    """`megabytes`: 10⁶ bytes of text taken from the beginning, a holding of its own for each."""

    megabytes: int = 32
    extent = "as much as you fetch"

    name: ClassVar[str]
    dataset: ClassVar[str]
    config: ClassVar[str | None] = None
    revision: ClassVar[str] = "main"
    join: ClassVar[Callable[[Iterable[str]], Iterator[str]]] = iter

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 1 <= self.megabytes <= MOST_MEGABYTES:
            raise InputError(f"{self.name}.megabytes", self.megabytes, f"lies in 1 … {MOST_MEGABYTES}")

    @property
    def label(self) -> str:
        """Name and size."""
        return f"{self.name}, {self.megabytes} MB"

    @property
    def holding(self) -> HubHolding:
        """So many megabytes of the text."""
        default = type(self).megabytes
        request = self.name if self.megabytes == default else f"{self.name}:megabytes={self.megabytes}"
        folder = f"{self.name}-{self.megabytes}"
        size, join = self.megabytes * 10**6, type(self).join
        return HubHolding(folder, request, self.dataset, self.config, size, join, self.revision)

    def read_documents(self) -> Sequence[bytes]:
        """The documents in the order they were published in; raises `RefusedError` before they are fetched."""
        lines = self.holding.read(DOCUMENTS).decode().split("\n")
        return [json.loads(line)["text"].encode() for line in lines if line]
