"""The first bytes of a public text from the Hugging Face hub, through its own client, the optional extra `hub`.

The text is streamed in the order it is published in and cut after so many bytes, so the same revision gives the same
bytes. A revision is resolved to its commit before anything is read, and the commit is kept beside the text; what came
is known by its hash, which is part of the identity of every run on it.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lab.core.errors import MissingExtraError, RefusedError
from lab.data.holdings import Holding

DOCUMENTS = "documents.jsonl"
COMMIT = "commit.txt"


@dataclass(frozen=True)
class HubHolding(Holding):
    """`dataset`, `config`: as the hub names them, split 'train'; `size`: bytes of UTF-8 text to take.

    `join`: makes documents of rows. `revision`: a commit, or a branch or tag, which is then read as it is today.
    """

    dataset: str
    config: str | None
    size: int
    join: Callable[[Iterable[str]], Iterator[str]] = iter
    revision: str = "main"

    def download(self) -> Mapping[str, bytes]:
        """The documents as JSON lines, and their commit.

        Raises `MissingExtraError` without the client, `RefusedError` offline.
        """
        try:
            client: Any = importlib.import_module("datasets")
            hub: Any = importlib.import_module("huggingface_hub")  # what `datasets` itself reads through
        except ImportError as error:
            raise MissingExtraError(
                self.name, None, "needs the package datasets", "pip install 'scaling-lab[hub]'"
            ) from error
        try:
            commit = str(hub.HfApi().dataset_info(self.dataset, revision=self.revision).sha)
            stream = client.load_dataset(self.dataset, self.config, revision=commit, split="train", streaming=True)
            texts = take_bytes(self.join(str(row["text"]) for row in stream), self.size)
            lines = [json.dumps({"text": text}, ensure_ascii=False) for text in texts]
        except Exception as error:  # the client raises errors of a dozen libraries when the network is away
            raise RefusedError(
                self.name,
                f"{type(error).__name__}: {error}",
                f"{self.dataset} could not be read from the hub",
                f"check the network, then lab data fetch {self.request}",
            ) from error
        return {DOCUMENTS: ("\n".join(lines) + "\n").encode(), COMMIT: commit.encode()}


def take_bytes(texts: Iterable[str], size: int) -> Iterator[str]:
    """The first texts until `size` bytes of UTF-8; the last one is cut, never within a character."""
    for text in texts:
        if not text:
            continue
        content = text.encode()[:size]
        yield content.decode(errors="ignore")
        size -= len(content)
        if size <= 0:
            return
