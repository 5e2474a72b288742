"""The store of runs: who asked for which, who is doing it, what came of it.

Only drivers write. A claim and its owner stand in one row, written in one transaction; a result, its hash and its
status likewise. A study is done when the keys it requested are the keys that are done, never when a queue is empty.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa

from lab.core.errors import InputError, LabError, UnknownNameError
from lab.core.fingerprint import hash_literal
from lab.core.registry import ROOT
from lab.runs.database import Database
from lab.runs.folders import Folders
from lab.runs.ledger import Ledger
from lab.runs.owner import Owner
from lab.runs.provenance import tell_time
from lab.runs.record import (
    decode_array,
    decode_json,
    encode_array,
    encode_json,
    hash_array,
    hash_record,
    hash_result,
)
from lab.runs.runner import Result
from lab.runs.schema import arrays, requests, run_arrays, runs, studies
from lab.runs.spec import RunSpec
from lab.runs.stored import DAMAGED, FINAL, StoredRun, StudyRecord, is_damaged, read_run

__all__ = ["FINAL", "Store", "StoredRun", "StudyRecord", "find_store", "open_store"]


class Store:
    """Runs in a database; `location` is a file of SQLite or the URL of another."""

    def __init__(self, location: str | Path, read_only: bool = False) -> None:
        self.location = location
        self._database = Database(location, read_only)

    @property
    def folders(self) -> Folders:
        """The folders beside the database: each store has its own."""
        path = self._database.path
        if path is None:
            return Folders(ROOT / "results", hash_literal(str(self.location))[:12])
        return Folders(path.parent, path.stem)

    @property
    def spool(self) -> Path:
        """The folder into which workers put what they finish."""
        return self.folders.spool

    @property
    def ledger(self) -> Ledger:
        """The forecasts sealed in this store."""
        return Ledger(self._database)

    def register(self, study: StudyRecord, specs: Sequence[RunSpec]) -> None:
        """Notes what a study asks for; a run that any study asked for before is not asked for twice."""
        rows = {spec.key: _make_row(spec) for spec in specs}
        with self._database.writing() as connection:
            if connection.execute(sa.select(studies.c.name).where(studies.c.name == study.name)).first() is None:
                row = {"name": study.name, "sweep": study.sweep, "preset": study.preset, "created_at": tell_time()}
                connection.execute(studies.insert().values(row))
            stored = {row.key: row._asdict() for row in self._select_rows(connection, rows, runs)}
            asked = set(connection.scalars(sa.select(requests.c.key).where(requests.c.study == study.name)))
            new_runs = [row for key, row in rows.items() if key not in stored]
            stages = {spec.key: spec.stage for spec in reversed(specs) if spec.key not in asked}
            if new_runs:
                connection.execute(runs.insert(), new_runs)
            if stages:
                rows_asked = [{"study": study.name, "key": key, "stage": stage} for key, stage in stages.items()]
                connection.execute(requests.insert(), rows_asked)
            for key in stored:  # what is asked for is known better than a damaged record knows it
                told = {name: rows[key][name] for name in ("trunk_key", "runner", "fields", "columns")}
                if is_damaged(stored[key]) and told.items() - stored[key].items():
                    self._set_status(connection, [key], **told)

    def claim(self, keys: Iterable[str], owner: Owner) -> list[str]:
        """Takes those of `keys` that are pending, failed, damaged, or held by a process that is gone; returns them."""
        taken = []
        nothing = dict.fromkeys(("metrics", "curve", "timings", "totals", "provenance", "result_hash", "record_hash"))
        with self._database.writing() as connection:
            for row in self._select_rows(connection, keys, runs, locked=True):
                if self._read_status(row._asdict()) in ("pending", "failed"):
                    taken.append(row.key)
            holder = encode_json(owner.to_dict())
            self._set_status(connection, taken, **nothing, status="running", owner=holder, error="", finished_at=None)
        return taken

    def release(self, keys: Iterable[str], owner: Owner) -> None:
        """Gives back what `owner` holds and has not finished."""
        with self._database.writing() as connection:
            self._set_status(connection, self._held(connection, keys, owner), status="pending", owner=None)

    def fail(self, key: str, owner: Owner, reason: str, provenance: Mapping[str, Any] | None = None) -> bool:
        """Marks a run failed with its reason, if `owner` still holds it."""
        return self.complete(key, owner, Result("failed", error=reason), provenance or {})

    def complete(self, key: str, owner: Owner, result: Result, provenance: Mapping[str, Any]) -> bool:
        """Stores a result, its hash and its status in one transaction, if `owner` still holds the run."""
        if result.status not in (*FINAL, "failed"):
            raise InputError(f"result of run {key}", result.status, "a result is done, diverged, stopped or failed")
        contents = {name: (hash_array(a), encode_array(a)) for name, a in result.arrays.items()}
        with self._database.writing() as connection:
            if not self._held(connection, [key], owner):
                return False
            for digest, content in contents.values():
                if connection.execute(sa.select(arrays.c.hash).where(arrays.c.hash == digest)).first() is None:
                    connection.execute(arrays.insert().values(hash=digest, content=content))
            connection.execute(run_arrays.delete().where(run_arrays.c.key == key))
            for name, (digest, _) in contents.items():
                connection.execute(run_arrays.insert().values(key=key, name=name, hash=digest))
            row = connection.execute(sa.select(runs).where(runs.c.key == key)).one()._asdict()
            row |= {
                "status": result.status,
                "owner": None,
                "metrics": encode_json(result.metrics),
                "curve": encode_json(result.curve),
                "timings": encode_json(result.timings),
                "totals": encode_json(result.totals),
                "error": result.error,
                "provenance": encode_json(provenance),
                "result_hash": hash_result(result),
                "finished_at": tell_time(),
            }
            row["record_hash"] = hash_record(row)
            connection.execute(runs.update().where(runs.c.key == key).values(row))
        return True

    def studies(self) -> list[StudyRecord]:
        """All studies with their counts by status, oldest first; a claim whose owner is gone counts as pending."""
        with self._database.reading() as connection:
            counted = connection.execute(
                sa.select(requests.c.study, runs.c.status, runs.c.owner, sa.func.count())
                .join(runs, runs.c.key == requests.c.key)
                .group_by(requests.c.study, runs.c.status, runs.c.owner)
            ).all()
            found = connection.execute(sa.select(studies).order_by(studies.c.created_at, studies.c.name)).all()
        counts: dict[str, Counter[str]] = {row.name: Counter() for row in found}
        for study, status, owner, number in counted:
            counts[study]["pending" if status == "running" and not self._is_held(owner) else status] += number
        return [StudyRecord(row.name, row.sweep, row.preset, dict(counts[row.name])) for row in found]

    def study(self, name: str) -> StudyRecord:
        """The study called `name`; raises `UnknownNameError`."""
        found = {study.name: study for study in self.studies()}
        if name not in found:
            raise UnknownNameError.among("study", name, found, "`lab status` lists the studies, `lab run` makes one")
        return found[name]

    def runs(self, study: str) -> list[StoredRun]:
        """The runs a study asked for, sorted by key; one whose record is damaged has failed and says so."""
        return [read_run(row, self._read_status(row)) for row in self.export_rows(study)]

    def export_rows(self, study: str) -> list[dict[str, Any]]:
        """The raw rows of a study with their stage, sorted by key: what an archive holds."""
        query = (
            sa.select(runs, requests.c.stage)
            .join(requests, requests.c.key == runs.c.key)
            .where(requests.c.study == study)
            .order_by(runs.c.key)
        )
        with self._database.reading() as connection:
            return [row._asdict() for row in connection.execute(query).all()]

    def statuses(self, keys: Iterable[str]) -> dict[str, str]:
        """The status of those of `keys` that any study asked for; a damaged record has failed."""
        with self._database.reading() as connection:
            return {row.key: self._read_status(row._asdict()) for row in self._select_rows(connection, keys, runs)}

    def find_open_trunks(self, trunk_keys: Iterable[str]) -> set[str]:
        """Those of the trunks that have a run which has not ended."""
        with self._database.reading() as connection:
            rows = connection.execute(sa.select(runs).where(runs.c.trunk_key.in_(list(trunk_keys)))).all()
        return {row.trunk_key for row in rows if self._read_status(row._asdict()) not in FINAL}

    def list_costs(self) -> list[tuple[Mapping[str, Any], float]]:
        """The described columns and CPU seconds of every run done here: what throughput is estimated from."""
        query = sa.select(runs.c.columns, runs.c.totals).where(runs.c.status == "done")
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        costs = [(decode_json(row.columns), decode_json(row.totals).get("cpu_seconds")) for row in rows]
        return [(columns, seconds) for columns, seconds in costs if seconds]

    def run(self, prefix: str) -> StoredRun:
        """The one run whose key begins with `prefix`; raises `UnknownNameError` for none or several."""
        with self._database.reading() as connection:
            rows = connection.execute(sa.select(runs).where(runs.c.key.startswith(prefix, autoescape=True))).all()
            stages = (
                connection.scalars(sa.select(requests.c.stage).where(requests.c.key == rows[0].key)) if rows else ()
            )
            stage = min(stages, default="")
        if len(rows) != 1:
            what = "no run has" if not rows else f"{len(rows)} runs have"
            raise UnknownNameError("run", prefix, f"{what} a key that begins so", "give more of the key's 16 digits")
        row = {**rows[0]._asdict(), "stage": stage}
        return read_run(row, self._read_status(row))

    def array(self, key: str, name: str) -> np.ndarray:
        """An array of a run, verified against its hash."""
        query = (
            sa.select(arrays.c.hash, arrays.c.content)
            .join(run_arrays, run_arrays.c.hash == arrays.c.hash)
            .where(run_arrays.c.key == key, run_arrays.c.name == name)
        )
        with self._database.reading() as connection:
            row = connection.execute(query).first()
            known = list(connection.scalars(sa.select(run_arrays.c.name).where(run_arrays.c.key == key)))
        if row is None:
            raise UnknownNameError.among(f"array of run {key}", name, known)
        return decode_array(row.content, row.hash, f"array {name} of run {key}")

    def list_arrays(self, key: str) -> list[str]:
        """The names of a run's arrays."""
        with self._database.reading() as connection:
            return list(connection.scalars(sa.select(run_arrays.c.name).where(run_arrays.c.key == key)))

    def verify(self) -> list[str]:
        """One line for every record, array or forecast that does not match its hash, and for what is missing."""
        problems = self._database.check_pages()
        with self._database.reading() as connection:
            rows = [row._asdict() for row in connection.execute(sa.select(runs))]
            named = connection.execute(sa.select(run_arrays.c.key, run_arrays.c.name)).all()
            asked = set(connection.scalars(sa.select(requests.c.key)))
        problems += [f"run {row['key']}: {DAMAGED}" for row in rows if is_damaged(row)]
        problems += [f"run {key}: its record is missing" for key in sorted(asked - {row["key"] for row in rows})]
        for key, name in named:
            try:
                self.array(key, name)
            except LabError as error:
                problems.append(str(error))
        return problems + self.ledger.verify()

    def _is_held(self, owner: str | None) -> bool:
        try:
            return bool(owner) and Owner(**decode_json(owner)).is_alive(
                None if self._database.path is None else self.spool
            )
        except (ValueError, TypeError):  # a damaged owner holds nothing
            return False

    def _read_status(self, row: Mapping[str, Any]) -> str:
        if is_damaged(row):
            return "failed"
        return "pending" if row["status"] == "running" and not self._is_held(row["owner"]) else str(row["status"])

    @staticmethod
    def _select_rows(connection: sa.Connection, keys: Iterable[str], *what: Any, locked: bool = False) -> list[Any]:
        wanted, rows = list(keys), list[Any]()
        for begin in range(0, len(wanted), 500):
            query = sa.select(*what).where(runs.c.key.in_(wanted[begin : begin + 500]))
            # Rows are locked where transactions interleave (PostgreSQL); SQLite writes one at a time anyway.
            rows += connection.execute(query.with_for_update() if locked else query).all()
        return rows

    def _held(self, connection: sa.Connection, keys: Iterable[str], owner: Owner) -> list[str]:
        mine = encode_json(owner.to_dict())
        rows = self._select_rows(connection, keys, runs.c.key, runs.c.status, runs.c.owner, locked=True)
        return [row.key for row in rows if row.status == "running" and row.owner == mine]

    @staticmethod
    def _set_status(connection: sa.Connection, keys: Sequence[str], **values: Any) -> None:
        for begin in range(0, len(keys), 500):
            connection.execute(runs.update().where(runs.c.key.in_(keys[begin : begin + 500])).values(**values))


def open_store(location: str | Path | None = None, read_only: bool = False) -> Store:
    """The store at `location`, else where LAB_STORE says, else results/lab.db beside the code."""
    return Store(location or find_store(), read_only)


def find_store() -> str | Path:
    """Where the store is: LAB_STORE (a file or a URL), or results/lab.db in the repository."""
    return os.environ.get("LAB_STORE") or ROOT / "results" / "lab.db"


def has_store() -> bool:
    """Whether there is a store already where `open_store` looks; a URL is taken for one."""
    return "://" in str(find_store()) or Path(find_store()).exists()


def find_results() -> Path:
    """The folder of everything derived from the store: figures, reports. It is the store's own."""
    return ROOT / "results" if "://" in str(find_store()) else Path(find_store()).parent


def _make_row(spec: RunSpec) -> dict[str, Any]:
    return {
        "key": spec.key,
        "trunk_key": spec.trunk_key,
        "runner": spec.runner,
        "status": "pending",
        "fields": encode_json(spec.fields),
        "columns": encode_json(spec.describe()),
        "error": "",
    }
