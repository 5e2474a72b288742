"""Predictions of anybody's file: CSV, Parquet, or NPZ of which nothing is unpickled.

A file holds probabilities of all classes and the label, or the confidence of one event and whether it happened; groups
and weights where there are any. Columns and arrays are found by usual names, or named.
"""

from __future__ import annotations

import csv
import re
import stat
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from numpy.typing import NDArray

from lab.calibration.predictions import Predictions
from lab.core.arrays import list_arrays, read_npy, refuse_damage
from lab.core.errors import InputError, UnknownNameError
from lab.tables.guards import name_rows

SUFFIXES = (".csv", ".tsv", ".txt", ".parquet", ".npz")
LARGEST_FILE = 2**30  # bytes, of the file and of an array in it
ROLES = ("probabilities", "confidence", "label", "outcome", "group", "weight")
USUAL = {
    "probabilities": ("probabilities", "probs", "softmax", "p"),
    "confidence": ("confidence", "confidences", "conf", "probability", "prob", "score", "forecast", "p", "p1"),
    "label": ("label", "labels", "target", "targets", "class", "y", "y_true", "truth", "answer"),
    "outcome": ("outcome", "outcomes", "correct", "right", "is_correct", "hit", "happened"),
    "group": ("group", "groups", "document", "documents", "doc", "cluster", "question", "subject"),
    "weight": ("weight", "weights", "sample_weight"),
}
_CLASS = re.compile(r"^(?:p|prob|probability)[_.]?(.+)$", re.IGNORECASE)


