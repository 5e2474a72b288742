"""`lab compress` and `lab decompress`: a real file there and back in processes of their own, and clear refusals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from lab.core.fingerprint import hash_bytes
from lab.data.bytes_text import list_files
from tests.cli.driving import Terminal

DATA = list_files("")[0].read_bytes()[:4096]
DIALS = ("--family", "lstm", "--width", "16", "--set", "streams=8,window=32")


def write_data(folder: Path, data: bytes = DATA) -> Path:
    path = folder / "data.py"
    path.write_bytes(data)
    return path


def test_a_file_goes_there_and_back(terminal: Terminal) -> None:
    path = write_data(terminal.folder)
    coded = json.loads(terminal.run("compress", path, "small", *DIALS, "--json").stdout)
    again = json.loads(terminal.run("decompress", "small", "again", "--json").stdout)
    assert (terminal.folder / "again").read_bytes() == DATA
    assert again["sha256"] == hash_bytes(DATA)
    assert coded["compressed_bytes"] == (terminal.folder / "small").stat().st_size < 0.6 * len(DATA)
    assert abs(coded["payload_bits"] - coded["online_bits"]) < 5e-4 * coded["online_bits"] + 64
    assert coded["online_bits"] == coded["mixture_online_bits"] < coded["network_online_bits"]
    assert coded["payload_over_online"] == coded["payload_bits"] / coded["online_bits"]
    assert coded["file_over_online"] == 8 * coded["compressed_bytes"] / coded["online_bits"]
    assert coded["contexts_bits"] < coded["xz_bits"] < 8 * len(DATA)
    told = terminal.run("compress", path, "told", *DIALS).stdout
    for words in ("the net alone", "contexts alone", "the mixture", "xz", f"{coded['online_bits']:,.2f} bits"):
        assert words in told, words
    assert f"{coded['file_over_online']:.6f} with it" in told
    before = sorted(p.name for p in terminal.folder.iterdir())
    assert "exists already" in terminal.refuse("compress", path, "again", *DIALS)
    assert "exists already" in terminal.refuse("decompress", "small", "again")
    damaged = (terminal.folder / "small").read_bytes()[:-1]
    (terminal.folder / "small").write_bytes(damaged)
    assert "damaged or cut short" in terminal.refuse("decompress", "small", "other")
    assert "does not begin" in terminal.refuse("decompress", path, "other")
    assert sorted(p.name for p in terminal.folder.iterdir()) == before


def test_what_is_wrong_is_named(terminal: Terminal) -> None:
    path = write_data(terminal.folder)
    assert "did you mean 'lstm'" in terminal.refuse("compress", path, "out", "--family", "lsmt")
    assert "did you mean 'mixture'" in terminal.refuse("compress", path, "out", "--code", "mixtre")
    assert "did you mean 'layers'" in terminal.refuse("compress", path, "out", "--set", "layer=2")
    assert "no such file" in terminal.refuse("compress", "absent", "out")
    assert "its folder does not exist" in terminal.refuse("compress", path, "absent/out")
    assert [p.name for p in terminal.folder.iterdir()] == [path.name]


def test_an_interruption_leaves_nothing(terminal: Terminal) -> None:
    path = write_data(terminal.folder, DATA * 64)
    command = [sys.executable, "-m", "lab.cli", "compress", str(path), "out"]
    process = subprocess.Popen(command, cwd=terminal.folder, env=terminal.environment, stderr=subprocess.PIPE)
    while not Path(f"/proc/{process.pid}/maps").read_text().count("torch") and process.poll() is None:
        time.sleep(0.05)
    time.sleep(1.0)
    os.kill(process.pid, signal.SIGINT)
    _, message = process.communicate(timeout=60)
    assert process.returncode == 130 and b"Traceback" not in message
    assert [p.name for p in terminal.folder.iterdir()] == [path.name]
