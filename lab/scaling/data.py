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
    `np.arange(n)`. `weights` (n,) are precisions of the rows up to a common factor. `error` (n,) is the known standard
    error of ln y, on top of the luck of a run. `unit` says in a word what a unit is and `titles` what a predictor is,
    for the reader of a refusal. Raises `InputError` where the lengths differ.
    """

    x: Mapping[str, Array]
    y: Array
    clusters: Array | None = None
    unit: str = "trunk"
    titles: Mapping[str, str] = field(default_factory=dict)
    weights: Array | None = None
    error: Array | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "x", {name: np.asarray(value, float) for name, value in self.x.items()})
        object.__setattr__(self, "y", np.asarray(self.y, float))
        given = {"clusters": self.clusters, "weights": self.weights, "error": self.error}
        columns = {**self.x, **{name: np.asarray(value) for name, value in given.items() if value is not None}}
        for name, value in columns.items():
            if value.shape != (len(self.y),):
                raise InputError(f"fit data, {name}", value.shape, f"one value per loss ({len(self)})")
        for name, least in (("weights", np.nextafter(0, 1)), ("error", 0.0)):
            if name in columns:
                values = columns[name].astype(float)
                if not (np.isfinite(values) & (values >= least)).all():
                    rule = "positive numbers" if name == "weights" else "numbers not below 0"
                    raise InputError(f"fit data, {name}", float(values.min()), rule)
                object.__setattr__(self, name, values)

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
    def precision(self) -> Array:
        """The weights with mean 1 (n,)."""
        return np.ones(len(self)) if self.weights is None else np.asarray(self.weights / self.weights.mean())

    @cached_property
    def hash(self) -> str:
        """SHA-256 of predictors, losses, units, weights and errors, in the order they stand."""
        digest = hashlib.sha256()
        for name in sorted(self.x):
            digest.update(name.encode() + b"\0" + self.x[name].tobytes())
        digest.update(self.y.tobytes() + self.units.astype("int64").tobytes())
        for name, extra in (("weights", self.weights), ("error", self.error)):
            if extra is not None:
                digest.update(name.encode() + b"\0" + extra.tobytes())
        return digest.hexdigest()
