"""Several problems of one law and one loss searched as one batch: every row has the predictors of its own problem.

Shorter data are padded with rows of weight 0, so problems of like length go together.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.scaling.chart import Chart, RawChart
from lab.scaling.problem import Problem
from lab.scaling.search import Found, Rows, search_starts

Array = NDArray[Any]

_MOST_PADDED = 2  # the longest data of a batch over the shortest


def search_problems(problems: Sequence[Problem], starts: Sequence[Array]) -> list[tuple[Array, Found]]:
    """Where the starts (S, p) of each problem ended: parameters (S, p), and what was found there."""
    found: dict[int, tuple[Array, Found]] = {}
    for group in _group(problems):
        chosen, begun = [problems[i] for i in group], [starts[i] for i in group]
        if len(group) > 1 and not _broadcasts(chosen, begun):
            found |= {i: _search([problems[i]], [starts[i]])[0] for i in group}
        else:
            found |= dict(zip(group, _search(chosen, begun), strict=True))
    return [found[i] for i in range(len(problems))]


def _search(problems: Sequence[Problem], starts: Sequence[Array]) -> list[tuple[Array, Found]]:
    owners = np.repeat(np.arange(len(problems)), [len(begun) for begun in starts])
    chart = _lay_chart(problems, owners) if len(problems) > 1 else problems[0].chart
    target, weights, unit = (
        _pad([getattr(problem, name) for problem in problems], fill)[owners]
        for name, fill in (("target", "last"), ("weights", "zero"), ("unit", "last"))
    )
    found = search_starts(
        Rows(chart, problems[0].loss, target, weights, unit), chart.read(np.concatenate(starts)), owners
    )
    theta = chart.write(found.u)
    return [(theta[owners == i], found[owners == i]) for i in range(len(problems))]


def _lay_chart(problems: Sequence[Problem], owners: Array) -> Chart:
    law = problems[0].law
    x = {name: _pad([problem.data.x[name] for problem in problems], "last")[owners] for name in law.predictors}
    chart = law.chart(x)
    return chart if problems[0].loss.on == "log" else RawChart(chart)


def _pad(rows: Sequence[Array], fill: str) -> Array:
    """Arrays (n_i,) as one (len(rows), max n), the gaps filled with each one's last value or with zero."""
    longest = max(map(len, rows))
    return np.stack([np.pad(row, (0, longest - len(row)), **_FILLS[fill]) for row in rows])


_FILLS: dict[str, dict[str, Any]] = {"last": {"mode": "edge"}, "zero": {"mode": "constant"}}


def _group(problems: Sequence[Problem]) -> list[list[int]]:
    """Indices of problems whose data are of like length."""
    groups: list[list[int]] = []
    for i in sorted(range(len(problems)), key=lambda i: len(problems[i].data)):
        if groups and len(problems[i].data) <= _MOST_PADDED * len(problems[groups[-1][0]].data):
            groups[-1].append(i)
        else:
            groups.append([i])
    return groups


def _broadcasts(problems: Sequence[Problem], starts: Sequence[Array]) -> bool:
    """Whether the law, perhaps a user's own, gives with predictors (B, n) what it gives row by row."""
    of_length = {len(problem.data): i for i, problem in reversed(list(enumerate(problems)))}
    asked = sorted({0, 1, *of_length.values()})  # one of every length, and two where all are alike
    chosen, theta = [problems[i] for i in asked], np.stack([starts[i][0] for i in asked])
    chart = _lay_chart(chosen, np.arange(len(asked)))
    try:
        with np.errstate(all="ignore"):
            value, slope = chart.slope(chart.read(theta))
            alone = [p.chart.slope(p.chart.read(row[None])) for p, row in zip(chosen, theta, strict=True)]
    except Exception:  # whatever a law that was written for one set of predictors may raise
        return False
    if value.shape != (len(asked), max(of_length)) or slope.shape != (*value.shape, theta.shape[1]):
        return False
    return all(
        np.allclose(together[: one.shape[1]], one[0], rtol=1e-9, equal_nan=True)
        for i, both in enumerate(alone)
        for together, one in zip((value[i], slope[i]), both, strict=True)
    )
