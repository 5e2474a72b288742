"""The store's database: how it is opened, and how its faults are told.

SQLite by default, in WAL mode with full synchronisation: one commit a run costs milliseconds and survives a power cut.
PostgreSQL by URL.
"""

from __future__ import annotations

import os
import sqlite3
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from lab.core.errors import InputError, LabError, MissingExtraError, StoreError
from lab.runs.schema import VERSION, about, metadata

BUSY_SECONDS = 30


class Database:
    """A database with the lab's tables, made where there is none yet.

    Raises `InputError` where the place cannot be written, or is to be read and holds nothing, and `StoreError` for a
    file that is damaged, foreign, locked or written by a newer version.
    """

    def __init__(self, location: str | Path, read_only: bool = False) -> None:
        self.location, self.path = str(location), None if "://" in str(location) else Path(location).absolute()
        if read_only and self.path is not None and not self.path.exists():
            raise InputError("store", self.location, "there is no store here yet", "`lab run` makes one")
        with self._explained():
            if self.path is not None and not read_only:
                self.path.parent.mkdir(parents=True, exist_ok=True)
            self._engine = sa.create_engine(self.location) if self.path is None else _open_sqlite(self.path, read_only)
            weakref.finalize(self, self._engine.dispose)  # connections close with the last reference to the store
            self._check_tables(read_only)

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction that no other writer interleaves with: committed at the end, or nothing of it is."""
        with self._explained(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A snapshot; writers go on meanwhile."""
        with self._explained(), self._engine.execution_options(reads_only=True).begin() as connection:
            yield connection

    def check_pages(self) -> list[str]:
        """What SQLite finds wrong with its own pages; it has no checksums, so this is not all that can be wrong."""
        if self.path is None:
            return []
        with self.reading() as connection:
            found = [str(line) for line in connection.exec_driver_sql("PRAGMA integrity_check").scalars()]
        return [line for line in found if line != "ok"]

    def _check_tables(self, read_only: bool) -> None:
        with self.reading() as connection:
            names = sa.inspect(connection).get_table_names()
        if not names and read_only:
            raise StoreError("store", self.location, "there is no store here yet", "`lab run` makes one")
        if names and "about" not in names:
            raise StoreError(
                "store", self.location, "this database is not a store of the lab", "name another with LAB_STORE"
            )
        if not names:
            self._log_ahead()
            with self.writing() as connection:
                metadata.create_all(connection)
                names = list(metadata.tables)
                if connection.execute(sa.select(about.c.value).where(about.c.name == "version")).first() is None:
                    connection.execute(about.insert().values(name="version", value=str(VERSION)))
        if not read_only and set(metadata.tables) - set(names):  # a store from before a table there is now
            with self.writing() as connection:
                metadata.create_all(connection)
        with self.reading() as connection:
            told = str(connection.execute(sa.select(about.c.value).where(about.c.name == "version")).scalar())
        found = int(told) if told.isdigit() else 0
        if found > VERSION:
            rule = f"written by a newer version of the lab (schema {found}, ours {VERSION})"
            raise StoreError("store", self.location, rule, "update the lab, or name another with LAB_STORE")
        if found != VERSION:
            rule = f"its schema version is {told!r}, ours {VERSION}"
            raise StoreError("store", self.location, rule, "name another with LAB_STORE")

    def _log_ahead(self) -> None:
        """Puts a new SQLite file into WAL mode, for good; never one that may be somebody else's."""
        if self.path is not None:
            connection = self._engine.raw_connection()
            connection.cursor().execute("PRAGMA journal_mode=WAL")
            connection.close()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (sa.exc.DBAPIError, sqlite3.Error, OSError) as error:
            raise _explain(error, self.location) from error
        except ModuleNotFoundError as error:
            raise MissingExtraError("store", self.location, f"needs the package {error.name}", "install it") from error
        except (sa.exc.ArgumentError, sa.exc.NoSuchModuleError) as error:
            next_step = "LAB_STORE is a path, or a URL such as postgresql+psycopg://user@host/database"
            raise InputError("store", self.location, f"is no database's URL ({error})", next_step) from error


def _explain(error: Exception, location: str) -> LabError:
    """The lab's error for one of the database's or the file system's."""
    text = str(getattr(error, "orig", error))
    if "full" in text or "No space" in text:
        return StoreError("store", location, f"the disk is full ({text})", "free space and run the same command again")
    if isinstance(error, OSError) or any(sign in text for sign in ("readonly", "unable to open")):
        return InputError("store", location, f"cannot be opened or written ({text})", "mend the path or set LAB_STORE")
    if "locked" in text:
        return StoreError("store", location, f"locked for more than {BUSY_SECONDS} s", "end the process that holds it")
    if "not a database" in text or "malformed" in text:
        return StoreError(
            "store", location, f"the file is damaged or foreign ({text})", "move it away; `lab doctor` says more"
        )
    return StoreError("store", location, text.strip(), "`lab doctor` checks the store")


def _open_sqlite(path: Path, read_only: bool) -> sa.Engine:
    mode = "mode=rwc"
    if read_only:
        # In a folder that cannot be written SQLite cannot share memory with a writer, and there is none.
        mode = "mode=ro" if os.access(path.parent, os.W_OK) else "immutable=1"

    def connect() -> sqlite3.Connection:
        # Transactions are begun by the event below, not by the driver; threads share no connection at one time.
        connection = sqlite3.connect(
            f"{path.as_uri()}?{mode}", uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        # A flipped bit can make text that is no text: it is to fail its hash, and not the reading of all the others.
        connection.text_factory = lambda raw: raw.decode(errors="backslashreplace")
        return connection

    # A writer keeps its connection: closing the last one folds the log into the database, five times a commit's cost.
    pool = sa.pool.NullPool if read_only else sa.pool.QueuePool
    engine = sa.create_engine("sqlite://", creator=connect, poolclass=pool)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")

    @event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        # A deferred transaction that reads before it writes can fail half-way; an immediate one waits its turn.
        immediate = not read_only and not connection.get_execution_options().get("reads_only")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine
