"""A study and its tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal

import pandas as pd

from lab.core.fingerprint import hash_frame, hash_literal


@dataclass(frozen=True)
class Study:
    """A named set of runs; `counts` by status.

    `sweep` and `preset` are '' for an imported study; `path` is the archive or file, if any.
    """

    name: str
    sweep: str = ""
    preset: str = ""
    origin: Literal["store", "archive", "import"] = "store"
    path: Path | None = None
    counts: Mapping[str, int] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Tables:
    """The tidy tables of a study; columns are those of `lab.core.columns`.

    `runs`: one row per run, whatever its status, sorted by run key; every seed a row.
    `curves`: one row per run and point of its training curve: run_key, trunk_key, tokens, flops, loss_nats (held-out,
    NaN between evaluations), train_loss_nats, online_bits, learning_rate, cpu_seconds. A branch's curve begins with its
    trunk's. `notes`: what an import assumed, one line each.
    """

    study: Study
    runs: pd.DataFrame
    curves: pd.DataFrame
    notes: tuple[str, ...] = ()

    @property
    def is_without_losses(self) -> bool:
        """Whether runs are finished and none has a held-out loss: simulations, codes. No law is fitted to them."""
        done = self.runs[self.runs["status"] == "done"]
        return bool(len(done) and done["loss_nats"].isna().all())

    @cached_property
    def hash(self) -> str:
        """SHA-256 of both tables: the identity of everything derived from them."""
        return hash_literal([hash_frame(self.runs), hash_frame(self.curves)])
