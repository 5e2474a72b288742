"""A file coded by a net, as it stands on a disk.

Layout: the magic `LAB2`, whose last byte counts the layouts; CRC-32 of all that follows; length of the head; the head;
SHA-256 of the content; the payload. The head is JSON, deflated after a text that both ends know. It holds the recipe
(dials at their default left out), the length of the content and the arithmetic that made it: another torch, or a
processor with other vector instructions, may round differently, and then the net at the reading end is another net.
"""

from __future__ import annotations

import hashlib
import json
import platform
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from lab.complexity.arithmetic import ByteReader, Bytes, ByteWriter, Payload
from lab.complexity.mixing import MixedReader, MixedWriter
from lab.core.dials import build_from_dials, changed_dials
from lab.core.errors import InputError
from lab.core.fingerprint import hash_bytes
from lab.training.compressor import Recipe, code_file
from lab.training.head import LARGEST_CONTAINER, LARGEST_FILE, pack_head, unpack_head

MAGIC = b"LAB2"
FRAME = struct.Struct("<4sIH")
HASH_BYTES = 32
SPARED_BITS = 64  # of a payload: the decoder's state at the end need not be written out
SUBJECT = "compressed file"


@dataclass(frozen=True)
class _Head:
    """`made`: the arithmetic, as `name_arithmetic` has it."""

    recipe: Recipe
    length: int
    made: str


@dataclass(frozen=True)
class Compressed:
    """A coded file. `container`: all its bytes. `payload_bits`: those of the content itself, the head left out.

    `area_bits`: the online code length Σ −log2 p by the probabilities that were coded; `network_bits`: by those of the
    net alone, which stand beside a mixture for free.
    """

    container: bytes
    payload_bits: int
    area_bits: float
    network_bits: float


def compress(data: bytes, recipe: Recipe, advance: Callable[[], None] = lambda: None) -> Compressed:
    """The coded file; `advance` is called after every block. Raises `InputError` for a wrong recipe or size."""
    if len(data) > LARGEST_FILE:
        raise InputError("file", f"{len(data)} bytes", f"at most {LARGEST_FILE}", "compress a part of it")
    writer = _open_writer(recipe, np.frombuffer(data, np.uint8))
    network_bits = code_file(recipe, len(data), writer, advance)
    payload = writer.finish()
    head = {"made": name_arithmetic(), "length": len(data), "recipe": changed_dials(recipe)}
    text = json.dumps(head, separators=(",", ":")).encode()
    container = seal(pack_head(text), hashlib.sha256(data).digest() + payload)
    if len(container) > LARGEST_CONTAINER:
        raise InputError("coded file", f"{len(container)} bytes", f"at most {LARGEST_CONTAINER}", "keep it as it is")
    area = writer.area if isinstance(writer, MixedWriter) else network_bits
    return Compressed(container, 8 * len(payload), area, network_bits)


def read_head(container: bytes | bytearray) -> tuple[Recipe, int]:
    """Recipe and length of the content; raises `InputError` where it is damaged, foreign or of another arithmetic."""
    head = _parse_head(container)
    if head.made != name_arithmetic():
        raise InputError(
            SUBJECT,
            head.made,
            f"this is {name_arithmetic()}, whose sums may differ in the last place",
            "decompress it with that torch on such a processor",
        )
    return head.recipe, head.length


def decompress(container: bytes | bytearray, advance: Callable[[], None] = lambda: None) -> bytes:
    """The content again; raises `InputError` as `read_head` does, and where the content is not that of its hash.

    A bytearray is read where it stands, a container of bytes is copied.
    """
    recipe, length = read_head(container)
    start = FRAME.size + FRAME.unpack_from(container)[2]
    data = np.zeros(length, np.uint8)
    code_file(recipe, length, _open_reader(recipe, data, memoryview(container)[start + HASH_BYTES :]), advance)
    content = data.tobytes()
    if hashlib.sha256(content).digest() != container[start : start + HASH_BYTES]:
        raise InputError(
            SUBJECT,
            f"SHA-256 {hash_bytes(content)}",
            "what was read is not what was written: this machine's sums differ from those of the one that wrote it",
            "decompress it there",
        )
    return content


