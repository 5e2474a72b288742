"""Floor 5: one file, one published claim. Each says which runs it asks for (`specs`) and what they show (`judge`).

This door holds what sweeps over nets share: a grid of sizes × horizons × seeds whose learning rates are searched first,
or stored from an earlier search.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from lab.core.errors import UnknownNameError
from lab.runs.spec import RunSpec

MOST_RATES = 7  # a search still at its edge after seven octaves ends there; the fits refuse its cells


@dataclass(frozen=True)
class TrainingGrid:
    """Sizes × horizons × seeds of one family on one source.

    `family`, `source` and `fields` are those of `lab.runners.train.TrainFields` without size, horizon, seed and rate;
    `horizons` (tokens) are common to all sizes or given by size.
    With `stored_rates` (size → rate) nothing is searched. Otherwise the first seed trains every rate of `rates` (an
    octave apart) to every horizon; where a horizon's best rate is the smallest or largest tried, the search goes an
    octave further; then the other seeds train, per size and horizon, at the best rate of that very horizon, because
    the best rate drifts with the horizon and a single one would tilt the exponent of the data.
    """

    family: Mapping[str, Any]
    source: Mapping[str, Any]
    sizes: tuple[int, ...]
    horizons: Mapping[int, tuple[int, ...]] | tuple[int, ...]
    seeds: tuple[int, ...]
    rates: tuple[float, ...] = ()
    stored_rates: Mapping[int, float] = field(default_factory=dict)
    size_dial: str = "width"
    fields: Mapping[str, Any] = field(default_factory=dict)

    def list_specs(self, table: pd.DataFrame) -> list[RunSpec]:
        """What is wanted, given the study's runs so far: deterministic, and a superset of every earlier answer."""
        specs = []
        for size in self.sizes:
            horizons = self.list_horizons(size)
            if self.stored_rates:
                best = dict.fromkeys(horizons, self.stored_rates[size])
            else:
                tried, best = self._search_rates(table, size)
                specs += [self.make_spec(size, h, self.seeds[0], r, "search") for r in tried for h in horizons]
            specs += [self.make_spec(size, h, seed, best[h]) for seed in self.seeds for h in best]
        return specs

    def list_horizons(self, size: int) -> tuple[int, ...]:
        """The horizons of one size, tokens."""
        return self.horizons[size] if isinstance(self.horizons, Mapping) else self.horizons

    def make_spec(self, size: int, horizon: int, seed: int, rate: float, stage: str = "grid") -> RunSpec:
        """One run of the grid."""
        family = {**self.family, self.size_dial: size}
        varied = {"family": family, "source": dict(self.source), "tokens": horizon, "learning_rate": rate, "seed": seed}
        return RunSpec("train", {**self.fields, **varied}, stage)

    def _search_rates(self, table: pd.DataFrame, size: int) -> tuple[list[float], dict[int, float]]:
        """The rates to try at this size, and the best of each horizon once all of them are in."""
        losses: dict[tuple[float, int], float] = {}
        horizons = self.list_horizons(size)
        if len(table):
            ended = table[
                (table["size"] == size) & (table["seed"] == self.seeds[0]) & table["status"].isin(["done", "diverged"])
            ]
            pairs = zip(ended["learning_rate"], ended["tokens"].astype(int), strict=True)
            losses = dict(zip(pairs, ended["loss_nats"].fillna(float("inf")), strict=True))
        tried = sorted(self.rates)
        while all((rate, horizon) in losses for rate in tried for horizon in horizons):
            best = {h: min(tried, key=lambda rate, h=h: losses[rate, h]) for h in horizons}  # type: ignore[misc]
            further = {tried[0]: tried[0] / 2, tried[-1]: tried[-1] * 2}
            wanted = {further[rate] for rate in best.values() if rate in further}
            if not wanted or len(tried) >= MOST_RATES:
                return tried, best
            tried = sorted({*tried, *wanted})
        return tried, {}


def make_transformer_grid(source: str, **grid: Any) -> TrainingGrid:
    """A grid of the modern Transformer with Muon, the lab's reference recipe, on a source at its defaults."""
    return TrainingGrid({"name": "transformer"}, {"name": source}, fields={"optimizer": "muon"}, **grid)


def choose_preset(presets: Mapping[str, Any], name: str) -> Any:
    """The preset called `name`; raises `UnknownNameError`."""
    if name not in presets:
        raise UnknownNameError.among("preset", name, presets)
    return presets[name]
