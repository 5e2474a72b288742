"""Fits kept within a process, so that a page, its figures and its tables read one fit and none is made twice.

The key is everything a fit depends on: the law, the data by their hash, the loss and the words of a refusal. A fit
takes tens of milliseconds, about as long as reading one back from disk would, so nothing is written.
"""

from __future__ import annotations

from lab.scaling import Data, Fit, Huber, Law, Loss, fit_law

MOST_KEPT = 512

Starts = tuple[tuple[float, ...], ...]

_kept: dict[tuple[object, ...], Fit] = {}


def fit_once(
    law: Law, data: Data, loss: Loss | None = None, starts: Starts | None = None, interval: str = "default"
) -> Fit:
    """`fit_law`, or its earlier answer to the same question; `starts` are parameters that take the place of a grid."""
    loss = loss or Huber()
    key = (law, data.hash, data.clusters is None, data.unit, tuple(data.titles.items()), loss, starts, interval)
    if key not in _kept:
        while len(_kept) >= MOST_KEPT:
            _kept.pop(next(iter(_kept)))
        _kept[key] = fit_law(law, data, loss, starts=starts, interval=interval)
    return _kept[key]
