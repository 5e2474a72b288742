"""Bounds and their baselines as tables, one row per description: what the figures of code lengths draw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from lab.complexity.baselines import Advance, Comparison, compare_message
from lab.complexity.bounds import ENSEMBLE
from lab.complexity.code import Code
from lab.complexity.objects import Described
from lab.complexity.surrogates import Surrogate
from lab.core.fingerprint import KEY_LENGTH, hash_literal
from lab.core.units import NATS_PER_BIT
from lab.tables import Study, Tables
from lab.tables.frames import CURVE, tidy_runs


def compare_object(
    described: Described,
    codes: Mapping[str, Code] | None = None,
    seeds: int = 4,
    kind: Surrogate | None = None,
    advance: Advance = lambda: None,
) -> Comparison:
    """`lab.complexity.baselines.compare_message` of an object, what its decoder must be told included."""
    return compare_message(described.message, codes, seeds, kind, described.told_bits, advance)


def tabulate_comparisons(name: str, compared: Sequence[tuple[Described, Comparison]]) -> Tables:
    """A study `name` of objects and their baselines: the columns that the runner `code` fills, a row a description."""
    rows = [row for described, comparison in compared for row in _list_rows(described, comparison)]
    frame = tidy_runs(pd.DataFrame(rows).assign(study=name, status="done", stage="grid", error=""))
    notes = tuple(f"{described.name}: {note}" for described, _ in compared for note in described.notes)
    curves = pd.DataFrame(columns=["run_key", "trunk_key", *CURVE])
    return Tables(Study(name, origin="import", counts={"done": len(frame)}), frame, curves, notes)


def _list_rows(described: Described, comparison: Comparison) -> list[dict[str, object]]:
    groups = {
        "object": (comparison.object,),
        "constant": (comparison.constant,),
        "shuffled": comparison.shuffled,
        "surrogate": comparison.surrogates,
    }
    rate, content = described.entropy_rate, [described.message.content_hash, described.told_bits, comparison.kind]
    rows: list[dict[str, object]] = []
    for baseline, bounds in groups.items():
        for seed, bound in enumerate(bounds):
            for code in (ENSEMBLE, *bound.codes):
                told: dict[str, object] = {
                    "object": described.name,
                    "code": code,
                    "baseline": baseline,
                    "seed": seed,
                    "symbols": bound.symbols,
                    "alphabet": bound.alphabet,
                    "entropy_rate": None if rate is None else rate * NATS_PER_BIT,
                }
                key = hash_literal([described.name, content, code, baseline, seed])[:KEY_LENGTH]
                rows.append({"run_key": key, "trunk_key": key, **told, **bound.tabulate(code)})
    return rows
