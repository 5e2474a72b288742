"""The store of runs: who asked for which, who is doing it, what came of it.

Only drivers write. A claim and its owner stand in one row, written in one transaction; a result, its hash and its
status likewise. A study is done when the keys it requested are the keys that are done, never when a queue is empty.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa

from lab.core.errors import StoreError, UnknownNameError
from lab.core.registry import ROOT
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
from lab.runs.schema import arrays, explain_failure, open_database, requests, run_arrays, runs, studies
from lab.runs.spec import RunSpec

FINAL = ("done", "diverged")
STATUSES = ("pending", "running", "done", "failed", "diverged")


@dataclass(frozen=True)
class StudyRecord:
    """A study of the store; `counts` are its runs by status."""

    name: str
    sweep: str
    preset: str
    counts: Mapping[str, int] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class StoredRun:
    """A run as stored. `columns` are what was known beforehand, `metrics` what came of it."""

    key: str
    trunk_key: str
    runner: str
    status: str
    stage: str
    fields: Mapping[str, Any]
    columns: Mapping[str, Any]
    metrics: Mapping[str, Any]
    curve: Mapping[str, list[float | None]]
    timings: Mapping[str, list[float]]
    totals: Mapping[str, float]
    error: str
    provenance: Mapping[str, Any]
    result_hash: str | None
    finished_at: str | None


class Store:
    """Runs in a database; `location` is a file of SQLite or the URL of another."""

    def __init__(self, location: str | Path, read_only: bool = False) -> None:
        self.location = location
        self.engine = open_database(location, read_only)

    @property
    def spool(self) -> Path:
        """The folder beside the database into which workers put what they finish."""
        return ROOT / "results" / "spool" if "://" in str(self.location) else Path(self.location).parent / "spool"

    def register(self, study: StudyRecord, specs: Sequence[RunSpec]) -> None:
        """Notes what a study asks for; a run that any study asked for before is not asked for twice."""
        with self._transaction() as connection:
            if connection.execute(sa.select(studies.c.name).where(studies.c.name == study.name)).first() is None:
                row = {"name": study.name, "sweep": study.sweep, "preset": study.preset, "created_at": tell_time()}
                connection.execute(studies.insert().values(row))
            known = set(connection.scalars(sa.select(runs.c.key)))
            asked = set(connection.scalars(sa.select(requests.c.key).where(requests.c.study == study.name)))
            new_runs: dict[str, dict[str, Any]] = {}
            new_requests: dict[str, dict[str, Any]] = {}
            for spec in specs:
                if spec.key not in known:
                    new_runs[spec.key] = _make_row(spec)
                if spec.key not in asked:
                    new_requests.setdefault(spec.key, {"study": study.name, "key": spec.key, "stage": spec.stage})
            if new_runs:
                connection.execute(runs.insert(), list(new_runs.values()))
            if new_requests:
                connection.execute(requests.insert(), list(new_requests.values()))

    def claim(self, keys: Iterable[str], owner: Owner) -> list[str]:
        """Takes those of `keys` that are pending, failed, or running under a process that is gone; returns them."""
        taken = []
        with self._transaction() as connection:
            for row in self._select_rows(connection, keys, runs.c.key, runs.c.status, runs.c.owner):
                if row.status in FINAL:
                    continue
                holder = Owner(**decode_json(row.owner)) if row.status == "running" and row.owner else None
                if holder is None or holder == owner or not holder.is_alive():
                    taken.append(row.key)
            self._set_status(connection, taken, status="running", owner=encode_json(owner.to_dict()), error="")
        return taken

    def release(self, keys: Iterable[str], owner: Owner) -> None:
        """Gives back what `owner` holds and has not finished."""
        with self._transaction() as connection:
            self._set_status(connection, self._held(connection, keys, owner), status="pending", owner=None)

    def fail(self, key: str, owner: Owner, reason: str) -> bool:
        """Marks a run failed with its reason, if `owner` still holds it."""
        with self._transaction() as connection:
            held = self._held(connection, [key], owner)
            self._set_status(connection, held, status="failed", owner=None, error=reason, finished_at=tell_time())
        return bool(held)

    def complete(self, key: str, owner: Owner, result: Result, provenance: Mapping[str, Any]) -> bool:
        """Stores a result, its hash and its status in one transaction, if `owner` still holds the run."""
        contents = {name: (hash_array(a), encode_array(a)) for name, a in result.arrays.items()}
        with self._transaction() as connection:
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
        """All studies with their counts by status, oldest first."""
        with self._reading() as connection:
            counted = connection.execute(
                sa.select(requests.c.study, runs.c.status, sa.func.count())
                .join(runs, runs.c.key == requests.c.key)
                .group_by(requests.c.study, runs.c.status)
            ).all()
            found = connection.execute(sa.select(studies).order_by(studies.c.created_at, studies.c.name)).all()
        counts: dict[str, dict[str, int]] = {row.name: {} for row in found}
        for study, status, number in counted:
            counts[study][status] = number
        return [StudyRecord(row.name, row.sweep, row.preset, counts[row.name]) for row in found]

    def study(self, name: str) -> StudyRecord:
        """The study called `name`; raises `UnknownNameError`."""
        found = {study.name: study for study in self.studies()}
        if name not in found:
            raise UnknownNameError.among("study", name, found, "`lab status` lists the studies, `lab run` makes one")
        return found[name]

    def runs(self, study: str) -> list[StoredRun]:
        """The runs a study asked for, sorted by key; raises `StoreError` for a record that does not match its hash."""
        return [read_run(row) for row in self.export_rows(study)]

    def export_rows(self, study: str) -> list[dict[str, Any]]:
        """The raw rows of a study with their stage, sorted by key: what an archive holds."""
        query = (
            sa.select(runs, requests.c.stage)
            .join(requests, requests.c.key == runs.c.key)
            .where(requests.c.study == study)
            .order_by(runs.c.key)
        )
        with self._reading() as connection:
            return [row._asdict() for row in connection.execute(query).all()]

    def statuses(self, keys: Iterable[str]) -> dict[str, str]:
        """The status of those of `keys` that any study asked for."""
        with self._reading() as connection:
            rows = self._select_rows(connection, keys, runs.c.key, runs.c.status)
        return {row.key: row.status for row in rows}

    def list_costs(self) -> list[tuple[float | None, float | None]]:
        """FLOP and CPU seconds of every done run: what throughput is estimated from."""
        with self._reading() as connection:
            rows = connection.execute(sa.select(runs.c.columns, runs.c.totals).where(runs.c.status == "done")).all()
        return [(decode_json(row.columns).get("flops"), decode_json(row.totals).get("cpu_seconds")) for row in rows]

    def run(self, prefix: str) -> StoredRun:
        """The one run whose key begins with `prefix`; raises `UnknownNameError` for none or several."""
        with self._reading() as connection:
            rows = connection.execute(sa.select(runs).where(runs.c.key.startswith(prefix, autoescape=True))).all()
        if len(rows) != 1:
            what = "no run has" if not rows else f"{len(rows)} runs have"
            raise UnknownNameError("run", prefix, f"{what} a key that begins so", "give more of the key's 16 digits")
        return read_run(rows[0]._asdict())

    def array(self, key: str, name: str) -> np.ndarray:
        """An array of a run, verified against its hash."""
        query = (
            sa.select(arrays.c.hash, arrays.c.content)
            .join(run_arrays, run_arrays.c.hash == arrays.c.hash)
            .where(run_arrays.c.key == key, run_arrays.c.name == name)
        )
        with self._reading() as connection:
            row = connection.execute(query).first()
            known = list(connection.scalars(sa.select(run_arrays.c.name).where(run_arrays.c.key == key)))
        if row is None:
            raise UnknownNameError.among(f"array of run {key}", name, known)
        array = decode_array(row.content)
        if hash_array(array) != row.hash:
            raise StoreError(f"array {name} of run {key}", None, "its content does not match its hash", "run it again")
        return array

    def list_arrays(self, key: str) -> list[str]:
        """The names of a run's arrays."""
        with self._reading() as connection:
            return list(connection.scalars(sa.select(run_arrays.c.name).where(run_arrays.c.key == key)))

    def verify(self) -> list[str]:
        """One line for every record or array that does not match its hash."""
        problems = []
        with self._reading() as connection:
            for row in connection.execute(sa.select(runs)).all():
                if row.record_hash and hash_record(row._asdict()) != row.record_hash:
                    problems.append(f"run {row.key}: its record does not match its hash")
            keys = connection.execute(sa.select(run_arrays.c.key, run_arrays.c.name)).all()
        for key, name in keys:
            try:
                self.array(key, name)
            except (StoreError, ValueError, OSError) as error:
                problems.append(f"run {key}: array {name}: {error}")
        return problems

    def _transaction(self) -> _Transaction:
        return _Transaction(self.engine, str(self.location))

    def _reading(self) -> _Transaction:
        return _Transaction(self.engine.execution_options(reads_only=True), str(self.location))

    @staticmethod
    def _select_rows(connection: sa.Connection, keys: Iterable[str], *what: Any) -> list[Any]:
        wanted, rows = list(keys), list[Any]()
        for begin in range(0, len(wanted), 500):
            query = sa.select(*what).where(runs.c.key.in_(wanted[begin : begin + 500]))
            rows += connection.execute(query).all()
        return rows

    def _held(self, connection: sa.Connection, keys: Iterable[str], owner: Owner) -> list[str]:
        mine = encode_json(owner.to_dict())
        rows = self._select_rows(connection, keys, runs.c.key, runs.c.status, runs.c.owner)
        return [row.key for row in rows if row.status == "running" and row.owner == mine]

    @staticmethod
    def _set_status(connection: sa.Connection, keys: Sequence[str], **values: Any) -> None:
        for begin in range(0, len(keys), 500):
            connection.execute(runs.update().where(runs.c.key.in_(keys[begin : begin + 500])).values(**values))


