"""Text as tokens: how documents become a training and a held-out split, and bytes or learned pieces of them tokens.

Identical documents are taken once, and the split goes by the hash of the content: the documents with the smallest
hashes are held out until they make one sixteenth of the bytes, so adding one moves no other across the split except at
its edge. The split is of bytes and comes before the tokenizer, so that bits per byte compare across tokenizers.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal, NamedTuple, Self, get_args

import numpy as np

from lab.core.errors import InputError, UnknownNameError
from lab.core.fingerprint import hash_bytes, hash_literal
from lab.data import CorpusSource
from lab.data.texts.pieces import Pieces, learn_pieces

HELDOUT_SHARE = 1 / 16
SMALLEST_CORPUS = 65_536  # bytes; below this there are no 4 kB of held-out text to evaluate on
FEW_DOCUMENTS = 32  # below this, pieces of a document are split instead of documents
PIECE_BYTES = 16_384
FEWEST_PIECES, MOST_PIECES = 257, 65_536

Tokenizer = Literal["bytes", "bpe"]


@dataclass(frozen=True, kw_only=True)
class TextSource(CorpusSource):
    """A source of text; a subclass says what its documents are.

    `tokenizer`: 'bytes', or 'bpe' for byte-pair pieces learned on the training split alone, `pieces` of them.
    `training_bytes`: how much of the training text is used, all if None; what is held out stays the same.
    """

    tokenizer: Tokenizer = "bytes"
    pieces: int = 1024
    training_bytes: int | None = None
    known = (
        "Nothing in closed form: the entropy rate of text is bounded from above by any code, and by no theorem below."
    )

    def __post_init__(self) -> None:
        if self.tokenizer not in get_args(Tokenizer):
            raise UnknownNameError.among("tokenizer", self.tokenizer, get_args(Tokenizer))
        if not FEWEST_PIECES <= self.pieces <= MOST_PIECES:
            raise InputError("pieces", self.pieces, f"lies in {FEWEST_PIECES} … {MOST_PIECES}; 256 are the bytes")
        if self.training_bytes is not None and self.training_bytes < PIECE_BYTES:
            raise InputError("training_bytes", self.training_bytes, f"at least {PIECE_BYTES}")

    @property
    @abstractmethod
    def label(self) -> str:
        """The text in words, for errors."""

    @property
    def plain(self) -> Self:
        """The same documents as bytes, all of them: what is read and split once."""
        return replace(self, tokenizer="bytes", pieces=FEWEST_PIECES, training_bytes=None)

    @abstractmethod
    def read_documents(self) -> Sequence[bytes]:
        """The documents, in an order of their own."""

    @property
    def vocabulary(self) -> int:
        """256 byte values, or the pieces learned, which are fewer than asked for where a text has no more pairs."""
        return 256 if self.tokenizer == "bytes" else _learn(self).pieces.vocabulary

    @property
    def bytes_per_token(self) -> float:  # type: ignore[override]
        """Held-out bytes over held-out tokens, exact."""
        return 1.0 if self.tokenizer == "bytes" else _learn(self).bytes_per_token

    def count_bytes(self, tokens: np.ndarray) -> np.ndarray:
        """Bytes of each token, exact: 1, or the length of its piece."""
        if self.tokenizer == "bytes":
            return np.ones(tokens.shape)
        lengths: np.ndarray = _learn(self).pieces.lengths[tokens]
        return lengths

    def content_hash(self) -> str:
        """SHA-256 of the sorted hashes of all documents, and of the pieces where they are learned."""
        digest = _split(self.plain).digest
        return digest if self.tokenizer == "bytes" else hash_literal([digest, _learn(self).pieces.digest])

    def encode(self, text: str) -> np.ndarray:
        """The text in UTF-8 as bytes or pieces."""
        content = text.encode("utf-8", "surrogateescape")
        tokens = (
            _learn(self).pieces.encode([content])[0] if self.tokenizer == "bpe" else np.frombuffer(content, np.uint8)
        )
        return tokens.astype(np.int64)

    def spell(self, tokens: np.ndarray) -> str:
        """The text of the tokens, with � where their bytes are none in UTF-8."""
        if self.tokenizer == "bpe":
            return _learn(self).pieces.decode(tokens).decode("utf-8", "replace")
        return tokens.astype(np.uint8).tobytes().decode("utf-8", "replace")

    def load_split(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Training tokens, held-out tokens and the starts of the held-out documents, in tokens."""
        if self.tokenizer == "bpe":
            learned = _learn(self)
            return learned.training, learned.heldout, find_begins([len(tokens) for tokens in learned.documents])
        training, heldout, begins = _join(self.plain)
        return training[: self._count_training(len(training))], heldout, begins

    def _count_training(self, bytes_there: int) -> int:
        """Bytes to train on; raises `InputError` where more are asked for than there are."""
        if self.training_bytes is None:
            return bytes_there
        if self.training_bytes > bytes_there:
            rule = f"the corpus has {bytes_there} bytes to train on"
            raise InputError("training_bytes", self.training_bytes, rule, "use fewer, or give more text")
        return self.training_bytes


class _Split(NamedTuple):
    digest: str
    training: list[bytes]
    heldout: list[bytes]


class _Learned(NamedTuple):
    pieces: Pieces
    bytes_per_token: float
    training: np.ndarray
    documents: list[np.ndarray]  # held out

    @property
    def heldout(self) -> np.ndarray:
        """End to end."""
        return np.concatenate(self.documents)


def find_begins(lengths: Sequence[int]) -> np.ndarray:
    """Where each of the documents laid end to end begins, int64."""
    return np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64)


@lru_cache(maxsize=2)
def _split(source: TextSource) -> _Split:
    texts = list(source.read_documents())
    if len(texts) < FEW_DOCUMENTS:
        texts = [text[i : i + PIECE_BYTES] for text in texts for i in range(0, len(text), PIECE_BYTES)]
    pieces = sorted({hash_bytes(text): text for text in texts if text}.items())
    total = sum(len(text) for _, text in pieces)
    if total < SMALLEST_CORPUS:
        raise InputError(
            "corpus",
            f"{total} bytes in {source.label}",
            f"a corpus has at least {SMALLEST_CORPUS} bytes of different content",
            "give a larger file or folder",
        )
    ends = np.cumsum([len(text) for _, text in pieces])
    held = int(np.searchsorted(ends, total * HELDOUT_SHARE)) + 1
    return _Split(
        hash_literal([digest for digest, _ in pieces]), [t for _, t in pieces[held:]], [t for _, t in pieces[:held]]
    )


@lru_cache(maxsize=2)
def _join(source: TextSource) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    split = _split(source)
    training, heldout = (np.frombuffer(b"".join(texts), dtype=np.uint8) for texts in (split.training, split.heldout))
    return training, heldout, find_begins([len(text) for text in split.heldout])


@lru_cache(maxsize=2)
def _learn(source: TextSource) -> _Learned:
    split = _split(source.plain)
    ends = np.cumsum([len(document) for document in split.training])
    used = source._count_training(int(ends[-1]))
    whole = int(np.searchsorted(ends, used))
    texts = [*split.training[:whole], split.training[whole][: used - int(ends[whole]) or None]]
    pieces = learn_pieces(texts, source.pieces)
    documents = pieces.encode(split.heldout)
    per_token = sum(map(len, split.heldout)) / sum(map(len, documents))
    return _Learned(pieces, per_token, np.concatenate(pieces.encode(texts)), documents)
