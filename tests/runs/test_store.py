"""The store: claims, guards, and what it does with a file that is not what it should be."""

from __future__ import annotations

import os
import platform
import random
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lab.core.errors import InputError, LabError, StoreError, UnknownNameError
from lab.core.registry import open_shelf
from lab.runs.owner import Owner, identify_process
from lab.runs.runner import Result
from lab.runs.spec import RunSpec
from lab.runs.store import Store, StudyRecord, open_store

STUDY = StudyRecord("toy_sweep-any", "toy_sweep", "any")
ME = identify_process()
GONE = replace(ME, pid=2**22 + 1)
ELSEWHERE = replace(ME, host="elsewhere", boot="another")


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, toy: Path) -> Iterator[Store]:
    """A store of each kind; PostgreSQL where LAB_TEST_POSTGRESQL names an empty database."""
    if request.param == "sqlite":
        yield open_store(toy / "lab.db")
        return
    url = os.environ.get("LAB_TEST_POSTGRESQL")
    if not url:
        pytest.skip("LAB_TEST_POSTGRESQL names no database")
    opened = open_store(url)
    yield opened
    with opened._database.writing() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")


def make_specs(count: int) -> list[RunSpec]:
    return [RunSpec("toy", {"size": size + 1, "seed": 0, "tokens": 10}) for size in range(count)]


def give_result(spec: RunSpec) -> Result:
    result: Result = open_shelf("runners").find("toy").module.give_result(spec.fields)
    return result


def fill(store: Store, count: int = 3) -> list[str]:
    specs = make_specs(count)
    store.register(STUDY, specs)
    for key in store.claim([spec.key for spec in specs], ME):
        assert store.complete(key, ME, give_result(next(s for s in specs if s.key == key)), {"commit": "c"})
    return [spec.key for spec in specs]


def test_registering_twice_changes_nothing(store: Store) -> None:
    specs = make_specs(3)
    store.register(STUDY, specs[:2])
    store.register(STUDY, [*specs, *specs])
    assert store.study(STUDY.name).counts == {"pending": 3}
    assert [run.columns["size"] for run in store.runs(STUDY.name)] != []


def test_a_claim_is_exclusive_while_its_owner_lives(store: Store) -> None:
    store.register(STUDY, make_specs(2))
    keys = sorted(store.statuses([s.key for s in make_specs(2)]))
    assert sorted(store.claim(keys, ME)) == keys
    assert store.claim(keys, ME) == [], "nor twice by one process"
    assert store.study(STUDY.name).counts == {"running": 2}


def test_a_claim_of_a_dead_process_is_taken_over_and_its_late_result_refused(store: Store) -> None:
    (spec,) = make_specs(1)
    store.register(STUDY, [spec])
    for dead in (GONE, replace(ME, started="1"), replace(ME, boot="before the reboot")):
        assert store.claim([spec.key], dead) == [spec.key]
        assert store.study(STUDY.name).counts == {"pending": 1}, "it is not shown as running"
    assert store.claim([spec.key], ME) == [spec.key]
    assert not store.complete(spec.key, GONE, give_result(spec), {})
    assert not store.fail(spec.key, GONE, "late")
    store.release([spec.key], GONE)
    assert store.statuses([spec.key]) == {spec.key: "running"}
    assert store.complete(spec.key, ME, give_result(spec), {})
    assert not store.complete(spec.key, ME, give_result(spec), {}), "once"


def test_a_driver_on_another_host_lives_as_long_as_it_holds_its_lock(toy: Path) -> None:
    store, (spec,) = open_store(toy / "lab.db"), make_specs(1)
    store.register(STUDY, [spec])
    store.spool.mkdir(parents=True)
    with ELSEWHERE.hold_lock(store.spool):
        assert store.claim([spec.key], ELSEWHERE) == [spec.key]
        assert store.claim([spec.key], ME) == []
    assert store.claim([spec.key], ME) == [spec.key], "the container is gone, and with it the lock"


def test_an_owner_without_a_common_folder_counts_as_alive() -> None:
    assert ELSEWHERE.is_alive(None)
    assert Owner(platform.node(), ME.boot, ME.pid, ME.started).is_alive(None)


