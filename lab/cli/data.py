"""`lab data`: what texts, worlds and labelled examples there are, what is known of one, and how to get it."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from lab.cli.console.arguments import AsJson
from lab.cli.console.dials import describe_dials
from lab.cli.console.output import print_facts, print_json, print_table, print_text
from lab.core.errors import InputError, UnknownNameError
from lab.core.registry import open_shelf
from lab.core.units import NATS_PER_BIT, format_count

if TYPE_CHECKING:
    from lab.data import Source
    from lab.data.examples import ExampleSource

SHELVES = ("data", "examples")


def command(
    action: Annotated[
        Literal["list", "describe", "fetch"], typer.Argument(metavar="[ACTION]", help="list, describe or fetch.")
    ] = "list",
    name: Annotated[
        str, typer.Argument(metavar="[NAME]", help="With dials where it has some: tiny_stories:megabytes=8.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """List the data, describe one, or fetch one that is not built in (kept in LAB_DATA, or your cache folder)."""
    if action == "list":
        if name:
            raise InputError("lab data list", name, "lists everything", f"lab data describe {name}")
        _list(as_json)
    elif not name:
        raise InputError(f"lab data {action}", None, "needs a name", "lab data list shows them")
    elif action == "describe":
        _describe(name, as_json)
    else:
        _fetch(name, as_json)


def _list(as_json: bool) -> None:
    rows = [_summarize(name, _open(name)) for shelf in SHELVES for name in open_shelf(shelf).names()]
    if as_json:
        print_json({"data": rows})
        return
    columns = ("name", "kind", "size", "licence", "state")
    print_table("", columns, [[row[column] for column in columns] for row in rows])
    print_text("Next: lab data describe NAME; lab data fetch NAME for what is not fetched.")


def _describe(request: str, as_json: bool) -> None:
    from lab.data import Source

    name, found = request.partition(":")[0], _open(request)
    facts = _summarize(name, found) | {"what": _read_what(name), "kept_in": None, "bytes_kept": None}
    if found.holding is not None:
        facts |= {"kept_in": str(found.holding.folder), "bytes_kept": found.holding.bytes_kept or None}
    facts |= _describe_source(found) if isinstance(found, Source) else _describe_examples(found)
    if as_json:
        print_json(facts)
        return
    shown = {key.replace("_", " "): value for key, value in facts.items() if value not in (None, "", [])}
    words = ((key, ", ".join(value) if isinstance(value, list) else _spell(value)) for key, value in shown.items())
    print_facts(request, words)
    if facts["state"] == "not fetched" and found.holding is not None:
        print_text(f"Next: lab data fetch {found.holding.request}")


def _describe_source(source: "Source") -> dict[str, Any]:
    ready = source.holding is None or source.holding.is_kept
    memory = {
        "entropy_rate_bits": source.entropy_rate,
        "excess_entropy_bits": source.excess_entropy,
        "statistical_complexity_bits": source.statistical_complexity,
    }
    return {
        "dials": list(describe_dials(type(source))),
        "vocabulary": source.vocabulary if ready else None,
        "known": source.known,
        **{key: None if nats is None else nats / NATS_PER_BIT for key, nats in memory.items()},
        "bytes_per_token": source.bytes_per_token if ready and source.entropy_rate is None else None,
        "content_hash": source.content_hash() if ready else None,
    }


def _describe_examples(source: "ExampleSource") -> dict[str, Any]:
    return {
        "dials": list(describe_dials(type(source))),
        "shape": " × ".join(map(str, source.shape)),
        "classes": source.classes,
        "training_examples": source.count_most(),
        "content_hash": source.content_hash(),
    }


def _fetch(request: str, as_json: bool) -> None:
    holding = _open(request).holding
    if holding is None:
        raise InputError("lab data fetch", request, "is built in", f"lab data describe {request}")
    folder = holding.fetch()
    if as_json:
        print_json({"name": request, "folder": folder, "bytes": holding.bytes_kept})
        return
    print_text(f"{format_count(holding.bytes_kept, 'B')} in {folder}")


def _open(request: str) -> "Source | ExampleSource":
    """The source with its dials."""
    from lab.runs.spec import build_entry, parse_entry

    shelf = _find_shelf(request.partition(":")[0])
    found: Source | ExampleSource = build_entry(shelf, parse_entry(shelf, request))
    return found


def _find_shelf(name: str) -> str:
    """The shelf that has an entry of this name; raises `UnknownNameError`."""
    for shelf in SHELVES:
        if name in open_shelf(shelf).names():
            return shelf
    known = [each for shelf in SHELVES for each in open_shelf(shelf).names()]
    raise UnknownNameError.among("data", name, known, "lab data list shows what there is")


def _summarize(name: str, found: "Source | ExampleSource") -> dict[str, Any]:
    from lab.data import CorpusSource
    from lab.data.examples import ExampleSource

    kind = "text" if isinstance(found, CorpusSource) else "examples" if isinstance(found, ExampleSource) else "world"
    state = "built in" if found.holding is None else "fetched" if found.holding.is_kept else "not fetched"
    return {"name": name, "kind": kind, "size": found.extent, "licence": found.licence, "state": state}


def _read_what(name: str) -> str:
    return " ".join((open_shelf(_find_shelf(name)).find(name).module.__doc__ or "").split("\n\n")[0].split())


def _spell(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
