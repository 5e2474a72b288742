"""The ledger: append-only, chained, safe beside other writers, and honest about what was done to it."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from lab.core.errors import InputError, LabError
from lab.core.registry import ROOT
from lab.runs.ledger import BEGIN
from lab.runs.store import Store, open_store

SEALER = """
import sys
from lab.runs.store import open_store
ledger = open_store(sys.argv[1]).ledger
while True:
    print(ledger.seal({"value": 1.5}).number, flush=True)
"""


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(tmp_path / "lab.db")


def edit(store: Store, *statements: str) -> None:
    """What somebody with the file and another program can do."""
    connection = sqlite3.connect(store.location)
    connection.executescript("DROP TRIGGER forecasts_keep_update; DROP TRIGGER forecasts_keep_delete;")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def test_what_is_sealed_is_read_back(store: Store) -> None:
    sealed = [store.ledger.seal({"value": value, "at": {"tokens": 1e9}}) for value in (0.1 + 0.2, 2.0)]
    assert store.ledger.entries() == sealed
    assert [entry.number for entry in sealed] == [1, 2]
    assert sealed[0].content["value"] == 0.1 + 0.2 and sealed[0].sealed_at.endswith("Z")
    assert store.verify() == []


def test_an_entry_cannot_be_changed_or_dropped_in_passing(store: Store) -> None:
    store.ledger.seal({"value": 1})
    connection = sqlite3.connect(store.location)
    for statement in ("UPDATE forecasts SET content = '{}'", "DELETE FROM forecasts"):
        with pytest.raises(sqlite3.IntegrityError, match="never changed"):
            connection.execute(statement)
    connection.close()


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("UPDATE forecasts SET content = replace(content, '\"value\":2', '\"value\":9') WHERE number = 2", {2}),
        ("UPDATE forecasts SET content = 'no json' WHERE number = 2", {2}),
        ("UPDATE forecasts SET hash = 'f' || substr(hash, 2) || 'x' WHERE number = 2", {2, 3}),
        ("DELETE FROM forecasts WHERE number = 1", {2, 3, 4}),
        ("DELETE FROM forecasts WHERE number = 2", {3, 4}),
        ("UPDATE forecasts SET number = 9 WHERE number = 2", {3, 4, 9}),
    ],
)
def test_tampering_shows(store: Store, statement: str, broken: set[int]) -> None:
    for value in range(1, 5):
        store.ledger.seal({"value": value})
    edit(store, statement)
    assert {entry.number for entry in store.ledger.entries() if not entry.intact} == broken
    assert len(store.verify()) == len(broken) and "forecast" in store.verify()[0]


def test_a_rewritten_entry_needs_all_that_follow_rewritten(store: Store) -> None:
    """The hash of an entry is made of its content and of the hash before it, and of nothing else."""
    first, second = (store.ledger.seal({"value": value}) for value in (1, 2))
    edit(store, f"UPDATE forecasts SET previous_hash = '{BEGIN}x' WHERE number = 2")
    assert [entry.intact for entry in store.ledger.entries()] == [True, False]
    assert first.hash != second.hash


def test_many_threads_seal_one_chain(store: Store) -> None:
    def seal() -> None:
        ledger = open_store(store.location).ledger
        for value in range(4):
            ledger.seal({"value": value})

    threads = [threading.Thread(target=seal) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [entry.number for entry in store.ledger.entries()] == list(range(1, 17))
    assert store.ledger.verify() == []


def test_a_kill_leaves_whole_entries(store: Store) -> None:
    told: list[int] = []
    for _ in range(3):
        process = subprocess.Popen(
            [sys.executable, "-c", SEALER, str(store.location)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        told += [int(process.stdout.readline()) for _ in range(5)]
        time.sleep(0.013)
        os.kill(process.pid, signal.SIGKILL)
        told += [int(line) for line in process.communicate()[0].split("\n")[:-1] if line.strip()]
    numbers = [entry.number for entry in store.ledger.entries()]
    assert numbers == list(range(1, len(numbers) + 1)) and set(told) <= set(numbers), "what was told is kept"
    assert store.verify() == []


def test_a_store_from_before_the_ledger(tmp_path: Path) -> None:
    path = tmp_path / "lab.db"
    open_store(path)
    connection = sqlite3.connect(path)
    connection.execute("DROP TABLE forecasts")
    connection.commit()
    connection.close()
    assert open_store(path, read_only=True).ledger.entries() == []
    assert open_store(path, read_only=True).verify() == []
    assert open_store(path).ledger.seal({"value": 1}).number == 1


def test_a_store_that_may_not_be_written(tmp_path: Path) -> None:
    path = tmp_path / "lab.db"
    open_store(path).ledger.seal({"value": 1})
    with pytest.raises(InputError, match="cannot be opened or written"):
        open_store(path, read_only=True).ledger.seal({"value": 2})
    with pytest.raises(LabError):
        open_store("/proc/lab/lab.db").ledger.seal({"value": 2})