@dataclass(frozen=True)
class ReadPredictions:
    """What a file holds: `predictions`, and the names of the `classes` (none for one event).

    `columns`: which of the file's columns or arrays was taken for what; `notes`: how it was read, one line each.
    """

    name: str
    predictions: Predictions
    classes: tuple[str, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def read_predictions(path: Path, columns: Mapping[str, str] | None = None) -> ReadPredictions:
    """The predictions of a file; `columns` names what usual names do not find: {'label': 'species'}.

    Of probabilities a table has a column per class, p0 … pK or p_NAME, given as the prefix they share ('p', 'prob_') or
    a list ('cat,dog'); an .npz has one array of a row per prediction. Raises `InputError` for a file that is not there,
    not read or too large, a column that is not, and values that are no predictions.
    """
    chosen = {role: name for role, name in (columns or {}).items() if name}
    for role in chosen:
        if role not in ROLES:
            raise UnknownNameError.among("column of predictions", role, ROLES)
    _require_file(path)
    return _read_npz(path, chosen) if path.suffix.lower() == ".npz" else _read_table(path, chosen)


def list_columns(path: Path) -> list[str]:
    """The names of a file's columns or arrays, so that one may be chosen; raises `InputError` as reading does."""
    _require_file(path)
    if path.suffix.lower() != ".npz":
        return [str(name) for name in _read_frame(path).columns]
    with refuse_damage("predictions", path), zipfile.ZipFile(path) as archive:
        return list_arrays(archive)


def _require_file(path: Path) -> None:
    try:
        facts = path.stat()
    except (OSError, ValueError) as error:
        reason = " ".join(str(getattr(error, "strerror", None) or error).split()).lower()
        raise InputError("predictions", str(path), f"cannot be read: {reason}", "check the path") from error
    if not stat.S_ISREG(facts.st_mode):
        raise InputError("predictions", str(path), "is no plain file", f"name a {', '.join(SUFFIXES)} file")
    if path.suffix.lower() not in SUFFIXES:
        raise InputError("predictions", path.name, f"read are {', '.join(SUFFIXES)}", "convert it")
    if facts.st_size > LARGEST_FILE:
        raise InputError(
            "predictions", str(path), f"is larger than {LARGEST_FILE:,} bytes", "take a sample of its rows"
        )


def _read_npz(path: Path, chosen: Mapping[str, str]) -> ReadPredictions:
    with refuse_damage("predictions", path), zipfile.ZipFile(path) as archive:
        names = list_arrays(archive)
        taken = {role: name for role in ROLES if (name := _find(role, names, chosen))}
        if chosen.get("probabilities"):
            taken.pop("confidence", None)
        arrays: dict[str, NDArray[Any]] = {}
        for role, name in taken.items():
            with archive.open(f"{name}.npy") as member:
                arrays[role] = _require_plain(read_npy(member, f"{path.name}:{name}", LARGEST_FILE), name)
    if "probabilities" in arrays and arrays["probabilities"].ndim == 1:  # one number per row is a confidence
        arrays.setdefault("confidence", arrays.pop("probabilities"))
        taken.setdefault("confidence", taken.pop("probabilities"))
    return _assemble(path.name, arrays, taken, (), names)


def _require_plain(array: NDArray[Any], name: str) -> NDArray[Any]:
    if array.dtype.kind not in "biufUS":
        raise InputError(f"array {name}", str(array.dtype), "must hold real numbers or text", "convert it")
    return array.astype(str) if array.dtype.kind == "S" else array


def _read_table(path: Path, chosen: Mapping[str, str]) -> ReadPredictions:
    frame = _read_frame(path)
    names = [str(name) for name in frame.columns]
    frame.columns = names
    classes = _find_classes(names, chosen)
    taken = {role: name for role in ROLES[1:] if (name := _find(role, names, chosen))}
    arrays: dict[str, NDArray[Any]] = {}
    if classes:
        taken.pop("confidence", None)
        arrays["probabilities"] = np.stack([_parse(frame[name]) for name in classes.values()], axis=1)
        taken["probabilities"] = ", ".join(classes.values())
    for role, name in taken.items():
        if role in ("confidence", "weight"):
            arrays[role] = _parse(frame[name])
        elif role != "probabilities":
            arrays[role] = frame[name].to_numpy()
    return _assemble(path.name, arrays, taken, tuple(classes), names)


def _read_frame(path: Path) -> pd.DataFrame:
    try:
        if path.suffix.lower() == ".parquet":
            facts = pq.read_metadata(path)
            if (size := 8 * facts.num_rows * facts.num_columns) > LARGEST_FILE:  # a few bytes may say a million rows
                rule = f"unpacks to more than {LARGEST_FILE:,} bytes"
                raise InputError("predictions", f"{size:,} bytes", rule, "take a sample of its rows")
            frame = pd.read_parquet(path)
        else:
            with path.open(encoding="utf-8-sig", newline="") as file:
                head = file.readline(2**20)
            separator = max(",;\t", key=head.count)
            names = next(csv.reader([head], delimiter=separator), [])
            if repeated := sorted({name for name in names if names.count(name) > 1}):
                raise InputError("predictions", repeated, "every column has a name of its own", "rename or drop one")
            frame = pd.read_csv(path, sep=separator, encoding="utf-8-sig", low_memory=False, index_col=False)
    except (ValueError, OSError, TypeError, KeyError, NotImplementedError, csv.Error) as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError("predictions", str(path), f"cannot be read: {reason}", "check the file's format") from error
    if frame.empty:
        raise InputError("predictions", str(path), "the file has no rows", "the first line names the columns")
    return frame


def _find_classes(names: list[str], chosen: Mapping[str, str]) -> dict[str, str]:
    """The column of each class, by the class; none where the file holds confidences of one event."""
    asked = chosen.get("probabilities", "")
    if "," in asked:
        listed = [name.strip() for name in asked.split(",") if name.strip()]
        for name in listed:
            if name not in names:
                raise UnknownNameError.among("column of probabilities", name, names)
        return {name: name for name in listed}
    if asked:
        found = {name.removeprefix(asked).lstrip("_."): name for name in names if name.startswith(asked)}
    else:
        found = {match[1]: name for name in names if (match := _CLASS.match(name)) and _is_class(name, match[1])}
    found = {label: name for label, name in found.items() if label and name not in chosen.values()}
    if asked and len(found) < 2:
        rule = f"{len(found)} columns begin so; the file has {', '.join(names[:20])}"
        raise InputError("column of probabilities", asked, rule, "name the prefix of two or more, or a list a,b,c")
    numbered = sorted(found, key=int) if all(label.isdigit() for label in found) else list(found)
    return {label: found[label] for label in numbered} if len(found) > 1 and not chosen.get("confidence") else {}


def _is_class(name: str, label: str) -> bool:
    """Whether `p0` or `p_cat` names the probability of a class: a number, or what a separator precedes."""
    return label.isdigit() or name[len(name) - len(label) - 1] in "_."


def _find(role: str, names: list[str], chosen: Mapping[str, str]) -> str:
    """The column or array for a role: the one chosen, else the first of a usual name; '' where there is none."""
    if role in chosen:
        if chosen[role] not in names:
            raise UnknownNameError.among(f"{role} column of the file", chosen[role], names)
        return chosen[role]
    by_lower = {name.strip().lower(): name for name in names if name not in chosen.values()}
    return next((by_lower[usual] for usual in USUAL[role] if usual in by_lower), "")


def _parse(column: pd.Series) -> NDArray[np.float64]:
    """A column as numbers; raises `InputError` that names the rows that are none."""
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    bad = np.flatnonzero(~np.isfinite(numbers))
    if len(bad):
        first = str(column.iloc[int(bad[0])])[:40]
        rule = "must be a number in every row"
        raise InputError(f"column {column.name}", f"{name_rows(bad)}: {first!r}", rule, "correct or remove these rows")
    return numbers


def _assemble(
    name: str, arrays: Mapping[str, NDArray[Any]], taken: Mapping[str, str], classes: tuple[str, ...], names: list[str]
) -> ReadPredictions:
    """Predictions of the arrays by role, with what was taken for what."""
    known = f"the file has {', '.join(names[:20]) or 'nothing'}"
    groups = _number(arrays["group"]) if "group" in arrays else None
    notes = []
    if "probabilities" in arrays:
        if "label" not in arrays:
            raise InputError("predictions", None, f"the label of every row is needed; {known}", "name it with --label")
        count = arrays["probabilities"].shape[-1]
        labels = classes or tuple(map(str, range(count)))
        label_N = _number_labels(arrays["label"], labels)
        predictions = Predictions.of_probabilities(arrays["probabilities"], label_N, arrays.get("weight"), groups)
        used = ("probabilities", "label", "group", "weight")
        if "outcome" in arrays:
            notes.append(f"column {taken['outcome']} is not read: whether a row is right follows from its label")
    else:
        if "confidence" not in arrays:
            step = "name it with --confidence, or --probabilities"
            raise InputError("predictions", None, f"a confidence or probabilities are needed; {known}", step)
        happened = "outcome" if "outcome" in arrays else "label"
        if happened not in arrays:
            step = "name it with --outcome"
            raise InputError("predictions", None, f"whether each event happened is needed, 0 or 1; {known}", step)
        outcome_N = _read_outcomes(arrays[happened])
        predictions = Predictions.of_confidences(arrays["confidence"], outcome_N, arrays.get("weight"), groups)
        used, labels = ("confidence", happened, "group", "weight"), ()
    told = {role: taken[role] for role in used if role in taken}
    unread = [column for column in names if column not in ", ".join(told.values()).split(", ")]
    if unread:
        notes.append(f"not read: {', '.join(unread[:12])}{' …' if len(unread) > 12 else ''}")
    return ReadPredictions(name, predictions, labels, told, tuple(notes))


def _number_labels(label_N: NDArray[Any], classes: tuple[str, ...]) -> NDArray[np.float64]:
    """Labels as the places of their classes: a class's name, or its number where classes have none."""
    numbers = pd.to_numeric(pd.Series(label_N.ravel()), errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    if np.isfinite(numbers).all() and classes == tuple(map(str, range(len(classes)))):
        return numbers.reshape(label_N.shape)
    places = {name: float(place) for place, name in enumerate(classes)}
    text = [str(int(n)) if np.isfinite(n) and n == int(n) else str(t).strip() for t, n in
            zip(label_N.ravel(), numbers, strict=True)]  # fmt: skip
    missing = np.flatnonzero([one not in places for one in text])
    if len(missing):
        shown = f"{name_rows(missing)}: {text[int(missing[0])][:40]!r}"
        raise InputError("labels", shown, f"every label is one of {', '.join(classes[:12])}", "name the classes so")
    return np.array([places[one] for one in text])


def _read_outcomes(values_N: NDArray[Any]) -> NDArray[Any]:
    """0/1 from numbers, booleans, or the words true and false."""
    words = {"true": 1.0, "false": 0.0, "yes": 1.0, "no": 0.0}
    if values_N.dtype.kind in "biuf":
        return values_N
    return _parse(pd.Series([words.get(str(v).strip().lower(), v) for v in values_N.ravel()], name="of outcomes"))


def _number(group_N: NDArray[Any]) -> NDArray[np.int64]:
    """Groups of any kind as numbers; raises `InputError` where one is missing."""
    codes, _ = pd.factorize(pd.Series(group_N.ravel()))
    missing = np.flatnonzero(codes < 0)
    if len(missing):
        raise InputError("groups", name_rows(missing), "every row has a group", "name one, or leave the groups out")
    return codes.astype(np.int64)
