"""The ledger of forecasts: sealed before the run exists, never changed afterwards.

Every entry is hashed together with the hash of the entry before it, so that a changed, dropped or reordered entry shows
in all that follow (Haber & Stornetta 1991, doi 10.1007/BF00196791). What hashes alone cannot show is that the last
entries are gone or that all were written anew: who publishes the last hash rules that out too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from lab.core.fingerprint import hash_bytes
from lab.runs.database import Database
from lab.runs.provenance import tell_time
from lab.runs.record import decode_json, encode_json
from lab.runs.schema import forecasts

BEGIN = "0" * 64  # what stands before the first entry


@dataclass(frozen=True)
class Entry:
    """A sealed forecast: its number (from 1), when it was sealed (UTC), what was foretold, and its hash.

    `intact` is False where the content, or the link to the entry before, is not what was sealed.
    """

    number: int
    sealed_at: str
    content: Mapping[str, Any]
    hash: str
    intact: bool = True


class Ledger:
    """The forecasts of a store, in the order they were sealed. There is no way to change or to remove one."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def seal(self, content: Mapping[str, Any]) -> Entry:
        """Appends literals with the time and the number; one transaction, which another one waits for."""
        with self._database.writing() as connection:
            last = connection.execute(sa.select(forecasts).order_by(forecasts.c.number.desc()).limit(1)).first()
            number, previous = (last.number + 1, last.hash) if last else (1, BEGIN)
            text = encode_json({**content, "sealed_at": tell_time(), "number": number})
            digest = _chain(previous, text)
            connection.execute(
                forecasts.insert().values(number=number, content=text, previous_hash=previous, hash=digest)
            )
        return _read(number, text, digest, True)

    def entries(self) -> list[Entry]:
        """All entries, oldest first; none in a store from before the ledger."""
        with self._database.reading() as connection:
            if not sa.inspect(connection).has_table(forecasts.name):
                return []
            rows = connection.execute(sa.select(forecasts).order_by(forecasts.c.number)).all()
        found, previous = [], BEGIN
        for place, row in enumerate(rows):
            whole = row.number == place + 1 and row.previous_hash == previous
            whole = whole and row.hash == _chain(previous, str(row.content))
            found.append(_read(row.number, str(row.content), str(row.hash), whole))
            previous = row.hash
        return found

    def verify(self) -> list[str]:
        """One line for every entry that is not what was sealed, or does not follow the one before it."""
        rule = "it, or the one before it, is not what was sealed"
        return [f"forecast {entry.number}: {rule}" for entry in self.entries() if not entry.intact]


def _chain(previous: str, text: str) -> str:
    return hash_bytes(f"{previous}\n{text}".encode())


def _read(number: int, text: str, digest: str, intact: bool) -> Entry:
    try:
        content = decode_json(text)
        return Entry(number, str(content["sealed_at"]), content, digest, intact)
    except (ValueError, TypeError, KeyError):  # a flipped bit made something else of it
        return Entry(number, "", {}, digest, False)
