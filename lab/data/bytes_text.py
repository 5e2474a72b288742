"""Bytes of text or code: the Python standard library's own sources by default, or any file or folder.

The standard library is real text that every machine has (about 11 MB); its bytes differ between Python versions, so
the content hash of the manifest is part of the identity of a run. Identical files are taken once, and the split goes by
the hash of the content: the pieces with the smallest hashes are held out until they make one sixteenth of the bytes,
so adding a file moves no other across the split except at its edge.
"""

from __future__ import annotations

import sysconfig
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np

from lab.core.errors import InputError
from lab.core.fingerprint import hash_bytes, hash_literal
from lab.data import CorpusSource

HELDOUT_SHARE = 1 / 16
SMALLEST_CORPUS = 65_536  # bytes; below this there are no 4 kB of held-out text to evaluate on
FEW_FILES = 32  # below this, pieces of a file are split instead of files
PIECE_BYTES = 16_384
_LEFT_OUT = ("test", "tests", "idlelib", "site-packages", "__pycache__", "lib2to3", "config-")


@dataclass(frozen=True)
class BytesText(CorpusSource):
    """Bytes as tokens (vocabulary 256).

    `path`: a file or folder of text; '' is the standard library of the running Python. Where it stands is not part of
    the identity, what it holds is. `training_bytes`: how much of the training text is used, all if None; what is held
    out stays the same.
    """

    path: str = field(default="", metadata={"identity": False})
    training_bytes: int | None = None
    known = (
        "Nothing in closed form: the entropy rate of text is bounded from above by any code, and by no theorem below."
    )

    def __post_init__(self) -> None:
        if self.training_bytes is not None and self.training_bytes < PIECE_BYTES:
            raise InputError("bytes_text.training_bytes", self.training_bytes, f"at least {PIECE_BYTES}")

    @property
    def vocabulary(self) -> int:
        """256 byte values."""
        return 256

    def content_hash(self) -> str:
        """SHA-256 of the sorted hashes of all pieces."""
        return _read_corpus(self.path)[0]

    def encode(self, text: str) -> np.ndarray:
        """The bytes of the text in UTF-8."""
        return np.frombuffer(text.encode("utf-8", "surrogateescape"), dtype=np.uint8).astype(np.int64)

    def spell(self, tokens: np.ndarray) -> str:
        """The text of the bytes, with � where they are none in UTF-8."""
        return tokens.astype(np.uint8).tobytes().decode("utf-8", "replace")

    def load_split(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Training bytes, held-out bytes (uint8) and the starts of the held-out documents."""
        training, heldout, documents = _read_corpus(self.path)[1:]
        if self.training_bytes is not None and self.training_bytes > len(training):
            rule = f"the corpus has {len(training)} bytes to train on"
            raise InputError("bytes_text.training_bytes", self.training_bytes, rule, "use fewer, or give more text")
        return training[: self.training_bytes], heldout, documents


source = BytesText


def list_files(path: str) -> list[Path]:
    """The files of the corpus, sorted; raises `InputError` where there are none."""
    if path:
        root = Path(path).expanduser()
        if root.is_file():
            return [root]
        if not root.is_dir():
            raise InputError("bytes_text.path", path, "a file or a folder that exists", "check the path")
        return sorted(p for p in root.rglob("*") if p.is_file() and not p.name.startswith("."))
    root = Path(sysconfig.get_paths()["stdlib"])
    return sorted(
        p for p in root.rglob("*.py") if not any(part.startswith(_LEFT_OUT) for part in p.relative_to(root).parts[:-1])
    )


def read_sample(path: str, length: int, start: int = 0) -> bytes:
    """`length` bytes from `start` on of the files of the corpus, sorted by name; fewer where there are no more."""
    return _join_files(path)[start : start + length]


@lru_cache(maxsize=1)
def _join_files(path: str) -> bytes:
    try:
        return b"".join(file.read_bytes() for file in list_files(path))
    except OSError as error:
        raise InputError("bytes_text.path", path, str(error), "make the files readable") from error


@lru_cache(maxsize=2)
def _read_corpus(path: str) -> tuple[str, np.ndarray, np.ndarray, np.ndarray]:
    try:
        texts = [file.read_bytes() for file in list_files(path)]
    except OSError as error:
        raise InputError("bytes_text.path", path, str(error), "make the files readable") from error
    if len(texts) < FEW_FILES:
        texts = [text[i : i + PIECE_BYTES] for text in texts for i in range(0, len(text), PIECE_BYTES)]
    pieces = sorted({hash_bytes(text): text for text in texts if text}.items())
    total = sum(len(text) for _, text in pieces)
    if total < SMALLEST_CORPUS:
        raise InputError(
            "corpus",
            f"{total} bytes in {path or 'the standard library'}",
            f"a corpus has at least {SMALLEST_CORPUS} bytes of different content",
            "give a larger file or folder",
        )
    ends = np.cumsum([len(text) for _, text in pieces])
    held = int(np.searchsorted(ends, total * HELDOUT_SHARE)) + 1
    heldout, training = [t for _, t in pieces[:held]], [t for _, t in pieces[held:]]
    return (
        hash_literal([digest for digest, _ in pieces]),
        np.frombuffer(b"".join(training), dtype=np.uint8),
        np.frombuffer(b"".join(heldout), dtype=np.uint8),
        np.concatenate([[0], np.cumsum([len(t) for t in heldout])[:-1]]).astype(np.int64),
    )
