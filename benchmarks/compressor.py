"""A mebibyte of the standard library through nets, contexts and packers: sizes, CPU seconds, memory, read again.

    nice python -m benchmarks.compressor [--families rnn,gru,…]
    nice python -m benchmarks.compressor --memory

Every size is that of a file that was read again: packers and context mixing here, what a net coded by `lab compress`
and `lab decompress` in processes of their own, SHA-256 equal. The peer is xz at its hardest, in the same run. A line is
printed as each family ends. `--memory`: what a process comes to hold that reads the longest file there may be.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lab.complexity.code import ByteCode
from lab.core.fingerprint import hash_bytes
from lab.core.registry import ROOT, open_shelf
from lab.data.bytes_text import read_sample

LENGTH = 1 << 20
PACKERS = ("lzma", "ppmd", "context_mixing")
QUICK = ("--width", "32", "--set", "streams=128,window=32")  # about a minute a way
DIALS = {"lstm": ("--width", "128"), "transformer": ("--width", "64")}  # of the others QUICK
OTHERS = (
    "rnn",
    "gru",
    "mlp_mixer",
    "causal_conv",
    "gpt2_transformer",
    "multi_token_transformer",
    "moe_transformer",
    "s4d",
)
BAR_SHARE, BAR_BYTES = 5e-4, 10**9  # of a file over its area; of a process
HELD = ((1, 128), (8, 128), (64, 128), (64, 576))  # MiB of content and width of the LSTM, in the measurement of memory


class Process(NamedTuple):
    """What a command printed, and its CPU seconds and peak memory (bytes)."""

    facts: dict[str, float]
    seconds: float
    memory: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--families", help="by commas, and xz alone of the packers; without it all")
    parser.add_argument("--memory", action="store_true", help="memory instead")
    parser.add_argument("--hold", type=int, nargs=2, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.hold is not None:
        hold_reader(*chosen.hold)
    elif chosen.memory:
        measure_memory()
    else:
        measure_sizes(chosen.families.split(",") if chosen.families else None)


def measure_sizes(families: list[str] | None) -> None:
    """Packers, contexts, and every family; or xz and these families."""
    data = read_sample("", LENGTH)
    python = sys.version.split()[0]
    print(f"{len(data)} bytes of the standard library of Python {python}, sha256 {hash_bytes(data)[:16]}")
    peer = 0
    for name in PACKERS if families is None else PACKERS[:1]:
        code: ByteCode = open_shelf("codes").load(name)()
        began = time.process_time()
        description = code.encode(data)
        middle = time.process_time()
        assert code.decode(description, len(data)) == data
        peer = peer or len(description)
        show(name, len(description), peer, f"{middle - began:6.1f} s {time.process_time() - middle:6.1f} s")
    for family in families or (*DIALS, *OTHERS):
        measure_family(family, data, peer)


def measure_family(family: str, data: bytes, peer: int) -> None:
    """The mixture of a net and the contexts, and what the net alone would have taken."""
    dials = DIALS.get(family, QUICK)
    with tempfile.TemporaryDirectory() as folder:
        path, coded, again = (Path(folder) / name for name in ("data", "coded", "again"))
        path.write_bytes(data)
        forth = run("-m", "lab.cli", "compress", str(path), str(coded), "--family", family, *dials, "--json")
        back = run("-m", "lab.cli", "decompress", str(coded), str(again), "--json")
        assert hash_bytes(again.read_bytes()) == hash_bytes(data) == back.facts["sha256"]
        size = coded.stat().st_size
    written = forth.facts
    peak = max(forth.memory, back.memory)
    spent = f"{forth.seconds:6.1f} s {back.seconds:6.1f} s {peak / 1e6:6.0f} MB"
    show(f"{family} {' '.join(dials[1::2])} + contexts", size, peer, spent)
    show(f"{family} alone (area)", written["network_online_bits"] / 8, peer, "")
    content, whole = written["payload_over_online"] - 1, written["file_over_online"] - 1
    head = size - int(written["payload_bits"]) // 8
    print(
        f"    over the online area: content {content:+.5%}, file {whole:+.5%} (bar {BAR_SHARE:.2%}); {head} B of head"
    )
    sys.stdout.flush()


def measure_memory() -> None:
    """A reader's peak memory with all its arrays touched, in a process of its own."""
    for mebibytes, width in HELD:
        found = run("-m", "benchmarks.compressor", "--hold", str(mebibytes << 20), str(width))
        arrays = found.facts["arrays"] / 1e6
        print(
            f"{mebibytes:3} MiB of content and as much payload, LSTM {width}: the whole process "
            f"{found.memory / 1e6:.0f} MB (bar {BAR_BYTES / 1e6:.0f}), {arrays:.0f} of these contexts, all touched",
            flush=True,
        )


def hold_reader(length: int, width: int) -> None:
    """Touches all arrays of a reader, then reads the first blocks of a file of noise."""
    from lab.complexity.mixing import MixedReader
    from lab.training.compressor import Recipe, code_file

    recipe, data = Recipe({"name": "lstm", "width": width}), np.zeros(length, np.uint8)
    payload = bytearray(np.random.default_rng(0).bytes(length))
    reader = MixedReader(data, recipe.streams, payload, recipe.most_slots)
    for array in reader._memory:
        array[...] = array.copy() if array.nbytes < 1 << 20 else array.flat[0]
    bits = code_file(recipe, recipe.streams * recipe.block * 4, reader)
    print(json.dumps({"arrays": sum(array.nbytes for array in reader._memory), "bits": bits}))


def run(*arguments: str) -> Process:
    """A module in a process of its own, which prints one JSON value."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    with subprocess.Popen([sys.executable, *arguments], env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        printed = process.stdout.read()
        _, status, spent = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, arguments
    return Process(json.loads(printed), spent.ru_utime + spent.ru_stime, read_peak(spent))


def read_peak(spent: resource.struct_rusage) -> float:
    """Bytes; Linux counts in units of 1024, macOS in bytes."""
    return float(spent.ru_maxrss) * (1 if sys.platform == "darwin" else 1024)


def show(name: str, size: float, peer: int, spent: str) -> None:
    """One line."""
    print(f"{name:40}{size:9.0f} B {8 * size / LENGTH:7.4f} bits/byte {size / peer:6.3f} × xz  {spent}", flush=True)


if __name__ == "__main__":
    main()
