"""Describes stretches of a source by codes: bounds of the object, of its baselines, of its halves.

The trunk is one stretch, drawn and described once; its branches are views of it: by which code, and of what. Runs of
one trunk are not independent.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, Literal

import numpy as np

from lab.complexity.bounds import ENSEMBLE, Bound, bound_message
from lab.complexity.code import Code, ConditionalCode, Message
from lab.complexity.information import bound_given
from lab.complexity.surrogates import draw_chain, make_constant, shuffle_symbols
from lab.core.dials import build_from_dials, changed_dials
from lab.core.errors import InputError, UnknownNameError
from lab.core.seeds import open_stream
from lab.data import Source
from lab.runs.runner import Cost, Fields, Reporter, Result, Runner, Scalar
from lab.runs.spec import build_entry, identify_instance, label_entry

Part = Literal["object", "constant", "shuffled", "surrogate", "first", "given", "strings"]
SECONDS_PER_SYMBOL = 1e-6  # of one code in two packings, the slow ones and the quick ones together
SECONDS_PER_STRING = 2e-4  # a short string costs what its codes cost to set up
BYTES_PER_RUN = 1200
MOST_SAVED = 12


@dataclass(frozen=True)
class View:
    """What is described and how: `code`, one of the run's or 'ensemble'; `of`: the 'object', a 'constant', 'shuffled'
    or 'surrogate' of it, its 'first' half, its second half 'given' the first, or its 'strings' one by one.
    """

    code: str = ENSEMBLE
    of: Part = "object"


@dataclass(frozen=True)
class CodeFields:
    """The fields of a description.

    `source`: a table with a `name` and dials; `length`: symbols of the stretch, or of each of its `strings`; `codes`:
    tables with a `name` and dials, the ensemble of the run; `view`: see `View`.
    """

    source: dict[str, Any]
    length: int
    codes: tuple[dict[str, Any], ...]
    seed: int = 0
    strings: int = 1
    view: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        rules = (
            ("length", self.length >= 2, "must be at least 2"),
            ("seed", self.seed >= 0, "must not be negative"),
            ("strings", self.strings >= 1, "must be at least 1"),
            ("codes", len(self.codes) > 0, "names at least one code"),
        )
        for name, holds, rule in rules:
            if not holds:
                raise InputError(f"code.{name}", getattr(self, name), rule)
        if self.data_source.vocabulary > 256:
            raise InputError("code.source", self.data_source.vocabulary, "has at most 256 different symbols")
        chosen = self.sight.code
        if chosen not in (ENSEMBLE, *self.entries):
            raise UnknownNameError.among("code.view.code", chosen, [ENSEMBLE, *self.entries])
        known = [name for name, code in self.entries.items() if isinstance(code, ConditionalCode)]
        if self.sight.of == "given" and chosen not in (known and [ENSEMBLE, *known]):
            raise InputError("code.view.code", chosen, f"codes given other symbols: {', '.join(known) or 'none here'}")

    @cached_property
    def data_source(self) -> Source:
        """The source with its dials set."""
        source: Source = _open("data", self.source).entry
        return source

    @cached_property
    def entries(self) -> dict[str, Code]:
        """The codes with their dials set, by label."""
        opened = [_open("codes", table) for table in self.codes]
        return {each.label: each.entry for each in opened}

    @cached_property
    def sight(self) -> View:
        """What is described and how."""
        return build_from_dials(View, self.view, "code.view")


class CodeRunner(Runner):
    """One stretch on one core, described in as many ways as were asked for."""

    horizon = "view"
    version = 2

    def identify(self, fields: Fields) -> dict[str, Any]:
        """Dials that differ from their default, entries with version or file hash, the content hash of the data."""
        checked = _check_fields(fields)
        identity = changed_dials(checked)
        content = checked.data_source.content_hash()
        identity["source"] = {**_open("data", checked.source).identity, "content": content}
        identity["codes"] = [_open("codes", table).identity for table in checked.codes]
        identity["view"] = changed_dials(checked.sight)
        return identity

    def describe(self, fields: Fields) -> dict[str, Scalar]:
        """Everything known of a run before it runs."""
        checked = _check_fields(fields)
        source = checked.data_source
        return {
            "source": checked.source["name"],
            "object": _open("data", checked.source).label,
            "code": checked.sight.code,
            "baseline": checked.sight.of,
            "seed": checked.seed,
            "symbols": checked.length // 2 if checked.sight.of in ("first", "given") else checked.length,
            "strings": checked.strings,
            "alphabet": max(2, source.vocabulary),
            "entropy_rate": source.entropy_rate,
        }

    def estimate(self, trunk: Sequence[Fields], flops_per_second: float) -> Cost:
        """Each part of the stretch once by all codes, whatever the number of views of it."""
        checked = [_check_fields(fields) for fields in trunk]
        parts = len({own.sight.of for own in checked})
        first = checked[0]
        seconds = first.strings * len(first.codes) * (SECONDS_PER_STRING + SECONDS_PER_SYMBOL * first.length) * parts
        return Cost(0.0, seconds, BYTES_PER_RUN * len(trunk))

    def run(self, trunk: Sequence[Fields], reporter: Reporter) -> None:
        """Draws the stretch, describes every part that is asked for once, and emits a result for each view."""
        began, cpu = time.monotonic(), time.process_time()
        checked = [_check_fields(fields) for fields in trunk]
        first = checked[0]
        drawn = first.data_source.draw(first.length * first.strings, first.seed).astype(np.uint8)
        message = Message(drawn, max(2, first.data_source.vocabulary))
        bounds: dict[Part, Bound] = {}
        strings: list[Bound] = []
        for done, (fields, own) in enumerate(zip(trunk, checked, strict=True), 1):
            if own.sight.of == "strings":
                strings = strings or bound_strings(message, first.strings, first.entries)
                metrics, curve = count_savings(strings, own.sight.code)
            else:
                if own.sight.of not in bounds:
                    bounds[own.sight.of] = bound_part(message, own.sight.of, first)
                metrics, curve = dict(bounds[own.sight.of].tabulate(own.sight.code)), {}
            spent = {"cpu_seconds": time.process_time() - cpu, "wall_seconds": time.monotonic() - began}
            began, cpu = time.monotonic(), time.process_time()
            reporter.emit(fields, Result("done", metrics, curve, totals=spent))
            reporter.advance(done, len(trunk))


def bound_part(message: Message, part: Part, fields: CodeFields) -> Bound:
    """The bound of the message, of a baseline or of its first half; 'given': of the second half beside the first."""
    if part == "given":
        known, rest = _halve(message)
        return bound_given(rest, known, fields.entries)
    return bound_message(_PARTS[part](message, fields.seed), fields.entries)


def bound_strings(message: Message, strings: int, codes: Mapping[str, Code]) -> list[Bound]:
    """A bound for each of the strings that the message is cut into."""
    pieces = message.sequence.reshape(strings, -1)
    return [bound_message(Message(piece, message.alphabet), codes) for piece in pieces]


def count_savings(bounds: Sequence[Bound], code: str) -> tuple[dict[str, Scalar], dict[str, list[float]]]:
    """Mean bits of strings of one length, which their decoder knows, and the share of them shortened by c bits.

    The curve has a point for every c from 1 to 12; what is saved is counted from log2 of the alphabet a symbol.
    """
    lengths = np.array([bound.count_bits(code) - bound.told_bits for bound in bounds])
    saved = bounds[0].raw_bits - bounds[0].told_bits - lengths
    steps = np.arange(1, MOST_SAVED + 1)
    shares = (saved[:, None] >= steps).mean(axis=0)
    mean = float(lengths.mean())
    curve = {"saved_bits": steps.astype(float).tolist(), "share_saved": shares.tolist()}
    return {"code_bits": mean, "bits_per_symbol": mean / bounds[0].symbols}, curve


def _halve(message: Message) -> tuple[Message, Message]:
    middle = len(message) // 2
    first, rest = message.sequence[:middle], message.sequence[middle:]
    return Message(first, message.alphabet), Message(rest, message.alphabet)


_PARTS: dict[str, Callable[[Message, int], Message]] = {
    "object": lambda message, _: message,
    "constant": lambda message, _: make_constant(message),
    "shuffled": lambda message, seed: shuffle_symbols(message, open_stream(seed, "shuffle")),
    # A stretch of a source is a sequence; order 1 whatever it is, so that surrogates of all sources are of one kind.
    "surrogate": lambda message, seed: draw_chain(message, 1, open_stream(seed, "markov")),
    "first": lambda message, _: _halve(message)[0],
}

runner = CodeRunner()


@dataclass(frozen=True)
class _Opened:
    entry: Any
    label: str
    identity: dict[str, Any]


def _open(shelf: str, table: Mapping[str, Any]) -> _Opened:
    try:
        return _open_once(shelf, tuple(sorted(table.items())))
    except TypeError:  # a value that is no literal: `build_entry` says which
        return _Opened(build_entry(shelf, table), "", {})


@lru_cache(maxsize=256)
def _open_once(shelf: str, items: tuple[tuple[str, Any], ...]) -> _Opened:
    """An entry with its dials: a sweep names the same few thousands of times."""
    table = dict(items)
    entry = build_entry(shelf, table)
    return _Opened(entry, label_entry(table["name"], entry), identify_instance(shelf, table, entry))


def _check_fields(fields: Fields) -> CodeFields:
    return build_from_dials(CodeFields, fields, "code")
