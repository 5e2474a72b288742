"""FineWeb-Edu (Penedo et al. 2024, arXiv 2406.17557): web pages that a classifier takes for educational.

From the Hugging Face hub, sample of ten billion tokens, fetched once by `lab data fetch fineweb_edu`, with the extra
`hub`.
"""

from __future__ import annotations

from dataclasses import dataclass

from lab.data.texts.hub import HubText


@dataclass(frozen=True)
class FinewebEdu(HubText):
    """A page a document."""

    licence = "ODC-By 1.0, and the terms of Common Crawl"
    name = "fineweb_edu"
    dataset = "HuggingFaceFW/fineweb-edu"
    config = "sample-10BT"


source = FinewebEdu
