"""The store's tables (SQLAlchemy Core): curves are one JSON column each, arrays are blobs by content hash."""

from __future__ import annotations

import sqlalchemy as sa

VERSION = 1

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
forecasts = sa.Table(
    "forecasts",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("content", sa.Text, nullable=False),
    sa.Column("previous_hash", sa.String, nullable=False, unique=True),
    sa.Column("hash", sa.String, nullable=False, unique=True),
)
# What was sealed stays; the hashes show it where somebody goes round this.
for _change in ("UPDATE", "DELETE"):
    _trigger: sa.DDL = sa.DDL(  # type: ignore[no-untyped-call]
        f"CREATE TRIGGER forecasts_keep_{_change.lower()} BEFORE {_change} ON forecasts "
        "BEGIN SELECT RAISE(ABORT, 'a sealed forecast is never changed'); END"
    )
    sa.event.listen(forecasts, "after_create", _trigger.execute_if(dialect="sqlite"))
