"""What the bend δ of Huber's loss does to a law's parameters: from least absolute deviations to least squares.

The famous fit of Besiroglu et al. 2024 (arXiv 2404.10102) is the limit δ → 0, though 0.001 is the δ it names: its
likelihood estimates a scale besides. Where the path is flat the choice of δ does not matter.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from lab.analysis.laws.fits import fit_law_to
from lab.analysis.laws.named import NamedFit, fit_rows
from lab.scaling import Absolute, Huber, LeastSquares, Loss
from lab.tables import Tables

# Close where the residuals of runs are, a tenth of a percent to ten; beyond, nothing moves any more.
DELTAS = (1e-6, 1e-5, 1e-4, 3e-4, 1e-3, 2e-3, 3e-3, 5e-3, 1e-2, 2e-2, 3e-2, 5e-2, 1e-1, 1.0)
LEAST, LARGEST = 0.0, np.inf  # the δ of least absolute deviations, and of least squares


def follow_delta(tables: Tables, law: str = "chinchilla", convention: str = "params_total") -> list[NamedFit]:
    """`law` fitted to the same runs by least absolute deviations, Huber's loss at every δ, and least squares, in order.

    A list of one where the runs do not bear the law: the refusal.
    """
    usual = fit_law_to(tables, law, convention=convention)
    if usual.fit.theta is None:
        return [usual]
    losses: list[Loss] = [Absolute(), *map(Huber, DELTAS), LeastSquares()]
    columns = dict(zip(usual.fit.predictors, usual.columns, strict=True))
    again = (fit_rows(tables, usual.rows_used, law, columns, usual.title, usual.question, loss=loss) for loss in losses)
    return [named for named in again if named.fit.theta is not None]


def tabulate_path(fits: list[NamedFit]) -> pd.DataFrame:
    """One row per loss and parameter: delta (0 for absolute deviations, infinite for squares), name, value, low, high
    (95 %), and the change from the default δ, in percent of the value and in widths of its interval.
    """
    rows = []
    for named in fits:
        for estimate in named.fit.estimates[: len(named.fit.form.parameters)]:
            rows.append((_find_delta(named.fit.loss), estimate.name, estimate.value, estimate.low, estimate.high))
    frame = pd.DataFrame(rows, columns=["delta", "name", "value", "low", "high"])
    usual = frame[frame["delta"] == Huber().delta].set_index("name").reindex(frame["name"])
    center = usual["value"].to_numpy(float)
    width = (usual["high"] - usual["low"]).to_numpy(float)
    change = frame["value"].to_numpy(float) - center
    with np.errstate(divide="ignore", invalid="ignore"):
        return frame.assign(change_percent=100 * change / center, change_share=change / width)


def _find_delta(loss: Loss) -> float:
    if isinstance(loss, Huber):
        return loss.delta
    return LEAST if isinstance(loss, Absolute) else LARGEST
