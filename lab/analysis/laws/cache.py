"""Fits kept within a process, so that a page, its figures and its tables read one fit and none is made twice.

The key is everything a fit depends on: the law, the data by their hash, the loss and the words of a refusal. A fit
takes tens of milliseconds, about as long as reading one back from disk would, so nothing is written.
"""

from __future__ import annotations

from collections.abc import Sequence

from lab.scaling import Data, Fit, Huber, Law, Loss, fit_sets

MOST_KEPT = 512

Starts = tuple[tuple[float, ...], ...]

_kept: dict[tuple[object, ...], Fit] = {}


def fit_once(
    law: Law, data: Data, loss: Loss | None = None, starts: Starts | None = None, interval: str = "default"
) -> Fit:
    """`fit_law`, or its earlier answer to the same question; `starts` are parameters that take the place of a grid."""
    return fit_sets_once(law, [data], loss, starts, interval)[0]


def fit_sets_once(
    law: Law, sets: Sequence[Data], loss: Loss | None = None, starts: Starts | None = None, interval: str = "default"
) -> list[Fit]:
    """`fit_sets`: the sets not fitted before in one search."""
    loss = loss or Huber()
    keys = [(law, data.hash, data.clusters is None, data.unit, tuple(data.titles.items()), loss, starts, interval)
            for data in sets]  # fmt: skip
    known = {key: _kept[key] for key in keys if key in _kept}
    new = {key: data for key, data in zip(keys, sets, strict=True) if key not in known}
    found = dict(zip(new, fit_sets(law, list(new.values()), loss, interval, starts=starts), strict=True))
    for key, fit in found.items():
        while len(_kept) >= MOST_KEPT:
            _kept.pop(next(iter(_kept)))
        _kept[key] = fit
    return [(known | found)[key] for key in keys]
