"""Broken neural scaling laws (Caballero et al. 2022, arXiv 2210.14891, eq. 1): a power law whose exponent changes.

y = a + b·x^(−c_0)·Π_i (1 + (x/d_i)^(1/f_i))^(−c_i·f_i), i = 1 … n breaks.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from lab.scaling.law import Law, Parameter
from lab.scaling.proposals import choose, solve

Array = NDArray[Any]

_PLACES = {1: 24, 2: 14, 3: 11}  # where a break may start, per number of breaks
_SHARPNESS = (0.1, 0.4, 1.2)
_FLOORS = (1e-3, 0.5, 0.8, 0.95, 0.99)  # of the smallest loss


class Broken(Law):
    """y = a + b·x^(−c_0)·Π_i (1 + (x/d_i)^(1/f_i))^(−c_i·f_i); x anything that scales, y and a in nats per token.

    Caballero et al. 2022, arXiv 2210.14891, eq. 1. On log-log axes y − a is straight pieces: slope −c_0 before the
    first break and −(c_0 + … + c_i) after break i, which stands at d_i and has the width f_i (in ln x), sharp for
    f_i → 0. A negative c_i makes the curve flatten or rise. Derived: `last`, the exponent c_0 + … + c_n beyond the last
    break, which is the one a forecast uses.
    """

    breaks: ClassVar[int]
    citation = "Caballero et al. 2022, Broken Neural Scaling Laws, arXiv 2210.14891, eq. 1"
    predictors = ("x",)

    def predict(self, theta: Array, **x: Array) -> Array:
        """a + b·exp(−c_0·ln x − Σ_i c_i·f_i·ln(1 + (x/d_i)^(1/f_i)))."""
        return np.asarray(self.split(theta)[0] + self._decompose(theta, x["x"])[0])

    def gradient(self, theta: Array, **x: Array) -> Array:
        """Closed form, (..., n, p)."""
        power, bends, shares, places = self._decompose(theta, x["x"])
        _, b, _, *rest = self.split(theta)
        columns = [np.ones_like(power), power / b, -np.log(x["x"]) * power]
        for i, (bend, share, place) in enumerate(zip(bends, shares, places, strict=True)):
            c, d, f = rest[3 * i : 3 * i + 3]
            columns += [-f * bend * power, c * share / d * power, -c * (bend - place * share) * power]
        return np.stack(columns, axis=-1)

    def propose(self, x: Mapping[str, Array], y: Array) -> Array:
        """ln(y − a) is linear in ln b, c_0 … c_n: a few a and widths, breaks at every combination of places between the
        data, the rest solved; the best combination of each a and width.
        """
        logs = np.log(x["x"])
        levels = np.unique(logs)
        cuts = np.interp(np.linspace(0.06, 0.94, _PLACES[self.breaks]), np.linspace(0, 1, len(levels)), levels)
        places = np.array(list(itertools.combinations(cuts, self.breaks)))
        starts, misfits = [], []
        for share, width in itertools.product(_FLOORS, _SHARPNESS):
            floor = share * y.min()
            bends = width * np.logaddexp(0, (logs - places[..., None]) / width).swapaxes(0, 1)
            basis = np.stack([np.ones_like(bends[0]), np.broadcast_to(-logs, bends[0].shape), *-bends], axis=-1)
            relative = (y - floor) / y
            target = np.broadcast_to(np.log(y - floor) * relative, bends[0].shape)
            found, misfit = solve(basis * relative[:, None], target)
            best = int(np.argmin(misfit))
            ones = [[c, np.exp(d), width] for c, d in zip(found[best, 2:], places[best], strict=True)]
            starts.append([floor, np.exp(found[best, 0]), found[best, 1], *itertools.chain(*ones)])
            misfits.append(misfit[best])
        return choose(self, np.array(starts), np.array(misfits))

    def derive(self, theta: Array) -> Mapping[str, Array]:
        """The exponent beyond the last break."""
        return {"last": np.asarray(theta)[..., 2] + np.asarray(theta)[..., 3::3].sum(axis=-1)}

    def _decompose(self, theta: Array, x: Array) -> tuple[Array, list[Array], list[Array], list[Array]]:
        """y − a, and for each break ln(1 + e^z), its derivative by z, and z = ln(x/d)/f, all (..., n)."""
        _, b, c_0, *rest = self.split(theta)
        logs = np.log(x)
        exponent, bends, shares, places = -c_0 * logs, [], [], []
        for i in range(self.breaks):
            c, d, f = rest[3 * i : 3 * i + 3]
            place = (logs - np.log(d)) / f
            bend = np.logaddexp(0, place)
            exponent = exponent - c * f * bend
            bends.append(bend)
            shares.append(np.exp(place - bend))
            places.append(place)
        with np.errstate(over="ignore"):
            return b * np.exp(exponent), bends, shares, places


def name_parameters(breaks: int) -> tuple[Parameter, ...]:
    """a, b, c0 and, for every break, c (change of the exponent), d (where) and f (width)."""
    found = [
        Parameter("a", "a", "nats/token", linear=True),
        Parameter("b", "b", "nats/token·x^c_0", linear=True, scale="log"),
        Parameter("c0", "c_0", low=-5.0, high=5.0),
    ]
    for i in range(1, breaks + 1):
        found += [
            Parameter(f"c{i}", f"c_{i}", low=-20.0, high=20.0),
            Parameter(f"d{i}", f"d_{i}", "x", low=1e-40, high=1e60, scale="log"),
            Parameter(f"f{i}", f"f_{i}", low=1e-3, high=50.0, scale="log"),
        ]
    return tuple(found)
