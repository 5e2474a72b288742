"""`lab complexity`, driven for real: files, sources, JSON, figures, refusals."""

from __future__ import annotations

import json

import numpy as np

from tests.cli.driving import Terminal


def test_a_file_and_a_source_side_by_side(terminal: Terminal) -> None:
    (terminal.folder / "text").write_bytes(b"to be or not to be, that is the question. " * 50)
    done = terminal.run(
        "complexity", "text", "golden_mean", "--length", "2000", "--codes", "ppmd,order_k:order=1", "--json"
    )
    assert done.returncode == 0, done.stderr
    text, source = json.loads(done.stdout)["objects"]
    assert (text["symbols"], text["alphabet"], source["alphabet"]) == (2000, 256, 2)
    assert text["entropy_rate_bits"] is None
    assert abs(source["entropy_rate_bits"] - 2 / 3) < 1e-6
    assert set(source["codes"]) == {"ensemble", "ppmd", "order_k (order 1)"}
    ensemble = source["codes"]["ensemble"]
    assert 2 / 3 < ensemble["bound"]["value"] / 2000 < 0.75
    assert ensemble["bound"]["low"] is None and "upper bound" in ensemble["bound"]["method"]
    assert ensemble["normalised"]["low"] < ensemble["normalised"]["value"] < ensemble["normalised"]["high"] < 1
    assert text["codes"]["ppmd"]["bound"]["value"] < 0.1 * text["raw_bits"]


def test_a_table_for_people_and_a_figure(terminal: Terminal) -> None:
    np.save(terminal.folder / "plane.npy", np.indices((32, 32)).sum(axis=0) % 2 == 0)
    arguments = ("plane.npy", "--codes", "kt,deflate", "--baselines", "2", "--to", "drawn")
    done = terminal.run("complexity", *arguments)
    assert done.returncode == 0, done.stderr
    assert "1,024 symbols of 2" in done.stdout
    assert "shape" in done.stdout and "rows" in done.stdout
    assert (terminal.folder / "drawn" / "code_lengths.png").stat().st_size > 0


def test_files_of_one_name_are_told_apart(terminal: Terminal) -> None:
    for folder, content in (("a", b"ab" * 50), ("b", b"ba" * 50)):
        (terminal.folder / folder).mkdir()
        (terminal.folder / folder / "x").write_bytes(content)
    done = terminal.run("complexity", "a/x", "b/x", "--codes", "kt", "--json")
    assert [one["object"] for one in json.loads(done.stdout)["objects"]] == ["a/x", "b/x"]


def test_what_is_left_out_is_said(terminal: Terminal) -> None:
    (terminal.folder / "zeros").write_bytes(bytes(2**20 + 1))
    done = terminal.run("complexity", "zeros", "--codes", "deflate,context_tree")
    assert "context_tree is left out" in done.stdout
    assert "deflate without shuffled and surrogate" in done.stdout


def test_what_nothing_shortens_is_literal_and_what_is_empty_has_no_rate(terminal: Terminal) -> None:
    (terminal.folder / "noise").write_bytes(np.random.default_rng(0).bytes(500))
    (terminal.folder / "empty").write_bytes(b"")
    done = terminal.run("complexity", "noise", "empty", "--codes", "deflate,kt", "--baselines", "2")
    assert done.returncode == 0, done.stderr
    noise, empty = done.stdout.split("empty: ")
    assert "a symbol: literal" in noise and "bits: literal" in empty


def test_estimates_are_said_to_bound_nothing(terminal: Terminal) -> None:
    done = terminal.run("complexity", "bernoulli", "--codes", "block_decomposition", "--length", "600")
    assert "block_decomposition is an estimate" in done.stdout and "literal" in done.stdout
    answer = terminal.refuse("complexity", "golden_mean", "--codes", "block_decomposition", "--length", "70000")
    assert "orders that all have the same" in answer


def test_refusals(terminal: Terminal) -> None:
    assert "golden_mean" in terminal.refuse("complexity", "golden_maen")
    assert "device" in terminal.refuse("complexity", "/dev/zero")
    assert "follows its code" in terminal.refuse("complexity", "golden_mean", "--codes", "order=2")
    assert "markov" in terminal.refuse("complexity", "golden_mean", "--surrogate", "markof")
    assert "no such file, source or run" in terminal.refuse("complexity", "deadbeef")
    assert "no store here yet" in terminal.refuse("complexity", "abcdef12:online_bits")
    assert "100x100" in terminal.refuse("complexity", "golden_mean", "--shape", "axb", "--codes", "kt")
