"""`lab ncd`, driven for real: groups found, JSON, figures, and the codes that do not see a pair."""

from __future__ import annotations

import json

import numpy as np

from tests.cli.driving import Terminal


def write_files(terminal: Terminal) -> tuple[str, ...]:
    chance = np.random.default_rng(0)
    words = {
        "py": ["def", "self", "return", "import", "(", ")", ":", "if", "None", "yield"],
        "c": ["{", "}", ";", "int", "*", "void", "->", "&", "#if", "char"],
    }
    for name in ("one", "two"):
        for ending, known in words.items():
            (terminal.folder / f"{name}.{ending}").write_text(" ".join(chance.choice(known, 1500)))
    return ("one.py", "two.py", "one.c", "two.c")


def test_groups_are_found_with_intervals_and_support(terminal: Terminal) -> None:
    files = write_files(terminal)
    done = terminal.run("ncd", *files, "--json", "--halves", "4")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert (answer["code"], [one["object"] for one in answer["objects"]]) == ("lzma", list(files))
    pairs = {(pair["object"], pair["other_object"]): pair for pair in answer["pairs"]}
    assert len(pairs) == 10 and answer["reach"] < 0.05
    alike, apart = pairs["one.py", "two.py"], pairs["one.py", "one.c"]
    assert alike["ncd"]["high"] < apart["ncd"]["low"]
    bits = {one["object"]: one["bits"] for one in answer["objects"]}
    assert alike["conditional_bits"] < apart["conditional_bits"] < bits["one.py"]
    assert apart["mutual_bits"] < alike["mutual_bits"] < bits["one.py"] / 2
    support = {tuple(node["objects"]): node["support"] for node in answer["tree"]}
    assert support["one.py", "two.py"] == support["one.c", "two.c"] == 1.0
    assert answer["score"]["value"] == 1.0


def test_the_slow_code_waits_until_it_is_asked_for(terminal: Terminal) -> None:
    for name, size in (("a", 9_000), ("b", 24_000)):
        (terminal.folder / name).write_bytes(np.random.default_rng(size).integers(0, 4, size, np.uint8).tobytes())
    done = terminal.run("ncd", "a", "b", "--halves", "0", "--json")
    assert "without context_mixing: a pair has 33,000 symbols" in done.stderr
    assert "context_mixing" not in json.loads(done.stdout)["conditional_codes"]
    short = terminal.run("ncd", "a", "b", "--halves", "0", "--json", "--length", "500")
    assert "without" not in short.stderr and "context_mixing" in json.loads(short.stdout)["conditional_codes"]


def test_a_tree_for_people_and_figures(terminal: Terminal) -> None:
    files = write_files(terminal)
    (terminal.folder / "more").mkdir()
    (terminal.folder / "more" / "one.py").write_bytes(b"import this\n" * 9)
    done = terminal.run("ncd", *files, "more/one.py", "--code", "zstd:level=3", "--to", "drawn")
    assert done.returncode == 0, done.stderr
    assert "5 objects by zstd (level 3)" in done.stdout and "more/one.py" in done.stdout
    assert "├─ " in done.stdout and "S(T) = " in done.stdout and "too short to be halved" in done.stdout
    for name in ("ncd_map", "ncd_tree"):
        assert (terminal.folder / "drawn" / f"{name}.png").stat().st_size > 0


def test_refusals(terminal: Terminal) -> None:
    for name in ("a", "b"):
        (terminal.folder / name).write_bytes(np.random.default_rng(ord(name)).bytes(30_000))
    assert "a code that sees all of both" in terminal.refuse("ncd", "a", "b", "--code", "deflate")
    assert "two or more" in terminal.refuse("ncd", "a")
    assert "lzma" in terminal.refuse("ncd", "a", "b", "--code", "lzna")
    (terminal.folder / "empty").write_bytes(b"")
    assert "empty" in terminal.refuse("ncd", "a", "empty")
    assert "one alphabet" in terminal.refuse("ncd", "a", "golden_mean")
