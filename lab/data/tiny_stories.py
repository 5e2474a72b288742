"""TinyStories (Eldan and Li 2023, arXiv 2305.07759): short stories in the words of a small child, written by models.

From the Hugging Face hub, fetched once by `lab data fetch tiny_stories`, with the extra `hub`.
"""

from __future__ import annotations

from dataclasses import dataclass

from lab.data.texts.hub import HubText


@dataclass(frozen=True)
class TinyStories(HubText):
    """A story a document."""

    licence = "CDLA-Sharing-1.0"
    name = "tiny_stories"
    dataset = "roneneldan/TinyStories"


source = TinyStories
