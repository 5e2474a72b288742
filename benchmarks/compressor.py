"""A mebibyte of the standard library through nets, contexts and packers: bits per byte, CPU seconds, read again.

    nice python -m benchmarks.compressor [FAMILY …]

Every size is that of a file that was read again: packers and context mixing here, what a net coded in a process of its
own, SHA-256 equal. The peer is xz at its hardest, in the same run.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from lab.complexity.code import ByteCode
from lab.core.fingerprint import hash_bytes
from lab.core.registry import ROOT, open_shelf
from lab.data.bytes_text import read_sample

LENGTH = 1 << 20
PACKERS = ("lzma", "ppmd", "context_mixing")
WIDTHS = {"lstm": 128, "transformer": 64}


def main() -> None:
    data = read_sample("", LENGTH)
    print(
        f"{len(data)} bytes of the standard library of Python {sys.version.split()[0]}, sha256 {hash_bytes(data)[:16]}"
    )
    peer = 0.0
    for name in PACKERS:
        code: ByteCode = open_shelf("codes").load(name)()
        began = time.process_time()
        description = code.encode(data)
        middle = time.process_time()
        assert code.decode(description, len(data)) == data
        spent = (middle - began, time.process_time() - middle)
        peer = peer or len(description)
        show(name, len(description), peer, spent)
    for family in sys.argv[1:] or WIDTHS:
        measure_family(family, data, peer)


def measure_family(family: str, data: bytes, peer: float) -> None:
    """The mixture of a net and the contexts, and what the net alone would have taken."""
    with tempfile.TemporaryDirectory() as folder:
        path, coded, again = (Path(folder) / name for name in ("data", "coded", "again"))
        path.write_bytes(data)
        dials = ["--family", family, *(["--width", str(WIDTHS[family])] if family in WIDTHS else [])]
        written, forth = run("compress", str(path), str(coded), *dials)
        _, back = run("decompress", str(coded), str(again))
        assert again.read_bytes() == data
        size = coded.stat().st_size
    show(f"{family} + contexts", size, peer, (forth, back))
    show(f"{family} alone (area)", written["network_online_bits"] / 8, peer, (float("nan"), float("nan")))
    excess = written["payload_bits"] / written["online_bits"] - 1
    head = size - written["payload_bits"] // 8
    print(f"    content {excess:+.5%} against the online area, {head} bytes of head", flush=True)


def run(*arguments: str) -> tuple[dict[str, float], float]:
    """A command of the lab in a process of its own: its JSON, and its CPU seconds."""
    began = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "lab.cli", *arguments, "--json"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE)
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    found: dict[str, float] = json.loads(done.stdout)
    return found, ended.ru_utime + ended.ru_stime - began.ru_utime - began.ru_stime


def show(name: str, size: float, peer: float, seconds: tuple[float, float]) -> None:
    """One line."""
    spent = f"{seconds[0]:7.1f} s {seconds[1]:7.1f} s" if seconds[0] == seconds[0] else ""
    print(f"{name:28}{size:10.0f} B {8 * size / LENGTH:7.4f} bits/byte {size / peer:6.3f} × xz  {spent}", flush=True)


if __name__ == "__main__":
    main()
