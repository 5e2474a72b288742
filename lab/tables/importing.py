"""Somebody else's runs: CSV, Parquet or JSON lines, checked row by row, to the same tables.

Checking is the product: a reader that lets a text, a NaN or a negative loss through ends in a fit of nonsense.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from lab.core.columns import COLUMNS
from lab.core.errors import InputError, UnknownNameError
from lab.core.fingerprint import hash_file, hash_literal
from lab.runs.owner import identify_process
from lab.runs.provenance import collect_provenance
from lab.runs.runner import Result
from lab.runs.spec import RunSpec
from lab.runs.store import Store, StudyRecord
from lab.tables.frames import CURVE, TEXT, tidy_runs
from lab.tables.guards import SIZES, find_curves, find_doubts, name_rows
from lab.tables.study import Study, Tables

MOST_ROWS = 1_000_000
POSITIVE = (
    "params_total",
    "params_body",
    "params_active",
    "params_embedding",
    "params_readout",
    "tokens",
    "flops",
    "loss_nats",
)
ROWS_NAMED = 8


def import_runs(path: Path, mapping: Mapping[str, str], name: str = "") -> Tables:
    """The tables of a file of runs, one row per finished run.

    `mapping` gives the lab's column for one of the file's: {'params_total': 'N'}; columns already called as in
    `lab.core.columns` need none. `loss_nats` is needed, and `tokens`, `flops` or a count of parameters. Raises
    `InputError` that names the rows at fault.
    """
    raw = read_file(Path(path))
    frame = _rename_columns(raw, mapping)
    _check_columns(frame, raw)
    for column in frame.columns.intersection([c for c in COLUMNS if c not in TEXT]):
        frame[column] = parse_numbers(frame[column], needed=column in POSITIVE)
    notes: list[str] = []
    frame = _drop_repeated(frame, notes)
    notes += find_doubts(frame, mapping.get("loss_nats", "loss_nats"))
    frame = _identify_rows(frame, hash_file(Path(path)), notes)
    _derive_columns(frame, notes)
    study = name or Path(path).stem
    frame = tidy_runs(frame.assign(study=study, status="done", stage="grid", error=""))
    curves = pd.DataFrame(columns=["run_key", "trunk_key", *CURVE])
    return Tables(
        Study(study, origin="import", path=Path(path), counts={"done": len(frame)}), frame, curves, tuple(notes)
    )


def store_import(store: Store, tables: Tables) -> int:
    """Puts imported tables into the store as a study of their name; returns the number of runs."""
    owner, specs = identify_process(), {}
    for row in tables.runs.to_dict("records"):
        columns = {str(k): v for k, v in row.items() if _is_known(v) and k not in ("study", "status", "stage", "error")}
        spec = RunSpec("imported", {"columns": columns})
        specs[spec.key] = spec
    study = StudyRecord(tables.study.name, "", "")
    provenance = {**collect_provenance(), "imported_from": str(tables.study.path), "notes": tables.notes}
    store.register(study, list(specs.values()))
    for key in store.claim(specs, owner):
        store.complete(key, owner, Result("done"), provenance)
    return len(specs)


def _is_known(value: object) -> bool:
    return value != "" and not (isinstance(value, float) and np.isnan(value))


def read_file(path: Path) -> pd.DataFrame:
    """The rows of a CSV, Parquet or JSON-lines file, cells of a CSV as text; raises `InputError`."""
    if not path.is_file():
        raise InputError("runs to import", str(path), "the file does not exist", "check the path")
    try:
        if path.suffix == ".parquet":
            frame = pd.read_parquet(path)
        elif path.suffix in (".jsonl", ".ndjson"):
            frame = pd.read_json(path, lines=True, dtype=False)
        elif path.suffix in (".csv", ".tsv", ".txt"):
            frame = _read_csv(path)
        else:
            raise InputError("runs to import", path.name, "read are .csv, .tsv, .parquet and .jsonl", "convert it")
    except (ValueError, OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            "runs to import", str(path), f"cannot be read: {' '.join(str(error).split())}", "check the file's format"
        ) from error
    if not 0 < len(frame) <= MOST_ROWS:
        raise InputError("runs to import", f"{len(frame)} rows", f"a file has 1 to {MOST_ROWS} rows", "one row per run")
    frame.columns = [str(name) for name in frame.columns]  # the head of a JSON line may be a number
    for name in frame.columns[[kind.kind not in "biuf" for kind in frame.dtypes]]:
        frame[name] = frame[name].map(_write_cell)  # a cell of Parquet or JSON may be a list, bytes, a table
    return frame.reset_index(drop=True)


def _write_cell(cell: object) -> str:
    """A cell as text, '' for a missing one."""
    missing = cell is None or cell is pd.NA or cell is pd.NaT or (isinstance(cell, float) and np.isnan(cell))
    return "" if missing else str(cell)


def _read_csv(path: Path) -> pd.DataFrame:
    with path.open(encoding="utf-8-sig", newline="") as file:
        head = file.readline()
    if not head.strip():
        raise InputError("runs to import", path.name, "the file is empty", "the first line names the columns")
    separator = max(",;\t", key=head.count)
    names = next(csv.reader([head], delimiter=separator))  # pandas would rename the second of two
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise InputError("runs to import", repeated, "every column has a name of its own", "rename or drop one")
    return pd.read_csv(path, sep=separator, dtype=str, keep_default_na=False, encoding="utf-8-sig")


def _rename_columns(frame: pd.DataFrame, mapping: Mapping[str, str]) -> pd.DataFrame:
    for ours, theirs in mapping.items():
        if ours not in COLUMNS:
            raise UnknownNameError.among("column of the lab in --map", ours, COLUMNS)
        if theirs not in frame.columns:
            raise UnknownNameError.among("column of the file in --map", theirs, frame.columns)
    return frame.rename(columns={theirs: ours for ours, theirs in mapping.items()})


def _check_columns(frame: pd.DataFrame, raw: pd.DataFrame) -> None:
    if "loss_nats" not in frame:
        next_step = f"the file has {', '.join(raw.columns[:20])}: say which is the loss with --map loss_nats=…"
        raise InputError("runs to import", None, "a column loss_nats (nats per token) is needed", next_step)
    if not {*SIZES, "tokens", "flops"} & set(frame.columns):
        next_step = f"the file has {', '.join(raw.columns[:20])}: use --map params_total=…,tokens=…"
        raise InputError("runs to import", None, "needs params_total, params_body, tokens or flops", next_step)
    repeated = frame.columns[frame.columns.duplicated()].tolist()
    if repeated:
        raise InputError("runs to import", repeated, "every column has a name of its own", "rename or drop one")


def parse_numbers(column: pd.Series, needed: bool) -> pd.Series:
    """The column as numbers; a needed one is positive and finite in every row, another may be empty.

    Raises `InputError` that names the rows at fault.
    """
    text = column.astype(str).str.strip()
    numbers = pd.to_numeric(column, errors="coerce").astype(float)
    empty = text.isin(["", "nan", "None", "NaN", "NA", "<NA>"])
    bad = numbers.isna() & (~empty | needed) | np.isinf(numbers)
    if needed:
        bad |= numbers <= 0
    if bad.any():
        rows = [int(i) for i in np.flatnonzero(bad)]
        shown = ", ".join(f"row {i + 1}: {text.iloc[i]!r}" for i in rows[:ROWS_NAMED])
        more = f" and {len(rows) - ROWS_NAMED} more" if len(rows) > ROWS_NAMED else ""
        rule = "must be a positive number in every row" if needed else "must be a number or empty"
        raise InputError(f"column {column.name}", f"{shown}{more}", rule, "correct or remove these rows")
    return numbers


def _drop_repeated(frame: pd.DataFrame, notes: list[str]) -> pd.DataFrame:
    repeated = frame.duplicated()
    if repeated.any():
        rows = name_rows(np.flatnonzero(repeated))
        notes.append(f"{int(repeated.sum())} of {len(frame)} rows repeat an earlier one exactly, left out: {rows}")
    return frame[~repeated].copy()


def _identify_rows(frame: pd.DataFrame, file_hash: str, notes: list[str]) -> pd.DataFrame:
    """Run and trunk keys: the file's own where it has them; rows of one run share a trunk."""
    own = frame["run_key"].astype(str) if "run_key" in frame else None
    if "trunk_key" not in frame:
        frame["trunk_key"] = _find_trunks(frame, own, notes)
    if own is None or own.duplicated().any():
        frame["run_key"] = [hash_literal([file_hash, int(i)])[:16] for i in frame.index]
    return frame


