"""The head of a coded file, packed: deflated (Deutsch 1996, RFC 1951) after a text that both ends know.

A head says in a hundred bytes what a reader cannot do without. Nearly all of it stands in the known text, so that some
ten or twenty remain.
"""

from __future__ import annotations

import zlib

LARGEST_FILE = 1 << 26  # bytes of content: days of work for any net
LARGEST_CONTAINER = LARGEST_FILE + (LARGEST_FILE >> 4)  # noise takes 0.2 % more than it is long
LONGEST_TEXT = 1 << 16  # bytes: deflate may stand for a thousand times as many as it takes
KNOWN_TEXT = (  # what heads are made of, the likelier the later; part of the layout
    b'"dropout":"adamw"},"network","seed":"block":16"learning_rate":0."experts":"top_k":"foretold":"expansion":"states":'
    b'"taps":"cycle":"head_width":"layers":multi_token_transformer","moe_transformer","mlp_mixer","s4d","causal_conv",'
    b'"gpt2_transformer","rnn","gru","lstm","width":128}},"code":"optimizer":"streams":64,"window":'
    b'{"made":"torch 2.12.1AVX2 aarch64 arm64 NEON DEFAULT{"made":"torch 2.13.0+cpu AVX512 x86_64","length":1048576,'
    b'"recipe":{"family":{"name":"transformer","width":64}}}'
)


def pack_head(text: bytes) -> bytes:
    """The text as it stands in a file."""
    packer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS, zdict=KNOWN_TEXT)
    return packer.compress(text) + packer.flush()


def unpack_head(packed: bytes | bytearray) -> bytes:
    """The text again; raises `ValueError` where it is none, cut, or longer than `LONGEST_TEXT`."""
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS, zdict=KNOWN_TEXT)
    try:
        text = unpacker.decompress(packed, LONGEST_TEXT)
    except zlib.error as error:
        raise ValueError(str(error)) from None
    if not unpacker.eof or unpacker.unused_data:
        raise ValueError("cut, too long, or followed by something")
    return text
