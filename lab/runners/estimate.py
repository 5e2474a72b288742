"""Holds estimators, and codes read as such, against a source: what each says at every length, beside what is true.

A code estimates the entropy rate by its bits per symbol (Shannon 1948; Ziv and Lempel 1978). The trunk is the source's
sequences, a fresh one at every length, so the points of a curve share no symbol and are independent; its branches are
the methods that read them.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from lab.complexity.code import Code, Message
from lab.complexity.estimator import Estimator
from lab.core.dials import build_from_dials, changed_dials
from lab.core.errors import InputError, UnknownNameError
from lab.core.seeds import derive_seed
from lab.data import Source
from lab.runs.runner import Cost, Fields, Reporter, Result, Runner, Scalar
from lab.runs.spec import build_entry, identify_instance, label_entry

SECONDS_PER_SYMBOL = 1e-6  # of a common method; the slowest take some four times that
SECONDS_PER_TRUNK = 1.5  # a process of its own
BYTES_PER_RUN = 2500
SHORTEST = 256
SHELVES = ("estimators", "codes")
QUANTITIES = ("entropy_rate", "excess_entropy", "statistical_complexity")


@dataclass(frozen=True)
class EstimateFields:
    """The fields of one estimate.

    `source`: a table with a `name` and dials; `method`: the same with its `shelf`, 'estimators' or 'codes', and for a
    slow one `longest`, the symbols of the longest sequence it is given; `length`: of the longest sequence of all, the
    curve runs over its halves, down to 256.
    """

    source: dict[str, Any]
    method: dict[str, Any]
    length: int
    seed: int = 0

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise InputError("estimate.seed", self.seed, "must not be negative")
        if self.length < SHORTEST:
            raise InputError("estimate.length", self.length, f"is at least {SHORTEST} symbols")
        if self.shelf not in SHELVES:
            raise UnknownNameError.among("estimate.method.shelf", self.shelf, SHELVES)
        if not isinstance(self.longest, int) or self.longest < SHORTEST:
            raise InputError("estimate.method.longest", self.longest, f"is at least {SHORTEST} symbols")
        if self.data_source.vocabulary > 256:
            raise InputError("estimate.source", self.data_source.vocabulary, "has at most 256 different symbols")

    @property
    def shelf(self) -> str:
        """Where the method stands."""
        return str(self.method.get("shelf", ""))

    @property
    def longest(self) -> int:
        """Symbols of the longest sequence the method is given."""
        longest: int = self.method.get("longest", self.length)
        return longest

    @cached_property
    def data_source(self) -> Source:
        """The source with its dials set."""
        source: Source = build_entry("data", self.source)
        return source

    @cached_property
    def entry(self) -> Estimator | Code:
        """The method with its dials set."""
        table = {name: value for name, value in self.method.items() if name not in ("shelf", "longest")}
        entry: Estimator | Code = build_entry(self.shelf, table)
        return entry

    @property
    def kind(self) -> str:
        """'estimator', 'code' where the length is proven to be one, else 'unproven code'."""
        if isinstance(self.entry, Estimator):
            return "estimator"
        return "unproven code" if self.entry.proof == "estimate" else "code"

    @property
    def quantity(self) -> str:
        """Which truth the method claims to be near; a code's is the entropy rate."""
        return "entropy_rate" if isinstance(self.entry, Code) else self.entry.quantity

    @property
    def truth_bits(self) -> float | None:
        """That truth in bits, infinite where it diverges; None where none is known."""
        nats = getattr(self.data_source, self.quantity) if self.quantity in QUANTITIES else None
        return None if nats is None else nats / math.log(2)

    @property
    def lengths(self) -> list[int]:
        """The halves of the longest length, shortest first."""
        return [self.length >> k for k in range((self.length // SHORTEST).bit_length())][::-1]

    def draw(self, length: int) -> Message:
        """The sequence of this length."""
        drawn = self.data_source.draw(length, derive_seed(self.seed, "estimate", length))
        return Message(drawn.astype(np.uint8), max(2, self.data_source.vocabulary))

    def measure(self, message: Message) -> float | None:
        """What the method says of a sequence; None where it has no answer: too short for it, too long, or refused."""
        if len(message) > self.longest:
            return None
        try:
            if isinstance(self.entry, Estimator):
                found = float(self.entry.estimate(message))
            elif len(message) > self.entry.most_symbols:
                return None
            else:
                found = self.entry.count_bits(message) / len(message)
        except InputError:
            return None
        return found if math.isfinite(found) else None


class EstimateRunner(Runner):
    """Every method that is asked for, on the same sequences of one source and seed."""

    horizon = "method"

    def identify(self, fields: Fields) -> dict[str, Any]:
        """Dials that differ from their default, entries with version or file hash, the content hash of the source."""
        checked = _check_fields(fields)
        source = identify_instance("data", checked.source, checked.data_source)
        method = identify_instance(checked.shelf, checked.method, checked.entry)
        longest = {} if checked.longest >= checked.length else {"longest": checked.longest}
        return {
            **changed_dials(checked),
            "source": {**source, "content": checked.data_source.content_hash()},
            "method": {"shelf": checked.shelf, **longest, **method},
        }

    def describe(self, fields: Fields) -> dict[str, Scalar]:
        """Everything known before it runs; an infinite truth stands in the table as none, and the source says why."""
        checked = _check_fields(fields)
        truth = checked.truth_bits
        return {
            "source": label_entry(checked.source["name"], checked.data_source),
            "method": label_entry(checked.method["name"], checked.entry),
            "method_kind": checked.kind,
            "quantity": checked.quantity,
            "seed": checked.seed,
            "length": checked.length,
            "truth_bits": truth if truth is not None and math.isfinite(truth) else None,
        }

    def estimate(self, trunk: Sequence[Fields], flops_per_second: float) -> Cost:
        """Every method on every length; the sequences themselves cost little."""
        checked = [_check_fields(fields) for fields in trunk]
        symbols = sum(2 * min(own.length, own.longest) for own in checked)
        return Cost(0.0, SECONDS_PER_TRUNK + SECONDS_PER_SYMBOL * symbols, BYTES_PER_RUN * len(trunk))

    def run(self, trunk: Sequence[Fields], reporter: Reporter) -> None:
        """Draws the sequences, then hands them to one method after the other."""
        checked = [_check_fields(fields) for fields in trunk]
        messages = [checked[0].draw(length) for length in checked[0].lengths]
        for done, (fields, own) in enumerate(zip(trunk, checked, strict=True), 1):
            began, found, seconds = time.monotonic(), [], []
            for message in messages:
                start = time.process_time()
                found.append(own.measure(message))
                seconds.append(time.process_time() - start)
            result = Result(
                "done",
                metrics={"estimate_bits": found[-1]},
                curve={"length": [float(len(message)) for message in messages], "estimate_bits": found},
                timings={"cpu_seconds": seconds},
                totals={"cpu_seconds": sum(seconds), "wall_seconds": time.monotonic() - began},
            )
            reporter.emit(fields, result)
            reporter.advance(float(done), float(len(trunk)))


runner = EstimateRunner()


def _check_fields(fields: Fields) -> EstimateFields:
    return build_from_dials(EstimateFields, fields, "estimate")
