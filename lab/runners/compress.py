"""Compresses a stretch of text, by a net that learns it or by a code of the shelf, and reads it again.

A run that does not give back what it was given fails; 'done' means decoded.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from lab.complexity.code import ByteCode
from lab.core.dials import build_from_dials, changed_dials
from lab.core.errors import InputError, UnknownNameError
from lab.core.fingerprint import hash_bytes
from lab.core.registry import open_shelf
from lab.data.bytes_text import read_sample
from lab.families import Family, Shape
from lab.runs.runner import Cost, Fields, Reporter, Result, Runner, Scalar
from lab.runs.spec import build_entry, identify_entry, identify_instance

NEURAL = ("mixture", "network")
STEP_SECONDS = 5e-4  # of one position, all streams together
CODE_SECONDS = 2e-5  # a byte, there and back, of the slowest code of the shelf
BYTES_PER_RUN = 2000


@dataclass(frozen=True)
class CompressFields:
    """The fields of a compression.

    `code`: 'mixture' or 'network' (of a net and contexts, of a net alone) or a code of bytes on the codes shelf.
    `length`, `start`: which stretch of the corpus. `family`: of the net, a table with a `name` and dials. `path`: the
    corpus, by default the standard library; where it stands is no identity. The rest: `lab.training.compressor.Recipe`.
    """

    code: str
    length: int
    start: int = 0
    family: dict[str, Any] = field(default_factory=dict)
    streams: int = 16
    block: int = 32
    window: int = 64
    learning_rate: float = 0.02
    seed: int = 0
    path: str = field(default="", metadata={"identity": False})

    def __post_init__(self) -> None:
        if self.length < 1 or self.start < 0:
            raise InputError("compress.length", f"{self.length} from {self.start}", "at least 1, from 0 on")
        if len(self.data) < self.length:
            raise InputError("compress.length", f"{self.length} from {self.start}", "the corpus ends before")
        if self.code in NEURAL:
            _ = self.net_family
        elif self.code not in open_shelf("codes").names():
            raise UnknownNameError.among("compress.code", self.code, [*NEURAL, *open_shelf("codes").names()])
        elif not isinstance(self.byte_code, ByteCode):
            raise InputError("compress.code", self.code, "has no decoder", "choose one that encodes bytes")

    @cached_property
    def data(self) -> bytes:
        """The stretch."""
        return read_sample(self.path, self.length, self.start)

    @cached_property
    def net_family(self) -> Family:
        """The family with its dials set."""
        family: Family = build_entry("families", self.family)
        return family

    @cached_property
    def byte_code(self) -> Any:
        """The code of the shelf, at its defaults."""
        return open_shelf("codes").load(self.code)()

    @property
    def recipe(self) -> dict[str, Any]:
        """The dials of `lab.training.compressor.Recipe`."""
        names = ("family", "code", "streams", "block", "window", "learning_rate", "seed")
        return {name: getattr(self, name) for name in names}


class CompressRunner(Runner):
    """One stretch, one way, there and back."""

    def identify(self, fields: Fields) -> dict[str, Any]:
        """Dials that differ from their default, entries with version or file hash, the content of the stretch."""
        checked = _check_fields(fields)
        identity = changed_dials(checked)
        if checked.code in NEURAL:
            identity["family"] = identify_instance("families", checked.family, checked.net_family)
        else:
            identity["code"] = identify_entry(open_shelf("codes").find(checked.code), checked.byte_code.version)
        return {**identity, "content": hash_bytes(checked.data)}

    def describe(self, fields: Fields) -> dict[str, Scalar]:
        """Everything known of a run before it runs."""
        checked = _check_fields(fields)
        known: dict[str, Scalar] = {
            "code": checked.code,
            "object": f"bytes from {checked.start}",
            "symbols": checked.length,
            "alphabet": 256,
            "seed": checked.seed,
        }
        if checked.code in NEURAL:
            family, shape = checked.net_family, Shape(256, checked.window)
            counts = family.count_parameters(shape)
            known |= {
                "family": checked.family["name"],
                "size": family.size,
                "params_total": sum(counts.values()),
                "params_body": counts["body"],
                "learning_rate": checked.learning_rate,
                "window": checked.window,
                "tokens": checked.length,
                "flops": _count_flops(checked),
            }
        return known

    def estimate(self, trunk: Sequence[Fields], flops_per_second: float) -> Cost:
        """There and back."""
        checked = [_check_fields(fields) for fields in trunk]
        seconds = 0.0
        for fields_ in checked:
            if fields_.code in NEURAL:
                steps = fields_.length / fields_.streams
                seconds += 2 * (_count_flops(fields_) / flops_per_second + steps * STEP_SECONDS)
            else:
                seconds += CODE_SECONDS * fields_.length
        flops = sum(2 * _count_flops(f) for f in checked if f.code in NEURAL)
        return Cost(flops, seconds, BYTES_PER_RUN * len(trunk))

    def run(self, trunk: Sequence[Fields], reporter: Reporter) -> None:
        """Codes and reads again."""
        from lab.training.compressor import Recipe
        from lab.training.container import compress, decompress

        for fields in trunk:
            checked, began, cpu = _check_fields(fields), time.monotonic(), time.process_time()
            metrics: dict[str, float] = {}
            if checked.code in NEURAL:
                recipe = build_from_dials(Recipe, checked.recipe, "compress")
                advance = _count_pieces(reporter, 2 * recipe.count_blocks(checked.length))
                coded = compress(checked.data, recipe, advance)
                size, head = 8.0 * len(coded.container), 8.0 * len(coded.container) - coded.payload_bits
                metrics["online_bits"] = coded.area_bits
                read = decompress(coded.container, advance)
            else:
                description = checked.byte_code.encode(checked.data)
                size, head = 8.0 * len(description), 8.0 * checked.byte_code.header_bytes
                read = checked.byte_code.decode(description, checked.length)
            metrics |= {"code_bits": size, "head_bits": head, "bits_per_symbol": size / checked.length}
            same = read == checked.data
            totals = {"cpu_seconds": time.process_time() - cpu, "wall_seconds": time.monotonic() - began}
            error = "" if same else "what was read again is not what was written"
            reporter.emit(fields, Result("done" if same else "failed", metrics, totals=totals, error=error))


runner = CompressRunner()


def _check_fields(fields: Fields) -> CompressFields:
    return build_from_dials(CompressFields, fields, "compress")


def _count_flops(fields: CompressFields) -> float:
    """Of one end: a step a position, and training, three forward passes' worth, on a window a block."""
    forward = fields.net_family.count_forward_flops(Shape(256, fields.window)) / fields.window
    return fields.length * forward * (1 + 3 * fields.window / fields.block)


def _count_pieces(reporter: Reporter, total: int) -> Callable[[], None]:
    """A call per finished piece of `total`."""
    done = itertools.count(1)
    return lambda: reporter.advance(next(done), total)