def test_ten_threads_claim_each_run_once(store: Store) -> None:
    specs = make_specs(40)
    store.register(STUDY, specs)
    taken: list[str] = []

    def claim_all() -> None:
        for spec in specs:
            taken.extend(store.claim([spec.key], ME))

    threads = [threading.Thread(target=claim_all) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == sorted(spec.key for spec in specs)


def test_a_result_comes_back_exactly_and_a_missing_number_stays_missing(store: Store) -> None:
    (spec,) = make_specs(1)
    store.register(STUDY, [spec])
    store.claim([spec.key], ME)
    array = np.array([[1.5, np.nan], [-0.0, 3.0]])
    metrics = {"loss_nats": np.float64(0.1) + 0.2, "floor_nats": float("nan"), "accuracy_top1": 0.0}
    store.complete(spec.key, ME, Result("done", metrics, {"loss_nats": [None, 0.0]}, {"cells": array}), {"a": 1})
    run = store.run(spec.key[:6])
    assert run.metrics == {"loss_nats": 0.1 + 0.2, "floor_nats": None, "accuracy_top1": 0.0}
    assert run.curve == {"loss_nats": [None, 0.0]}
    assert np.array_equal(store.array(spec.key, "cells"), array, equal_nan=True)
    assert (run.status, run.stage, run.provenance) == ("done", "grid", {"a": 1})


def test_what_is_not_there_is_named(store: Store) -> None:
    keys = fill(store)
    with pytest.raises(UnknownNameError, match="toy_sweep-any"):
        store.study("toy_swep-any")
    with pytest.raises(UnknownNameError, match="no run"):
        store.run("zz")
    with pytest.raises(UnknownNameError, match="3 runs"):
        store.run("")
    with pytest.raises(UnknownNameError, match="cells"):
        store.array(keys[0], "cell")
    store.register(STUDY, make_specs(4))
    with pytest.raises(InputError, match="done, diverged, stopped or failed"):
        store.complete(keys[0], ME, Result("finished"), {})


def test_every_flipped_bit_is_found_or_changes_nothing(toy: Path) -> None:
    location, rng = toy / "lab.db", random.Random(0)
    fill(open_store(location), 8)
    whole = {run.key: run for run in open_store(location).runs(STUDY.name)}
    cells = {key: open_store(location).array(key, "cells") for key in whole}
    sqlite3.connect(location).execute("PRAGMA wal_checkpoint(TRUNCATE)").connection.close()
    content = location.read_bytes()
    found = 0
    for _ in range(300):
        position, bit = rng.randrange(len(content)), 1 << rng.randrange(8)
        flipped = bytearray(content)
        flipped[position] ^= bit
        location.write_bytes(flipped)
        try:
            store = open_store(location, read_only=True)
            problems = store.verify()
            runs = {run.key: run for run in store.runs(STUDY.name)}
            arrays = {key: store.array(key, "cells") for key in runs if runs[key].status == "done"}
        except LabError:
            found += 1
            continue
        intact = runs == whole and all(np.array_equal(arrays[key], cells[key]) for key in cells)
        found += bool(problems)
        assert problems or intact, f"byte {position}, bit {bit}: silently changed"
        changed = [run for key, run in runs.items() if run != whole.get(key)]
        # Stage and the study's own row are no result; everything else that differs says that it is damaged.
        assert all("hash" in run.error or replace(run, stage="grid") == whole.get(run.key) for run in changed)
    assert found > 30, "most of so small a file is empty"


def write_garbage(path: Path) -> None:
    path.write_bytes(random.Random(0).randbytes(5000))


def write_foreign(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE trials (id)")
    connection.close()


def write_newer(path: Path) -> None:
    open_store(path)
    connection = sqlite3.connect(path)
    connection.execute("UPDATE about SET value = '2'")
    connection.commit()
    connection.close()


def cut_in_half(path: Path) -> None:
    fill(open_store(path))
    content = path.read_bytes()
    Path(f"{path}-wal").unlink(missing_ok=True)
    path.write_bytes(content[: len(content) // 2])


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (write_garbage, "damaged or foreign"),
        (write_foreign, "not a store of the lab"),
        (write_newer, "newer version"),
        (cut_in_half, "damaged or foreign"),
    ],
)
def test_a_file_that_is_no_store_is_refused_and_left_alone(toy: Path, spoil: object, words: str) -> None:
    toy.mkdir()
    path = toy / "lab.db"
    spoil(path)  # type: ignore[operator]
    content = path.read_bytes()
    for read_only in (True, False):
        with pytest.raises(StoreError, match=words) as caught:
            open_store(path, read_only).runs(STUDY.name)
        assert str(path) in str(caught.value) and caught.value.next_step
    assert path.read_bytes() == content


def test_an_empty_file_becomes_a_store(toy: Path) -> None:
    toy.mkdir()
    (toy / "lab.db").touch()
    with pytest.raises(StoreError, match="no store here yet"):
        open_store(toy / "lab.db", read_only=True)
    assert open_store(toy / "lab.db").studies() == []


def test_a_place_that_cannot_be_written_is_the_inputs_fault(toy: Path) -> None:
    toy.write_text("a file where the folder should be")
    with pytest.raises(InputError, match="LAB_STORE"):
        open_store(toy / "lab.db")
    with pytest.raises(InputError):
        open_store("/proc/nowhere/lab.db")
    with pytest.raises(InputError):
        open_store(toy.parent)


@pytest.mark.parametrize("url", ["nosuch://host/base", "sqlite:/:bad://x", "mysql+nosuch://host/base"])
def test_a_url_of_no_database_is_the_inputs_fault(url: str) -> None:
    with pytest.raises(InputError, match="store"):
        open_store(url)


def test_a_store_for_reading_is_not_written(toy: Path) -> None:
    fill(open_store(toy / "lab.db"))
    with pytest.raises(InputError):
        open_store(toy / "lab.db", read_only=True).register(STUDY, make_specs(5))


def test_a_store_in_a_folder_that_cannot_be_written_is_read(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(open_store(toy / "lab.db"))
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write anywhere
    before = sorted(toy.iterdir())
    assert len(open_store(toy / "lab.db", read_only=True).runs(STUDY.name)) == 3
    assert sorted(toy.iterdir()) == before


def test_a_full_disk_loses_nothing(toy: Path) -> None:
    store = open_store(toy / "lab.db")
    keys = fill(store)
    big = RunSpec("toy", {"size": 10**6, "seed": 0, "tokens": 10})
    store.register(STUDY, [big])
    store.claim([big.key], ME)
    with store._database.reading() as connection:  # the pool keeps this connection, and with it the limit
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    result = Result("done", {"loss_nats": 1.0}, {}, {"cells": np.random.default_rng(0).random(10**5)})
    with pytest.raises(StoreError, match="disk is full"):
        store.complete(big.key, ME, result, {})
    again = open_store(toy / "lab.db")
    assert again.statuses([*keys, big.key]) == {**dict.fromkeys(keys, "done"), big.key: "running"}
    assert again.verify() == []
    assert again.complete(big.key, ME, result, {})
