"""Byte-pair pieces (Gage 1994; Sennrich et al. 2016, arXiv 1508.07909) over bytes, by the optional package tokenizers.

Every byte is a letter (Latin-1), so any text has pieces and gives back its own bytes. ASCII is cut into words as GPT-2
cuts it (Radford et al. 2019, section 2.2), so that no piece reaches across one; beyond ASCII the bytes of a character
of UTF-8 are cut as the Latin-1 characters they would be, so that a word, or a character, may end up in several.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from functools import cached_property
from typing import Any

import numpy as np

from lab.core.errors import MissingExtraError
from lab.core.fingerprint import hash_bytes

WORDS = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"


class Pieces:
    """A learned set of pieces; raises `MissingExtraError` without the package."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer

    @property
    def vocabulary(self) -> int:
        """How many pieces there are, bytes among them."""
        return int(self._tokenizer.get_vocab_size())

    @property
    def digest(self) -> str:
        """SHA-256 of the pieces and of the rules by which text is cut."""
        return hash_bytes(self._tokenizer.to_str().encode())

    @cached_property
    def lengths(self) -> np.ndarray:
        """Bytes of each piece, float64, shape (vocabulary,)."""
        return np.array([len(self._tokenizer.id_to_token(token)) for token in range(self.vocabulary)], dtype=float)

    def encode(self, documents: Iterable[bytes]) -> list[np.ndarray]:
        """The tokens of each document, uint16."""
        texts = [document.decode("latin-1") for document in documents]
        return [np.array(encoding.ids, np.uint16) for encoding in self._tokenizer.encode_batch(texts)]

    def decode(self, tokens: np.ndarray) -> bytes:
        """The bytes of tokens."""
        return b"".join(self._tokenizer.id_to_token(int(token)).encode("latin-1") for token in tokens)


def learn_pieces(documents: Iterable[bytes], count: int) -> Pieces:
    """At most `count` pieces: the bytes, then the likeliest pair again and again; the same text, the same pieces."""
    try:
        library: Any = importlib.import_module("tokenizers")
    except ImportError as error:
        raise MissingExtraError(
            "tokenizer", "bpe", "needs the package tokenizers", "pip install 'scaling-lab[bpe]', or tokenizer 'bytes'"
        ) from error
    tokenizer = library.Tokenizer(library.models.BPE())
    tokenizer.pre_tokenizer = library.pre_tokenizers.Split(library.Regex(WORDS), "isolated")
    trainer = library.trainers.BpeTrainer(
        vocab_size=count, show_progress=False, initial_alphabet=[chr(byte) for byte in range(256)]
    )
    tokenizer.train_from_iterator((document.decode("latin-1") for document in documents), trainer)
    return Pieces(tokenizer)
