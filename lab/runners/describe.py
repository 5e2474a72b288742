"""Describes a sequence of a source by every code of a model class: Markov chains of rising order.

A point of the curve is an order; runs of one trunk differ in the length of the sequence, and are not independent.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from lab.complexity.mdl.markov import describe_chain
from lab.complexity.mdl.panel import ALL_ORDERS
from lab.core.dials import build_from_dials, changed_dials
from lab.core.errors import InputError
from lab.data import Source
from lab.runs.runner import Cost, Fields, Reporter, Result, Runner, Scalar
from lab.runs.spec import build_entry, identify_instance, label_entry

KNOWN_ORDERS = {"bernoulli": 0, "golden_mean": 1}  # beside those whose source has a dial `order`
SECONDS_PER_SYMBOL = 3e-5  # of a sequence, all orders together
BYTES_PER_RUN = 4000


@dataclass(frozen=True)
class DescribeFields:
    """The fields of a description: `source`, a table with a name and dials; `tokens`, how long a sequence of it;
    `largest_order` of the chains, from 0 on.
    """

    source: dict[str, Any]
    tokens: int
    seed: int = 0
    largest_order: int = 4

    def __post_init__(self) -> None:
        rules = (
            ("seed", self.seed >= 0, "must not be negative"),
            ("largest_order", 0 <= self.largest_order <= 12, "lies in 0 to 12"),
            ("tokens", self.tokens > self.largest_order, "must be more than the largest order"),
        )
        for name, holds, rule in rules:
            if not holds:
                raise InputError(f"describe.{name}", getattr(self, name), rule)

    @cached_property
    def data_source(self) -> Source:
        """The source with its dials set."""
        source: Source = build_entry("data", self.source)
        return source


class DescribeRunner(Runner):
    """Panels of one source at several lengths."""

    horizon = "tokens"
    version = 2  # NML of order 1 over two symbols is counted

    def identify(self, fields: Fields) -> dict[str, Any]:
        """Dials that differ from their default, and the content hash of the data."""
        checked = _check_fields(fields)
        source = identify_instance("data", checked.source, checked.data_source)
        return {**changed_dials(checked), "source": {**source, "content": checked.data_source.content_hash()}}

    def describe(self, fields: Fields) -> dict[str, Scalar]:
        """What is known of the sequence before it is drawn."""
        checked = _check_fields(fields)
        source, name = checked.data_source, checked.source["name"]
        order = getattr(source, "order", KNOWN_ORDERS.get(name))
        return {
            "source": label_entry(name, source),
            "seed": checked.seed,
            "tokens": checked.tokens,
            "entropy_rate": source.entropy_rate,
            "true_order": order,
            "params_total": None if order is None else source.vocabulary**order * (source.vocabulary - 1),
        }

    def estimate(self, trunk: Sequence[Fields], flops_per_second: float) -> Cost:
        """By the symbol."""
        symbols = sum(_check_fields(fields).tokens for fields in trunk)
        return Cost(0.0, SECONDS_PER_SYMBOL * symbols, BYTES_PER_RUN * len(trunk))

    def run(self, trunk: Sequence[Fields], reporter: Reporter) -> None:
        """Draws and describes each length."""
        done, total = 0, sum(_check_fields(fields).tokens for fields in trunk)
        for fields in trunk:
            began, cpu = time.monotonic(), time.process_time()
            checked = _check_fields(fields)
            sequence = checked.data_source.draw(checked.tokens, checked.seed)
            panel = describe_chain(sequence, checked.data_source.vocabulary, range(checked.largest_order + 1))
            totals = {"cpu_seconds": time.process_time() - cpu, "wall_seconds": time.monotonic() - began}
            metrics = {"switch_bits": panel.lengths["switch"][ALL_ORDERS]}
            reporter.emit(fields, Result("done", metrics, panel.tabulate(), totals=totals))
            done += checked.tokens
            reporter.advance(done, total)


runner = DescribeRunner()


def _check_fields(fields: Fields) -> DescribeFields:
    return build_from_dials(DescribeFields, fields, "describe")