class _Transaction:
    """A transaction whose database errors come out as the lab's."""

    def __init__(self, engine: sa.Engine, location: str) -> None:
        self.scope, self.location = engine.begin(), location

    def __enter__(self) -> sa.Connection:
        try:
            return self.scope.__enter__()
        except sa.exc.DatabaseError as error:
            raise explain_failure(error, self.location) from error

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        try:
            self.scope.__exit__(kind, error, trace)
        except sa.exc.DatabaseError as failure:
            raise explain_failure(failure, self.location) from failure
        if isinstance(error, sa.exc.DatabaseError):
            raise explain_failure(error, self.location) from error


def open_store(location: str | Path | None = None, read_only: bool = False) -> Store:
    """The store at `location`, else where LAB_STORE says, else results/lab.db beside the code."""
    return Store(location or find_store(), read_only)


def find_store() -> str | Path:
    """Where the store is: LAB_STORE (a file or a URL), or results/lab.db in the repository."""
    return os.environ.get("LAB_STORE") or ROOT / "results" / "lab.db"


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


def read_run(values: Mapping[str, Any]) -> StoredRun:
    """A run from its raw row; raises `StoreError` where the row does not match its hash."""
    if values["record_hash"] and hash_record(values) != values["record_hash"]:
        raise StoreError(
            f"run {values['key']}", None, "its record does not match its hash", "`lab doctor` lists all such"
        )
    literals = ("fields", "columns", "metrics", "curve", "timings", "totals", "provenance")
    texts = ("key", "trunk_key", "runner", "status", "error", "result_hash", "finished_at")
    return StoredRun(
        stage=values.get("stage") or "",
        **{name: values[name] for name in texts},
        **{name: decode_json(values[name]) for name in literals},
    )
