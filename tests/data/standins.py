"""What is fetched, in the form it is fetched in, made of random words."""

from __future__ import annotations

import gzip
import json
import struct

import numpy as np

from lab.core.seeds import open_stream
from lab.data.holdings import Holding
from lab.data.holdings.hub import DOCUMENTS, HubHolding

DOCUMENT_COUNT, DOCUMENT_WORDS = 400, 160


def make_documents(count: int = DOCUMENT_COUNT) -> list[str]:
    rng = open_stream(0, "standin")
    words = ["".join(chr(97 + c) for c in rng.integers(26, size=rng.integers(2, 9))) for _ in range(300)]
    return [" ".join(words[i] for i in rng.integers(300, size=DOCUMENT_WORDS)) + "\n" for _ in range(count)]


def keep_standin(holding: Holding) -> None:
    """Documents where the hub's would be; verses, a chapter each, where those of the Bible would be."""
    rows = [{"text": text, "book": "Words", "chapter": number} for number, text in enumerate(make_documents())]
    content = "\n".join(json.dumps(row) for row in rows).encode()
    holding.keep({DOCUMENTS if isinstance(holding, HubHolding) else "kjv.jsonl": content})


def make_idx(array: np.ndarray) -> bytes:
    head = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return gzip.compress(head + array.astype(np.uint8).tobytes())


def keep_pictures(holding: Holding, pixels: np.ndarray, labels: np.ndarray) -> None:
    """These pictures where the training and the test ones of MNIST would be."""
    files = {"images-idx3": make_idx(pixels), "labels-idx1": make_idx(labels)}
    holding.keep({f"{part}-{name}-ubyte.gz": file for part in ("train", "t10k") for name, file in files.items()})
