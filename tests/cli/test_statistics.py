"""`lab statistics`, driven."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from tests.cli.driving import Terminal


def test_a_source_and_its_machine(terminal: Terminal) -> None:
    done = terminal.run("statistics", "golden_mean", "--length", "8000", "--json", "--draws", "20", "--to", "out")
    found = json.loads(done.stdout)
    estimates = {one["name"]: one for one in found["estimates"]}
    complexity = estimates["statistical_complexity"]
    assert complexity["low"] < 0.9183 < complexity["high"] and complexity["unit"] == "bits"
    assert complexity["status"] == "measured" and estimates["causal_states"]["status"] == "no interval"
    assert np.shape(found["machine"]["emits"]) == (2, 2) and abs(found["entropy_rate_bits"] - 2 / 3) < 1e-9
    assert {one["name"] for one in found["descriptions"]} == {"literal", "lz76", "lz78"}
    for name in ("block_entropies", "state_diagram"):
        assert (terminal.folder / "out" / f"{name}.png").stat().st_size > 1000


def test_a_file_in_words(terminal: Terminal) -> None:
    Path(terminal.folder / "coin.bin").write_bytes(np.random.default_rng(0).integers(0, 2, 5_000, np.uint8).tobytes())
    done = terminal.run("statistics", "coin.bin")
    assert done.returncode == 0, done.stderr
    assert "block_entropy_rate" in done.stdout and "ε-machine" in done.stdout and "stationary bootstrap" in done.stdout


def test_a_field_has_light_cones(terminal: Terminal) -> None:
    """Frozen rows: three cells above are the three below, 3 bits."""
    np.save(terminal.folder / "field.npy", np.tile(np.random.default_rng(0).integers(0, 2, 2_000) == 1, (8, 1)))
    done = terminal.run("statistics", "field.npy", "--draws", "20", "--json")
    found = {one["name"]: one for one in json.loads(done.stdout)["estimates"]}
    assert abs(found["light_cone_information_excess"]["value"] - 3) < 0.05
    block = ("elementary:rule=15,width=64,view=block", "--length", "4096", "--shape", "64x64", "--draws", "20")
    assert "light_cone_information_excess" in terminal.run("statistics", *block).stdout
    assert "100x100" in terminal.refuse("statistics", "field.npy", "--shape", "axb")


def test_refusals(terminal: Terminal) -> None:
    Path(terminal.folder / "short.txt").write_text("too short")
    assert "9 symbols are too few" in terminal.refuse("statistics", "short.txt")
    assert "only a source" in terminal.refuse("statistics", "short.txt", "--seeds", "3")
