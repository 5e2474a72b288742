"""A column of a tidy table: its name, symbol, unit and definition."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """A column of a tidy table. `kind` is 'identity', 'axis' (a predictor), 'measure' (a result) or 'provenance'.

    `area` is 'training' for the columns every table of runs has, else the part of the lab whose runs alone fill it.
    """

    name: str
    symbol: str
    unit: str
    kind: str
    definition: str
    area: str = "training"

    @property
    def is_text(self) -> bool:
        """Whether its values are words: names and keys, not numbers."""
        return (self.kind == "identity" and self.name != "seed") or self.name in ("machine", "finished_at")

    @property
    def label(self) -> str:
        """Axis label: 'training tokens D (tokens)'."""
        head = self.definition.split(";")[0].split(":")[0].rstrip(".")
        head = f"{head} {self.symbol}" if self.symbol else head
        return f"{head} ({self.unit})" if self.unit else head
