"""What the approaches to the best size say, every number with an interval, and by how much they disagree.

Shapes: R = 1 + units rows, the first from all runs, each other without one unit; S sizes, K budgets, q asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lab.analysis.laws.jackknife import Units
from lab.analysis.laws.named import NamedFit
from lab.analysis.optimum.flatness import TOLERANCE, Exchange, Surface
from lab.analysis.optimum.valleys import SizeGrid, Vertices
from lab.core.estimate import Estimate

Array = NDArray[Any]
Reader = Callable[[Array], Array]  # ln C (q,) to ln N* (R, q)

ENVELOPE, VALLEYS, CORRECTED, LAW = "envelope", "valleys", "valleys corrected", "joint law"
NUMBERS = {ENVELOPE: 1, VALLEYS: 2, CORRECTED: 2, LAW: 3}  # in Hoffmann et al. 2022


class Approach(NamedTuple):
    """One way to N*(C): its reader, or why it is refused and what to do; what it read it off, for a table."""

    name: str
    read: Reader | None
    reason: str = ""
    next_step: str = ""
    basis: str = ""

    @property
    def title(self) -> str:
        """Its number and name, for a table."""
        return f"{NUMBERS[self.name]} {self.name}"


@dataclass(frozen=True)
class Valleys:
    """The budgets (K,) in FLOP that three sizes or more reach, the losses (R, S, K) in nats there, their parabolas, and
    ln N* (R, K) with the parabola's bias taken out (NaN where there is no joint law to know it from).
    """

    budgets: Array
    losses: Array
    parabolas: Vertices
    corrected: Array


class Valley(NamedTuple):
    """One valley: its budget in FLOP, how many sizes reach it, why its vertex is no best size ('' where it is one), N*
    as published and corrected, and by the parabola the smallest and largest size within 1 % of the least loss.
    """

    flops: float
    sizes: int
    refused: str
    best: Estimate
    corrected: Estimate
    flat_low: Estimate
    flat_high: Estimate


@dataclass(frozen=True)
class ApproachComparison:
    """What the approaches say under one `convention` of N and one measure of `compute`.

    `surface` is the joint law with its refits, None where it is refused; `joint` its fit.
    """

    convention: str
    compute: str
    rows: pd.DataFrame = field(repr=False)
    grid: SizeGrid = field(repr=False)
    valleys: Valleys = field(repr=False)
    approaches: Mapping[str, Approach] = field(repr=False)
    exchange: Exchange | None = field(repr=False)
    surface: Surface | None = field(repr=False)
    joint: NamedFit = field(repr=False)
    units: Units = field(repr=False)

    @property
    def span(self) -> tuple[float, float]:
        """The least and the largest compute (FLOP) that three sizes reach; of the runs, where there is none."""
        budgets = self.valleys.budgets if len(self.valleys.budgets) else self.rows[self.compute].to_numpy(float)
        if not len(budgets):
            return np.nan, np.nan
        return float(budgets.min()), float(budgets.max())

    def estimate_exponent(self, name: str, of: str = "size", level: float = 0.95) -> Estimate:
        """a of N* ∝ C^a (`of` 'size') or b of D* ∝ C^b ('tokens') by an approach, across the span."""
        return self._bracket("a" if of == "size" else "b", [name], lambda: self._slope(name, of), level)

    def estimate_best(self, name: str, flops: float, of: str = "size", level: float = 0.95) -> Estimate:
        """N* in parameters (`of` 'size') or D* in tokens ('tokens') at `flops` by an approach."""
        label, unit = ("N*", "parameters") if of == "size" else ("D*", "tokens")
        return self._bracket(label, [name], lambda: self._read(name, flops, of), level, unit, log=True)

    def estimate_loss(self, name: str, flops: float, level: float = 0.95) -> Estimate:
        """The joint law's loss at the size that an approach calls best at `flops`."""

        def predict() -> Array:
            assert self.surface is not None
            return np.log(self.surface.predict(self._read(name, flops)[:, None], np.log([flops]))[:, 0])

        return self._bracket("loss", [name, LAW], predict, level, "nats/token", log=True)

    def estimate_difference(self, first: str, second: str, level: float = 0.95) -> Estimate:
        """By how much the exponent a of `first` exceeds that of `second`; the runs they share are no matter."""
        label = f"a: {first} − {second}"
        return self._bracket(label, [first, second], lambda: self._slope(first) - self._slope(second), level)

    def estimate_ratio(self, first: str, second: str, flops: float, level: float = 0.95) -> Estimate:
        """N* at `flops` by `first` over that by `second`."""
        label = f"N*: {first} / {second}"
        return self._bracket(
            label, [first, second], lambda: self._read(first, flops) - self._read(second, flops), level, log=True
        )

    def estimate_bias(self, flops: float, level: float = 0.95) -> Estimate:
        """By how much approach 2 as published misplaces N* at `flops`, as a factor."""
        return self.estimate_ratio(VALLEYS, CORRECTED, flops, level)

    def estimate_flat(self, flops: float, level: float = 0.95) -> tuple[Estimate, Estimate]:
        """The smallest and the largest size within 1 % of the joint law's best loss at `flops`."""

        def find(side: int) -> Array:
            assert self.surface is not None
            return self.surface.find_flat(np.log([flops]))[side][:, 0]

        return (
            self._bracket("smallest N within 1 %", [LAW], lambda: find(0), level, "parameters", log=True),
            self._bracket("largest N within 1 %", [LAW], lambda: find(1), level, "parameters", log=True),
        )

    def list_disagreements(self, flops: float, level: float = 0.95) -> list[Estimate]:
        """Exponents and, at `flops`, best sizes of every approach against the joint law, and approach 2 against itself
        corrected.
        """
        pairs = [(ENVELOPE, LAW), (CORRECTED, LAW), (VALLEYS, CORRECTED)]
        differences = [self.estimate_difference(*pair, level) for pair in pairs]
        return differences + [self.estimate_ratio(*pair, flops, level) for pair in pairs]

    def list_valleys(self, level: float = 0.95) -> list[Valley]:
        """The valleys by budget: what each says by itself."""
        found, sizes = self.valleys.parabolas, np.isfinite(self.valleys.losses[0]).sum(axis=0)
        with np.errstate(invalid="ignore"):
            half = np.sqrt(2 * TOLERANCE * found.loss / found.curvature)
        lists = {
            "N*": found.best,
            "N*, corrected": self.valleys.corrected,
            "smallest N within 1 %": found.best - half,
            "largest N within 1 %": found.best + half,
        }
        refusals = found.refused[0]
        return [
            Valley(float(flops), int(sizes[k]), str(refusals[k]), *self._tell(lists, k, str(refusals[k]), level))
            for k, flops in enumerate(self.valleys.budgets)
        ]

    def _tell(self, lists: Mapping[str, Array], k: int, refused: str, level: float) -> list[Estimate]:
        if refused:
            return [Estimate(n, np.nan, level=level, unit="parameters", method=refused) for n in lists]
        return [self.units.bracket(n, v[:, k], level, "parameters", log=True) for n, v in lists.items()]

    def _read(self, name: str, flops: float, of: str = "size") -> Array:
        read = self.approaches[name].read
        assert read is not None
        at = np.log([flops])
        found = read(at)
        if of == "tokens":
            assert self.exchange is not None
            found = at - self.exchange.cost(found)
        return np.asarray(found[:, 0])

    def _slope(self, name: str, of: str = "size") -> Array:
        low, high = self.span
        return np.asarray((self._read(name, high, of) - self._read(name, low, of)) / np.log(high / low))

    def _bracket(
        self,
        label: str,
        names: list[str],
        find: Callable[[], Array],
        level: float,
        unit: str = "",
        log: bool = False,
    ) -> Estimate:
        for name in names:
            if reason := self.approaches[name].reason:
                return Estimate(label, np.nan, level=level, unit=unit, method=reason, n=self.units.count)
        return self.units.bracket(label, find(), level, unit, log)
