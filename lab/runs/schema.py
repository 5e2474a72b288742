"""The store's tables (SQLAlchemy Core) and how its database is opened.

SQLite by default, in WAL mode with full synchronisation: one commit a run costs milliseconds and survives a power cut.
PostgreSQL by URL. Curves are one JSON column each, arrays are blobs by content hash.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from lab.core.errors import InputError, StoreError

VERSION = 1
BUSY_SECONDS = 30

metadata = sa.MetaData()
about = sa.Table("about", metadata, sa.Column("name", sa.String, primary_key=True), sa.Column("value", sa.String))
studies = sa.Table(
    "studies",
    metadata,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("sweep", sa.String, nullable=False),
    sa.Column("preset", sa.String, nullable=False),
    sa.Column("created_at", sa.String, nullable=False),
)
requests = sa.Table(
    "requests",
    metadata,
    sa.Column("study", sa.String, sa.ForeignKey("studies.name"), primary_key=True),
    sa.Column("key", sa.String, sa.ForeignKey("runs.key"), primary_key=True),
    sa.Column("stage", sa.String, nullable=False),
)
runs = sa.Table(
    "runs",
    metadata,
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("trunk_key", sa.String, nullable=False, index=True),
    sa.Column("runner", sa.String, nullable=False),
    sa.Column("status", sa.String, nullable=False, index=True),
    sa.Column("fields", sa.Text, nullable=False),
    sa.Column("columns", sa.Text, nullable=False),
    sa.Column("owner", sa.Text),
    sa.Column("metrics", sa.Text),
    sa.Column("curve", sa.Text),
    sa.Column("timings", sa.Text),
    sa.Column("totals", sa.Text),
    sa.Column("error", sa.Text, nullable=False, default=""),
    sa.Column("provenance", sa.Text),
    sa.Column("result_hash", sa.String),
    sa.Column("record_hash", sa.String),
    sa.Column("finished_at", sa.String),
)
arrays = sa.Table(
    "arrays",
    metadata,
    sa.Column("hash", sa.String, primary_key=True),
    sa.Column("content", sa.LargeBinary, nullable=False),
)
run_arrays = sa.Table(
    "run_arrays",
    metadata,
    sa.Column("key", sa.String, sa.ForeignKey("runs.key"), primary_key=True),
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("hash", sa.String, sa.ForeignKey("arrays.hash"), nullable=False),
)


def open_database(location: str | Path, read_only: bool = False) -> sa.Engine:
    """An engine on a database with the lab's tables; makes them where there is none yet.

    Raises `InputError` where the place cannot be written and `StoreError` for a file that is damaged, foreign, locked
    or written by a newer version.
    """
    url = str(location) if "://" in str(location) else ""
    try:
        if not url and not read_only:
            Path(location).parent.mkdir(parents=True, exist_ok=True)
        engine = sa.create_engine(url) if url else _create_sqlite(Path(location), read_only)
        with engine.connect() as connection:
            has_tables = sa.inspect(connection).get_table_names()
        if not has_tables and read_only:
            raise StoreError("store", str(location), "there is no store here yet", "`lab run` makes one")
        if has_tables and "about" not in has_tables:
            raise StoreError(
                "store", str(location), "this database is not a store of the lab", "name another with LAB_STORE"
            )
        if not has_tables:
            _make_tables(engine)
        _check_version(engine, str(location))
    except (sa.exc.OperationalError, sa.exc.DatabaseError, OSError) as error:
        raise explain_failure(error, str(location)) from error
    return engine


def explain_failure(error: Exception, location: str) -> InputError | StoreError:
    """The lab's error for one of the database's or the file system's."""
    text = str(getattr(error, "orig", error))
    if "full" in text or "No space" in text:
        return StoreError("store", location, f"the disk is full ({text})", "free space and run the same command again")
    if isinstance(error, OSError) or "readonly" in text or "unable to open" in text:
        return InputError("store", location, f"cannot be written ({text})", "make the folder writable or set LAB_STORE")
    if "locked" in text:
        return StoreError("store", location, f"locked for more than {BUSY_SECONDS} s", "end the process that holds it")
    if "not a database" in text or "malformed" in text:
        return StoreError(
            "store", location, f"the file is damaged or foreign ({text})", "move it away; `lab doctor` says more"
        )
    return StoreError("store", location, text, "`lab doctor` checks the store")


def _create_sqlite(path: Path, read_only: bool) -> sa.Engine:
    def connect() -> sqlite3.Connection:
        uri = f"{path.resolve().as_uri()}?mode={'ro' if read_only else 'rwc'}"
        # Transactions are begun by the event below, not by the driver; threads share no connection at one time.
        return sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)

    engine = sa.create_engine("sqlite://", creator=connect, poolclass=sa.pool.NullPool)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        if not read_only:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")

    @event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        # A deferred transaction that reads before it writes can fail half-way; an immediate one waits its turn.
        immediate = not read_only and not connection.get_execution_options().get("reads_only")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine


def _make_tables(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        metadata.create_all(connection)
        if connection.execute(sa.select(about.c.value).where(about.c.name == "version")).first() is None:
            connection.execute(about.insert().values(name="version", value=str(VERSION)))


def _check_version(engine: sa.Engine, location: str) -> None:
    with engine.connect() as connection:
        row = connection.execute(sa.select(about.c.value).where(about.c.name == "version")).first()
    found = int(row[0]) if row and str(row[0]).isdigit() else 0
    if found > VERSION:
        raise StoreError(
            "store",
            location,
            f"written by a newer version of the lab (schema {found}, ours {VERSION})",
            "update the lab",
        )
    if found != VERSION:
        raise StoreError(
            "store", location, f"its schema version is {found}, ours {VERSION}", "name another with LAB_STORE"
        )
