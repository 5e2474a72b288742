"""The archive: a study in one file, whole or refused."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lab.core.errors import InputError, LabError, StoreError, UnknownNameError
from lab.runs.archive import is_archive, read_archive, write_archive
from lab.runs.plan import plan_study
from lab.runs.store import Store, open_store
from lab.tables import load_tables
from tests.runs.drive import STUDY, drive, make_grid, set_grid


@pytest.fixture
def store(toy: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    failing = {"size": 9, "seed": 0, "tokens": 10, "trouble": "failed"}
    large = {"size": 10_000, "seed": 0, "tokens": 10}
    set_grid(monkeypatch, [*make_grid(2), failing, large])
    filled = open_store(toy / "lab.db")
    drive(filled)
    return filled


def test_an_archive_opens_as_the_study_it_was(store: Store, tmp_path: Path) -> None:
    path = write_archive(store, STUDY, tmp_path / "study.parquet", "two cores")
    archive = read_archive(path)
    assert archive.runs == store.runs(STUDY), "failed runs are counted too"
    assert archive.manifest["note"] == "two cores" and archive.study.counts == {"done": 5, "failed": 1}
    stored, opened = load_tables(STUDY, store), load_tables(path)
    pd.testing.assert_frame_equal(stored.runs, opened.runs)
    pd.testing.assert_frame_equal(stored.curves, opened.curves)
    assert opened.study.origin == "archive"
    key = next(run.key for run in archive.runs if run.columns["size"] == 2)
    assert np.array_equal(archive.array(key, "cells"), store.array(key, "cells"))
    with pytest.raises(UnknownNameError, match="cells"):
        archive.array(key, "cell")


def test_every_flipped_bit_is_refused_or_changes_nothing(store: Store, tmp_path: Path) -> None:
    path, rng = write_archive(store, STUDY, tmp_path / "study.parquet"), random.Random(0)
    content, whole, refused = path.read_bytes(), read_archive(path), 0
    for _ in range(150):
        flipped = bytearray(content)
        flipped[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
        path.write_bytes(flipped)
        try:
            archive = read_archive(path)
            for key, name in archive.contents:
                archive.array(key, name)
        except LabError:
            refused += 1
            continue
        assert [r.metrics for r in archive.runs] == [r.metrics for r in whole.runs]
        assert [r.curve for r in archive.runs] == [r.curve for r in whole.runs]
    assert refused > 75


def test_somebody_elses_file_is_no_archive(tmp_path: Path) -> None:
    pd.DataFrame({"tokens": [1]}).to_parquet(tmp_path / "table.parquet")
    (tmp_path / "text.parquet").write_text("no parquet")
    for name in ("table.parquet", "text.parquet", "none.parquet"):
        assert not is_archive(tmp_path / name)
        with pytest.raises(InputError, match="archive"):
            read_archive(tmp_path / name)


def test_nothing_finished_is_no_archive_and_a_damaged_run_is_not_left_out(store: Store, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError):
        write_archive(store, "no_such_study", tmp_path / "study.parquet")
    with store._database.writing() as connection:
        connection.exec_driver_sql("UPDATE runs SET metrics = replace(metrics, '0.', '1.')")
    with pytest.raises(StoreError, match="does not match its hash"):
        write_archive(store, STUDY, tmp_path / "study.parquet")
    assert not list(tmp_path.glob("*.parquet"))


def test_the_plan_counts_what_is_stored_and_measures_the_throughput(
    store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    plan = plan_study("toy_sweep", "any", store)
    assert (plan.runs_total, plan.runs_stored, plan.runs_missing) == (6, 5, 1), "a failed run is missing"
    assert plan.measured and plan.flops == 6 * 9 * 10
    # The toy says 0.5 CPU seconds of every run: the median throughput is that of its median run.
    flops = sorted(6.0 * size * tokens for size, tokens in ((1, 10), (1, 20), (2, 10), (2, 20), (10_000, 10)))
    assert plan.cpu_seconds == pytest.approx(plan.flops / (flops[2] / 0.5))
    assert plan.wall_seconds(2) == plan.cpu_seconds, "one trunk cannot be shared out"
    fresh = plan_study("toy_sweep", "any", open_store(tmp_path / "fresh.db"))
    assert fresh.runs_missing == 6 and not fresh.measured
    assert fresh.jobs["cpu_seconds"].is_monotonic_decreasing and len(fresh.jobs) == 4
