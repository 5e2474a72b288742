"""Somebody else's runs: what is right comes through exactly, what is wrong is named by row or column."""

from __future__ import annotations

import gzip
from pathlib import Path

import pandas as pd
import pytest

from lab.core.errors import InputError
from lab.runs.store import open_store
from lab.tables import import_runs, load_tables
from lab.tables.importing import store_import

HEAD = "params_total,tokens,loss_nats\n"
GOOD = HEAD + "1000,10000,3.5\n2000,20000,3.25\n"


def write(folder: Path, content: str | bytes, name: str = "runs.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def row(line: str) -> str:
    return f"{GOOD}{line}\n"


BAD = {
    "empty file": ("", "empty"),
    "head only": (HEAD, "0 rows"),
    "blank head": ("\n1,2,3\n", "empty"),
    "no loss": ("params_total,tokens\n1,2\n", "loss_nats"),
    "no predictor": ("loss_nats\n1.5\n", "params_total"),
    "a typo": ("params_total,tokens,los_nats\n1,2,3\n", "loss_nats"),
    "column twice": ("loss_nats,tokens,tokens\n1,2,3\n", r"tokens"),
    "loss missing": (row("1000,10000,"), "row 3"),
    "loss nan": (row("1000,10000,nan"), "row 3"),
    "loss NA": (row("1000,10000,NA"), "row 3"),
    "loss text": (row("1000,10000,diverged"), "row 3: 'diverged'"),
    "loss negative": (row("1000,10000,-1.5"), "row 3: '-1.5'"),
    "loss zero": (row("1000,10000,0"), "row 3"),
    "loss infinite": (row("1000,10000,inf"), "row 3"),
    "loss overflows": (row("1000,10000,1e999"), "row 3"),
    "loss with a comma": (row('1000,10000,"3,5"'), "row 3"),
    "loss with a unit": (row("1000,10000,3.5 nats"), "row 3"),
    "tokens missing": (row("1000,,3.5"), "row 3"),
    "tokens negative": (row("1000,-5,3.5"), "row 3"),
    "tokens zero": (row("1000,0,3.5"), "row 3"),
    "tokens with a suffix": (row("1000,10k,3.5"), "row 3: '10k'"),
    "params text": (row("small,10000,3.5"), "row 3: 'small'"),
    "params missing": (row(",10000,3.5"), "row 3"),
    "params NULL": (row("None,10000,3.5"), "row 3"),
    "a formula": (row("=1+1,10000,3.5"), "row 3"),
    "a row too long": (row("1000,10000,3.5,7,8"), "cannot be read"),
    "a row too short": (row("1000,10000"), "row 3"),
    "an open quote": (row('1000,"10000,3.5'), r"cannot be read|row 3"),
    "a seed of text": ("params_total,tokens,loss_nats,seed\n1,2,3,first\n", "seed"),
    "not text at all": (bytes(range(128, 256)) * 20, "cannot be read"),
    "gzip under another name": (gzip.compress(GOOD.encode()), "cannot be read"),
    "nul bytes": (b"\0\0\0\n\0\0", r"cannot be read|loss_nats|empty"),
}


@pytest.mark.parametrize("fault", BAD)
def test_a_bad_file_is_one_message_that_names_the_fault(tmp_path: Path, fault: str) -> None:
    content, words = BAD[fault]
    with pytest.raises(InputError, match=words) as caught:
        import_runs(write(tmp_path, content), {})
    assert caught.value.next_step
    assert "\n" not in str(caught.value).strip()


@pytest.mark.parametrize(
    ("mapping", "words"),
    [({"params_totl": "params_total"}, "params_total"), ({"loss_nats": "lss"}, "known"), ({"tokens": ""}, "known")],
)
def test_a_bad_map_is_refused(tmp_path: Path, mapping: dict[str, str], words: str) -> None:
    with pytest.raises(InputError, match=words):
        import_runs(write(tmp_path, GOOD), mapping)


@pytest.mark.parametrize("name", ["runs.xlsx", "runs.parquet", "runs.jsonl"])
def test_another_format_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError):
        import_runs(write(tmp_path, GOOD, name), {})


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        import_runs(tmp_path / "none.csv", {})


@pytest.mark.parametrize(
    "content",
    [GOOD, GOOD.replace(",", ";"), GOOD.replace(",", "\t"), "\ufeff" + GOOD, GOOD.replace("\n", "\r\n")],
    ids=["comma", "semicolon", "tab", "byte order mark", "windows"],
)
def test_the_spellings_of_a_table(tmp_path: Path, content: str) -> None:
    tables = import_runs(write(tmp_path, content), {})
    assert sorted(tables.runs["loss_nats"]) == [3.25, 3.5]
    assert tables.study.name == "runs" and tables.study.origin == "import"


def test_every_format_gives_the_same_numbers(tmp_path: Path) -> None:
    frame = pd.DataFrame({"N": [1e3, 2e3], "D": [1e4, 2e4], "loss": [0.1 + 0.2, 3.25]})
    frame.to_csv(tmp_path / "runs.csv", index=False)
    frame.to_parquet(tmp_path / "runs.parquet")
    frame.to_json(tmp_path / "runs.jsonl", orient="records", lines=True, double_precision=15)
    mapping = {"params_total": "N", "tokens": "D", "loss_nats": "loss"}
    for name in ("runs.csv", "runs.parquet", "runs.jsonl"):
        runs = import_runs(tmp_path / name, mapping).runs.sort_values("params_total")
        assert runs["params_total"].tolist() == [1e3, 2e3] and runs["loss_nats"].tolist() == [0.1 + 0.2, 3.25]


def test_what_is_derived_is_said(tmp_path: Path) -> None:
    tables = import_runs(write(tmp_path, GOOD), {})
    assert tables.runs["flops"].tolist() == (6 * tables.runs["params_total"] * tables.runs["tokens"]).tolist()
    notes = " ".join(tables.notes)
    assert "params_body is missing" in notes and "flops is missing" in notes and "independent" in notes
    assert tables.runs["loss_se"].isna().all(), "unknown, and not zero"


def test_points_of_one_run_are_one_unit_and_repeated_rows_count_once(tmp_path: Path) -> None:
    text = "run_key,tokens,loss_nats\na,1,3\na,2,2\nb,1,3.5\nb,1,3.5\n"
    tables = import_runs(write(tmp_path, text), {})
    assert sorted(tables.runs["trunk_key"]) == ["a", "a", "b"]
    assert tables.runs["run_key"].is_unique


def test_an_import_in_the_store_is_the_same_table(tmp_path: Path) -> None:
    tables = import_runs(write(tmp_path, GOOD), {}, name="theirs")
    store = open_store(tmp_path / "lab.db")
    assert store_import(store, tables) == 2 and store_import(store, tables) == 2
    stored = load_tables("theirs", store).runs.sort_values("tokens", ignore_index=True)
    given = tables.runs.sort_values("tokens", ignore_index=True)
    for column in ("params_total", "params_body", "tokens", "flops", "loss_nats", "trunk_key", "family", "status"):
        assert stored[column].tolist() == given[column].tolist()
