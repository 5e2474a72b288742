"""What a law is fitted to: arrays, and which rows are independent."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.core.errors import InputError

Array = NDArray[Any]


@dataclass(frozen=True)
class Data:
    """Observations of a law: predictors `x` (n,) by name, loss `y` (n,) in nats, and `clusters` (n,).

    `clusters` labels the independent units: rows with the same label (cooled endpoints of one trunk, checkpoints of
    one run) share their luck. None means that nobody said, and a fit refuses; rows that are all runs of their own have
    `np.arange(n)`. `unit` says in a word what a unit is and `titles` what a predictor is, for the reader of a refusal.
    Raises `InputError` where the lengths differ.
    """

    x: Mapping[str, Array]
    y: Array
    clusters: Array | None = None
    unit: str = "trunk"
    titles: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "x", {name: np.asarray(value, float) for name, value in self.x.items()})
        object.__setattr__(self, "y", np.asarray(self.y, float))
        columns = {**self.x, **({} if self.clusters is None else {"clusters": np.asarray(self.clusters)})}
        for name, value in columns.items():
            if value.shape != (len(self.y),):
                raise InputError(f"fit data, {name}", value.shape, f"one value per loss ({len(self)})")

    def __len__(self) -> int:
        return len(self.y)

    @cached_property
    def units(self) -> Array:
        """The independent unit of every row, 0 to K − 1 (n,)."""
        labels = np.arange(len(self)) if self.clusters is None else np.asarray(self.clusters)
        return np.asarray(np.unique(labels, return_inverse=True)[1]).reshape(-1)

    @property
    def unit_count(self) -> int:
        """The number K of independent units."""
        return int(self.units.max()) + 1 if len(self) else 0

    @property
    def is_clustered(self) -> bool:
        """Whether some unit has several rows."""
        return self.unit_count < len(self)

    @cached_property
    def hash(self) -> str:
        """SHA-256 of predictors, losses and units, in the order they stand."""
        digest = hashlib.sha256()
        for name in sorted(self.x):
            digest.update(name.encode() + b"\0" + self.x[name].tobytes())
        digest.update(self.y.tobytes() + self.units.astype("int64").tobytes())
        return digest.hexdigest()
