"""Options of a figure from the command line: flags and `--set` follow the figure's Options dataclass."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, get_args, get_origin, get_type_hints

from lab.core.errors import InputError, UnknownNameError

_TRUTH = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


def read_flags(arguments: Sequence[str]) -> dict[str, str]:
    """`--a x --b=y --c --no-d` as texts: a=x, b=y, c=true, d=false; raises `InputError` for a word without a flag."""
    texts: dict[str, str] = {}
    rest = list(arguments)
    while rest:
        flag = rest.pop(0)
        if not flag.startswith("--") or flag == "--":
            raise InputError("option", flag, "options are --name value", "a study is named with --study")
        name, equals, value = flag[2:].partition("=")
        if not equals:
            value = (
                rest.pop(0) if rest and not rest[0].startswith("--") else "false" if name.startswith("no-") else "true"
            )
            name = name.removeprefix("no-") if value == "false" else name
        texts[name.replace("-", "_")] = value
    return texts


def parse_dials(options: type, texts: Mapping[str, str], subject: str) -> dict[str, Any]:
    """Texts as values of the types the dataclass asks for; raises `InputError` naming the option."""
    hints = get_type_hints(options)
    names = [field.name for field in dataclasses.fields(options)]
    for name in texts:
        if name not in names:
            raise UnknownNameError.among(f"option of {subject}", name, names)
    return {name: _parse(text, hints[name], f"{subject}.{name}") for name, text in texts.items()}


def describe_dials(options: type) -> Iterator[str]:
    """One text per option: `convention=params_total (params_body, params_active)`."""
    hints = get_type_hints(options)
    for field in dataclasses.fields(options):
        choices = [str(c) for c in get_args(hints[field.name]) if get_origin(hints[field.name]) is Literal]
        others = [choice for choice in choices if choice != str(field.default)]
        yield f"{field.name}={field.default}" + (f" (or {', '.join(others)})" if others else "")


def _parse(text: str, hint: Any, subject: str) -> Any:
    if get_origin(hint) is Literal:
        return next((choice for choice in get_args(hint) if str(choice) == text), text)
    inner = [kind for kind in get_args(hint) if kind is not type(None)] or [hint]
    if text.lower() == "none" and type(None) in get_args(hint):
        return None
    try:
        return _TRUTH[text.lower()] if inner[0] is bool else inner[0](text)
    except (KeyError, ValueError):
        raise InputError(subject, text, f"must be a {inner[0].__name__}") from None
