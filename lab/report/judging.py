"""The verdicts of a study: the claims of its sweep, judged on its runs."""

from __future__ import annotations

from types import ModuleType

from lab.core.registry import open_shelf
from lab.core.verdict import Verdict
from lab.tables import Tables


def judge_study(tables: Tables, sweep: str = "") -> list[Verdict]:
    """The verdicts of the study's own sweep, or of another `sweep`; none where the study has none.

    Raises `UnknownNameError` for a sweep that is on no shelf.
    """
    module = find_sweep(tables, sweep)
    return [] if module is None else list(module.judge(tables))


def find_sweep(tables: Tables, sweep: str = "") -> ModuleType | None:
    """The file of the sweep that asked for the study's runs; None for runs that were imported."""
    name = sweep or tables.study.sweep
    module: ModuleType | None = open_shelf("sweeps").load(name) if name else None
    return module
