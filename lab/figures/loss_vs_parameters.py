"""Loss against parameters, a series per horizon (Kaplan et al. 2020, arXiv 2001.08361, figure 1, right).

What N counts decides the exponent (Kaplan leaves embeddings out, Hoffmann et al. 2022 do not), so it is an option and
stands on the axis.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from lab.analysis.laws.fits import fit_size
from lab.figures import Figure
from lab.figures.framing.losses import frame_losses
from lab.figures.framing.series import name_horizons
from lab.figures.ink.losses import draw_losses
from lab.tables import Tables


@dataclass(frozen=True)
class Options:
    """`convention`: what N counts; `law`: fitted at the longest horizon, with an irreducible term or without."""

    convention: Literal["params_total", "params_body", "params_active"] = "params_total"
    law: Literal["power", "pure_power", "none"] = "power"


def prepare(tables: Tables, options: Options) -> pd.DataFrame:
    """The loss of cooled endpoints by horizon, and the law at the longest."""
    named = None if options.law == "none" else fit_size(tables, convention=options.convention, law=options.law)
    return frame_losses(tables, options.convention, name_horizons, named)


figure = Figure("Loss against parameters", "loss", prepare, draw_losses, Options)
