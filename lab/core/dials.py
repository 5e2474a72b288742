"""Dials: the literal fields of a frozen dataclass, checked when a specification names them.

Families, sources and options of figures are all frozen dataclasses of dials. A dial at its default is left out of the
identity, so that a dial added later does not orphan the runs of today.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from lab.core.errors import InputError, UnknownNameError

T = TypeVar("T")


def build_from_dials(cls: type[T], dials: Mapping[str, Any], subject: str) -> T:
    """An instance of the dataclass `cls`; raises `InputError` for a dial unknown, missing or of a wrong type."""
    fields = {f.name: f for f in dataclasses.fields(cls) if f.init}  # type: ignore[arg-type]
    hints = _read_hints(cls)  # type: ignore[arg-type]
    values: dict[str, Any] = {}
    for name, value in dials.items():
        if name not in fields:
            raise UnknownNameError.among(f"dial of {subject}", name, fields)
        values[name] = _convert(value, hints[name], f"{subject}.{name}")
    missing = [
        n
        for n, f in fields.items()
        if n not in values and f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
    ]
    if missing:
        raise InputError(subject, sorted(dials), f"needs {', '.join(missing)}", "give each of them a value")
    return cls(**values)


def changed_dials(instance: Any) -> dict[str, Any]:
    """The dials of a dataclass instance that are not at their default and bear identity.

    A field with `metadata={"identity": False}` (where a file stands, say) never does.
    """
    return {
        f.name: getattr(instance, f.name)
        for f in dataclasses.fields(instance)
        if f.metadata.get("identity", True)
        and (f.default is dataclasses.MISSING or getattr(instance, f.name) != f.default)
    }


@lru_cache(maxsize=256)
def _read_hints(cls: type) -> dict[str, Any]:
    return get_type_hints(cls)


def _convert(value: Any, hint: Any, subject: str) -> Any:
    origin = get_origin(hint)
    if origin is Literal:
        choices = get_args(hint)
        if value not in choices:
            if isinstance(value, str):
                raise UnknownNameError.among(subject, value, map(str, choices))
            raise InputError(subject, value, f"one of {', '.join(map(repr, choices))}")
        return value
    if origin in (Union, types.UnionType):
        if value is None and type(None) in get_args(hint):
            return None
        inner = [a for a in get_args(hint) if a is not type(None)]
        fitting = (a for a in inner if isinstance(get_origin(a) or a, type) and isinstance(value, get_origin(a) or a))
        return _convert(value, next(fitting, inner[0]), subject)
    if origin is tuple and isinstance(value, list | tuple):
        return tuple(_convert(item, get_args(hint)[0], subject) for item in value)
    if origin is dict and isinstance(value, Mapping):
        return dict(value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if hint is int and isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(hint, type) and isinstance(value, hint) and not (hint is int and isinstance(value, bool)):
        return value
    wanted = getattr(hint, "__name__", str(hint))
    raise InputError(subject, value, f"must be of type {wanted}, not {type(value).__name__}")