def seal(head: bytes, rest: bytes) -> bytes:
    """A container of a packed head and what follows it."""
    checksum = zlib.crc32(rest, zlib.crc32(struct.pack("<H", len(head)) + head))
    return b"".join((FRAME.pack(MAGIC, checksum, len(head)), head, rest))


def name_arithmetic() -> str:
    """What decides how floats are rounded: torch, its instructions on this processor, the processor's kind."""
    return f"torch {torch.__version__} {torch.backends.cpu.get_cpu_capability()} {platform.machine()}"


def _parse_head(container: bytes | bytearray) -> _Head:
    magic = bytes(container[: len(MAGIC)])
    if len(magic) == len(MAGIC) and magic[:-1] == MAGIC[:-1] and magic != MAGIC:
        rule = f"is of another layout; this lab reads {MAGIC!r}"
        raise InputError(SUBJECT, magic, rule, "read it with the lab that wrote it")
    if len(container) < FRAME.size or magic != MAGIC:
        raise InputError(SUBJECT, magic, "does not begin as `lab compress` writes", "name such a file")
    _, checksum, size = FRAME.unpack_from(container)
    if (
        zlib.crc32(memoryview(container)[FRAME.size - 2 :]) != checksum
        or len(container) < FRAME.size + size + HASH_BYTES
    ):
        raise InputError(SUBJECT, None, "it is damaged or cut short: its checksum is not right", "fetch it again")
    try:
        head = json.loads(unpack_head(container[FRAME.size : FRAME.size + size]))
    except (ValueError, RecursionError):
        raise InputError(SUBJECT, None, "its head is no JSON", "fetch it again") from None
    if not isinstance(head, dict):
        raise InputError(SUBJECT, None, "its head is no table", "fetch it again")
    for name, kind in (("recipe", dict), ("length", int), ("made", str)):
        if type(head.get(name)) is not kind:  # True is no whole number here
            raise InputError(f"{name} of a {SUBJECT}", _shorten(head.get(name)), f"is of type {kind.__name__}")
    if not 0 <= head["length"] <= LARGEST_FILE:
        raise InputError(SUBJECT, f"{_shorten(head['length'])} bytes", f"at most {LARGEST_FILE}")
    try:
        recipe = build_from_dials(Recipe, head["recipe"], SUBJECT)
    except (TypeError, ValueError, OverflowError):  # a dial that its own entry does not bear
        raise InputError(f"recipe of a {SUBJECT}", _shorten(head["recipe"]), "is none", "fetch it again") from None
    _check_length(recipe, head["length"], len(container) - FRAME.size - size - HASH_BYTES)
    return _Head(recipe, head["length"], head["made"])


def _check_length(recipe: Recipe, length: int, payload_bytes: int) -> None:
    """No byte is free, for nothing is certain to the coder: so long a content does not fit into so little."""
    reader = MixedReader if recipe.code == "mixture" else ByteReader
    if length * reader.least_bits > 8 * payload_bytes + SPARED_BITS:
        rule = f"no {length:,} bytes are coded in {payload_bytes:,}"
        raise InputError(SUBJECT, f"{length} bytes", rule, "fetch it again")


def _shorten(value: object) -> str:
    return repr(value)[:80]


def _open_writer(recipe: Recipe, data: Bytes) -> MixedWriter | ByteWriter:
    return MixedWriter(data, recipe.streams, recipe.most_slots) if recipe.code == "mixture" else ByteWriter(data)


def _open_reader(recipe: Recipe, data: Bytes, payload: Payload) -> MixedReader | ByteReader:
    mixed = recipe.code == "mixture"
    return MixedReader(data, recipe.streams, payload, recipe.most_slots) if mixed else ByteReader(data, payload)
