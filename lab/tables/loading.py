"""Opening a study by name or path, and listing those there are."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from lab.core.errors import InputError, UnknownNameError
from lab.core.registry import ROOT, open_shelf
from lab.runs.archive import is_archive, read_archive, read_manifest
from lab.runs.store import Store, StoredRun, has_store, open_store
from lab.tables.frames import make_curves_frame, make_runs_frame
from lab.tables.importing import import_runs
from lab.tables.study import Study, Tables

TABLE_SUFFIXES = (".csv", ".parquet", ".jsonl", ".ndjson")


def load_tables(name: str | Path, store: Store | None = None) -> Tables:
    """The tables of a study: its name, a sweep's name (its fullest preset), or the path of an archive or a table.

    Raises `UnknownNameError` with the nearest name, `InputError` for a path that is not there.
    """
    path = Path(name)
    if path.suffix in TABLE_SUFFIXES:
        if not path.is_file():
            raise InputError("study", str(name), "the file does not exist", "check the path")
        return _load_archive(path) if is_archive(path) else import_runs(path, {})
    study = find_study(str(name), list_studies(store))
    if study.origin == "archive" and study.path is not None:
        return _load_archive(study.path)
    return _load_stored(store or open_store(read_only=True), study)


def load_runs(store: Store, study: str) -> pd.DataFrame:
    """The runs of a study of the store, one row each (`Tables.runs`)."""
    return make_runs_frame(study, store.runs(study))


def find_study(name: str, studies: Sequence[Study]) -> Study:
    """The study called `name`, or of the sweep called so: the one with the most finished runs."""
    named = [study for study in studies if name == study.name]
    of_sweep = sorted((s for s in studies if name == s.sweep), key=lambda s: s.counts.get("done", 0))
    if not named and not of_sweep:
        sweep, _, preset = name.rpartition("-")  # a study of a sweep is called so
        runs = {name: name, sweep: f"{sweep} --preset {preset}"}
        made = next((run for own, run in runs.items() if own in open_shelf("sweeps").names()), "")
        hint = f"`lab run {made}` makes it" if made else "`lab list` shows the sweeps to run"
        raise UnknownNameError.among("study", name, {s.name for s in studies}, hint)
    return named[0] if named else of_sweep[-1]


def list_studies(store: Store | None = None, archives: Path | None = None) -> list[Study]:
    """The studies of the store and, behind them, the archives whose name no study of the store has."""
    found = {study.name: study for study in list_stored(store)}
    for study in list_archives(archives):
        found.setdefault(study.name, study)
    return list(found.values())


def list_stored(store: Store | None = None) -> list[Study]:
    """The studies of the store, by default the one at `find_store()`; none where there is no store yet."""
    if store is None and has_store():
        store = open_store(read_only=True)
    return [
        Study(record.name, record.sweep, record.preset, "store" if record.sweep else "import", counts=record.counts)
        for record in (store.studies() if store else [])
    ]


def list_archives(archives: Path | None = None) -> list[Study]:
    """The archives of a folder: `archives`, else `LAB_ARCHIVES`, else results/."""
    folder = archives or Path(os.environ.get("LAB_ARCHIVES") or ROOT / "results")
    manifests = {path: read_manifest(path) for path in sorted(folder.glob("*.parquet")) if is_archive(path)}
    return [
        Study(manifest["study"], manifest["sweep"], manifest["preset"], "archive", path, {"done": manifest["runs"]})
        for path, manifest in manifests.items()
    ]


def _load_archive(path: Path) -> Tables:
    archive = read_archive(path)
    record = archive.study
    return _make_tables(Study(record.name, record.sweep, record.preset, "archive", path, record.counts), archive.runs)


def _load_stored(store: Store, study: Study) -> Tables:
    return _make_tables(study, store.runs(study.name))


def _make_tables(study: Study, runs: Sequence[StoredRun]) -> Tables:
    told = {note: None for run in runs for note in run.provenance.get("notes", ())}  # what an import assumed, in order
    return Tables(study, make_runs_frame(study.name, runs), make_curves_frame(runs), tuple(told))