def _find_trunks(frame: pd.DataFrame, own: pd.Series | None, notes: list[str]) -> pd.Series:
    """The independent unit of every row, by the file's run keys, else by what looks like the curve of one run."""
    if own is not None and own.duplicated().any():
        notes.append("rows with one run_key are points of one run and count as one independent unit")
        return own
    curves = find_curves(frame)
    points = curves.index[curves != ""]
    rows = pd.Series([f"row-{i + 1}" for i in frame.index], index=frame.index)
    if not len(points):
        notes.append("every row counts as an independent run: give trunk_key where several rows share one")
        return rows if own is None else own
    look = f"{name_rows(points)} look like {curves[points].nunique()} training curves, each one run on its way"
    if own is not None:
        notes.append(f"{look}, yet each has a run_key and counts as independent: give trunk_key if they share a run")
        return own
    notes.append(f"{look}: a curve counts as one unit. Give trunk_key, or run_key where every row is a run of its own")
    return curves.where(curves != "", rows)


def _derive_columns(frame: pd.DataFrame, notes: list[str]) -> None:
    """What can be inferred is, and said."""
    given = [column for column in SIZES if column in frame]
    for column in SIZES if given else ():
        if column not in frame:
            frame[column] = frame[given[0]]
            notes.append(f"{column} is missing and taken from {given[0]}")
    if given and "tokens" in frame and "flops" not in frame:
        frame["flops"] = 6.0 * frame["params_total"] * frame["tokens"]
        notes.append("flops is missing and taken as 6·params_total·tokens")
    if given and "flops" in frame and "tokens" not in frame:
        frame["tokens"] = frame["flops"] / (6.0 * frame["params_total"])
        notes.append("tokens is missing and taken as flops / (6·params_total)")
    if given and "tokens" in frame and "flops_6nd" not in frame:
        frame["flops_6nd"] = 6.0 * frame["params_body"] * frame["tokens"]
    for column, value in (("seed", 0.0), ("family", "imported"), ("source", "imported"), ("optimizer", "unknown")):
        if column not in frame:
            frame[column] = value
    if "unique_tokens" not in frame and "tokens" in frame:
        frame["unique_tokens"] = frame["tokens"]
    if "learning_rate" not in frame:
        frame["learning_rate"] = np.nan
    if "size" not in frame and given:
        frame["size"] = frame[given[0]]
