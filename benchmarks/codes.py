"""Every code of the shelf on the Python standard library: bits per character, MB/s, and the raw library beside it.

The text is the .py files of the running Python in the order of their paths, its first 10,000,000 bytes; the codes that
take fewer describe the first MiB. Then 10^8 zeros in a process of its own: the peak of its memory.

    python benchmarks/codes.py [--bytes 10000000] [--skip-zeros]
"""

from __future__ import annotations

import argparse
import bz2
import lzma
import subprocess
import sys
import sysconfig
import tempfile
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import brotli
import numpy as np
import pyppmd
import zstandard

from lab.complexity.bounds import load_codes
from lab.complexity.code import Message
from lab.core.errors import InputError

SHORT = 2**20
RAW: dict[str, Callable[[bytes], bytes]] = {
    "deflate": lambda data: zlib.compress(data, 9),
    "bz2": lambda data: bz2.compress(data, 9),
    "lzma": lambda data: lzma.compress(data, preset=9 | lzma.PRESET_EXTREME),
    "zstd": lambda data: zstandard.ZstdCompressor(19).compress(data),
    "brotli": lambda data: brotli.compress(data, quality=11, lgwin=24),
    "ppmd": lambda data: (packer := pyppmd.Ppmd7Encoder(16, 256 << 20)).encode(data) + packer.flush(),
}
ZEROS = """
import resource, sys, time
from pathlib import Path
from lab.complexity.bounds import bound_message
from lab.complexity.objects import read_object
began = time.process_time()
bound = bound_message(read_object(Path(sys.argv[1])).message)
best = bound.choose()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
print(f"10^8 zeros: K <= {bound.count_bits():,.0f} bits by {best.code}; left out {', '.join(bound.left_out)}; "
      f"{time.process_time() - began:.0f} CPU-s, peak {peak:.0f} MB")
"""


def read_library(size: int) -> bytes:
    pieces, room = [], size
    for path in sorted(Path(sysconfig.get_path("stdlib")).rglob("*.py")):
        if room > 0 and "site-packages" not in path.parts:
            pieces.append(path.read_bytes()[:room])
            room -= len(pieces[-1])
    return b"".join(pieces)


def measure(describe: Callable[[], float]) -> tuple[float, float]:
    began = time.process_time()
    bits = describe()
    return bits, time.process_time() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bytes", type=int, default=10_000_000)
    parser.add_argument("--skip-zeros", action="store_true")
    arguments = parser.parse_args()
    data = read_library(arguments.bytes)
    print(f"{len(data):,} bytes of {sysconfig.get_path('stdlib')}")
    print(f"{'code':<20} {'MB':>6} {'bpc':>7} {'MB/s':>7} {'raw bpc':>8} {'raw MB/s':>8} {'saved bytes':>11}")
    for name, code in load_codes().items():
        piece = data if len(data) <= code.most_symbols and name != "lz76" else data[:SHORT]
        message = Message(np.frombuffer(piece, dtype=np.uint8))
        try:
            code.count_bits(Message(message.symbols[:1000]))  # compiled before it is timed
            bits, seconds = measure(lambda code=code, message=message: code.count_bits(message))
        except InputError as refusal:
            print(f"{name:<20} refuses: {refusal}")
            continue
        line = f"{name:<20} {len(piece) / 1e6:>6.2f} {bits / len(piece):>7.4f} {len(piece) / 1e6 / seconds:>7.2f}"
        if name in RAW:
            raw, spent = measure(lambda name=name, piece=piece: 8.0 * len(RAW[name](piece)))
            line += f" {raw / len(piece):>8.4f} {len(piece) / 1e6 / spent:>8.2f} {(raw - bits) / 8:>11.0f}"
        print(line, flush=True)
    if not arguments.skip_zeros:
        with tempfile.NamedTemporaryFile() as file:
            file.write(bytes(10**8))
            file.flush()
            done = subprocess.run([sys.executable, "-c", ZEROS, file.name], capture_output=True, text=True, check=True)
        print(done.stdout.strip())


if __name__ == "__main__":
    main()
