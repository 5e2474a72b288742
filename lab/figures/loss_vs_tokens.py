"""Loss against training tokens, a series per size (Kaplan et al. 2020, arXiv 2001.08361, figure 1, centre)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from lab.analysis.laws.fits import fit_tokens
from lab.figures import Figure
from lab.figures.framing.losses import frame_losses
from lab.figures.framing.series import name_sizes
from lab.figures.ink.losses import draw_losses
from lab.tables import Tables


@dataclass(frozen=True)
class Options:
    """`law`: fitted at the largest size, with an irreducible term (power), without (pure_power), or none."""

    law: Literal["power", "pure_power", "none"] = "power"


def prepare(tables: Tables, options: Options) -> pd.DataFrame:
    """The loss of cooled endpoints by size, and the law at the largest."""
    named = None if options.law == "none" else fit_tokens(tables, law=options.law)
    return frame_losses(tables, "tokens", name_sizes, named)


figure = Figure("Loss against training tokens", "loss", prepare, draw_losses, Options)
