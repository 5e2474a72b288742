"""What a code is: a way to describe symbols in bits that a fixed decoder can undo."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from lab.core.errors import InputError
from lab.core.fingerprint import hash_bytes, hash_literal

Symbols = NDArray[np.uint8]
Proof = Literal["decodes", "kraft", "estimate"]


@dataclass(frozen=True, eq=False)
class Message:
    """What is described: `symbols` uint8 of any shape (a sequence, a plane, a volume), each below `alphabet` (2…256).

    The decoder knows the alphabet; the shape it is told, and pays for (`lab.complexity.bounds`).
    """

    symbols: Symbols
    alphabet: int = 256

    def __post_init__(self) -> None:
        if not 2 <= self.alphabet <= 256:
            raise InputError("alphabet", self.alphabet, "2 to 256 symbols", "map the values to fewer symbols first")
        if self.symbols.dtype != np.uint8:
            raise InputError(
                "symbols", str(self.symbols.dtype), "are uint8", "quantise or view the array as bytes first"
            )
        if self.symbols.size and int(self.symbols.max()) >= self.alphabet:
            raise InputError("symbols", int(self.symbols.max()), f"must lie below the alphabet, {self.alphabet}")

    @cached_property
    def sequence(self) -> Symbols:
        """The symbols in row order, shape (n,)."""
        return np.ascontiguousarray(self.symbols).ravel()

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 of the alphabet, the shape and the symbols."""
        return hash_literal([self.alphabet, self.symbols.shape, hash_bytes(self.sequence.tobytes())])

    def __len__(self) -> int:
        return int(self.symbols.size)

    def join(self, other: Message) -> Message:
        """This and then the other, as one sequence; raises `InputError` for another alphabet."""
        if other.alphabet != self.alphabet:
            raise InputError("alphabet", other.alphabet, f"must be that of what stands before it, {self.alphabet}")
        return Message(np.concatenate([self.sequence, other.sequence]), self.alphabet)


class Code(ABC):
    """A code; a subclass is a frozen dataclass whose fields are its dials.

    `proof` says why its length is one: 'decodes', there is a decoder and `decode(encode(m))` is m; 'kraft', it is
    −log2 of a probability over all messages of that length (Σ 2^−length ≤ 1), so a decoder exists within 2 bits;
    'estimate', neither: shown beside the others, never among the bounds.
    """

    version: ClassVar[int] = 1
    proof: ClassVar[Proof] = "decodes"
    most_symbols: ClassVar[int] = 2**27
    """Of a longer message a bound leaves the code out, for its time or its memory."""
    most_compared: ClassVar[int] = 2**20
    """Of a longer message shuffles and surrogates, which are many, are not described by it, for its time."""

    @abstractmethod
    def count_bits(self, message: Message) -> float:
        """Bits of the description to a decoder that knows the number of symbols and their alphabet."""

    def find_doubt(self, message: Message) -> str:
        """Why the number would mislead of this very message; '' where it does not, and always where it is proven."""
        return ""


class ByteCode(Code):
    """A code of byte strings, one symbol a byte.

    `header_bytes`: how many bytes, at the start and the end together, are the same in the description of every message
    that is not empty. The decoder knows them and they are not counted; nothing else is dropped.
    """

    header_bytes: ClassVar[int] = 0

    @abstractmethod
    def encode(self, data: bytes) -> bytes:
        """The description."""

    @abstractmethod
    def decode(self, description: bytes, length: int) -> bytes:
        """The `length` bytes again."""

    def count_bits(self, message: Message) -> float:
        """8 bits a byte of the description, its constant header dropped; an empty message costs nothing."""
        return 8.0 * (len(self.encode(message.sequence.tobytes())) - self.header_bytes) if len(message) else 0.0


class ConditionalCode(Code):
    """A code whose encoder and decoder may both have another message before them already."""

    @abstractmethod
    def count_bits_given(self, message: Message, known: Message) -> float:
        """Bits of a message to a decoder that has another of its alphabet: a bound on K(message | known).

        What `proof` says of lengths holds of these for every `known`.
        """


class SequentialCode(ConditionalCode):
    """A code that gives every symbol a probability by what stands before it, with no eye on what comes or how much.

    What a message costs beside another is then what it adds to it: −log2 P(message | known) by the chain rule.
    """

    def count_bits_given(self, message: Message, known: Message) -> float:
        """The difference of two lengths, which for such a code alone is the length of a description."""
        return max(0.0, self.count_bits(known.join(message)) - self.count_bits(known))


class ConditionalByteCode(ByteCode, ConditionalCode):
    """A byte code whose encoder and decoder may both have other bytes before them already."""

    @abstractmethod
    def encode_given(self, data: bytes, known: bytes) -> bytes:
        """The description of `data` to a decoder that has `known`."""

    @abstractmethod
    def decode_given(self, description: bytes, length: int, known: bytes) -> bytes:
        """The `length` bytes again."""

    def count_bits_given(self, message: Message, known: Message) -> float:
        """8 bits a byte of the description, its constant header dropped; an empty message costs nothing."""
        described = self.encode_given(message.sequence.tobytes(), known.sequence.tobytes())
        return 8.0 * (len(described) - self.header_bytes) if len(message) else 0.0
