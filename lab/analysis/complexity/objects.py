"""Opening what is to be described: a file, a folder, an array, a data source by name, or something of a stored run."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lab.complexity.code import Message
from lab.complexity.objects import Described, describe_array, read_object, reshape_object, restrict_alphabet
from lab.core.errors import InputError, UnknownNameError
from lab.core.registry import open_shelf
from lab.data import Source
from lab.runs.spec import build_entry, label_entry, parse_entry
from lab.runs.store import Store, has_store, open_store

DRAWN = 2**14
"""Symbols drawn of a source where no length is given."""
LONGEST_DRAWN = 2**24  # eight bytes each while they are drawn
_KINDS = "name a file, a folder, FILE.npz:ARRAY, a source (markov:order=1) or RUNKEY:ARRAY"
_KEY = re.compile(r"[0-9a-f]{6,16}(:|$)")


def open_object(
    name: str,
    length: int | None = None,
    seed: int = 0,
    alphabet: int | None = None,
    shape: tuple[int, ...] = (),
    store: Store | None = None,
) -> Described:
    """The object called `name`, in this order: a path, an array `FILE.npz:NAME`, a source, an array or curve of a run.

    A source may have dials: 'markov:order=1'; `length` (16,384 symbols by default) and `seed` say which stretch of it,
    of anything else `length` is how much of its beginning. A run is named by its key's first digits, and a part of it
    by 'KEY:NAME'. `alphabet` numbers the symbols anew, `shape` lays them out. Raises `InputError`.
    """
    if length is not None and length < 1:
        raise InputError("--length", length, "must be at least 1")
    described = _find_object(name, length, seed, store)
    if alphabet is not None:
        described = restrict_alphabet(described, alphabet)
    return reshape_object(described, shape) if shape else described


def name_apart(short: Sequence[str], whole: Sequence[str]) -> list[str]:
    """The short names, the whole one where two are short alike, and a number behind what is still named twice."""
    names = [own if short.count(own) == 1 else name for own, name in zip(short, whole, strict=True)]
    return [name if names.count(name) == 1 else f"{name} #{k + 1}" for k, name in enumerate(names)]


def draw_object(table: dict[str, object], length: int, seed: int) -> Described:
    """A stretch of the source that `table` names (`lab.runs.spec.build_entry`), its entropy rate in bits if known."""
    source: Source = build_entry("data", table)
    label = label_entry(str(table["name"]), source)
    if source.vocabulary > 256:
        raise InputError(f"source {label}", source.vocabulary, "codes take at most 256 symbols", "choose another")
    if length > LONGEST_DRAWN:
        raise InputError(
            "--length", length, f"at most {LONGEST_DRAWN:,} symbols are drawn of a source", "ask for fewer"
        )
    symbols = source.draw(length, seed).astype(np.uint8)
    rate = None if source.entropy_rate is None else source.entropy_rate / math.log(2)
    return Described(label, Message(symbols, max(2, source.vocabulary)), entropy_rate=rate)


def _find_object(name: str, length: int | None, seed: int, store: Store | None) -> Described:
    path, _, part = name.partition(":")
    if os.path.lexists(name):
        return read_object(Path(name), limit=length)
    if path.endswith(".npz") and os.path.lexists(path):
        return read_object(Path(path), part, length)
    if path in open_shelf("data").names():
        return draw_object(parse_entry("data", name), length or DRAWN, seed)
    if _KEY.match(name):
        return _read_run(path, part, length, store)
    known = [*open_shelf("data").names(), *(p.name for p in sorted(Path().iterdir())[:200])]
    raise UnknownNameError.among("object", name, known, _KINDS)


def _read_run(key: str, part: str, length: int | None, store: Store | None) -> Described:
    """An array of a run, or a column of its curve (points that have no value left out)."""
    nowhere = "there is no such file, source or run"
    if store is None and not has_store():
        raise UnknownNameError("object", key, f"{nowhere}; runs have no store here yet", _KINDS)
    store = store or open_store(read_only=True)
    try:
        run = store.run(key)
    except UnknownNameError as error:
        raise UnknownNameError("object", key, f"{nowhere}; {error.rule}", error.next_step) from error
    arrays = store.list_arrays(run.key)
    if part in arrays:
        values = store.array(run.key, part)
    elif part in run.curve:
        values = np.array([value for value in run.curve[part] if value is not None], dtype=float)
    else:
        known = [*arrays, *run.curve]
        raise UnknownNameError.among(f"array or curve of run {run.key}", part, known, f"name one: {key}:NAME")
    return describe_array(values.ravel()[:length] if length else values, f"{run.key[:8]}:{part}")
