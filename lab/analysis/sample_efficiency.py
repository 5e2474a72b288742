"""How many tokens a larger model saves on the way to the loss of a smaller one.

Kaplan et al. 2020 (arXiv 2001.08361), section 1.1 and figure 2: larger models reach the same loss on fewer samples.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

FEWEST_RUNS = 4


def measure_token_saving(rows: pd.DataFrame, convention: str = "params_total") -> pd.Series:
    """ln of tokens saved per ln of size at equal loss, per seed: the ratio a/b of ln L = c − a·ln N − b·ln D.

    The plane is the mean local trade between size and data over the grid; a grid of equal tokens for all sizes
    estimates it without choosing a loss, which in noise would favour the larger model. `rows`: selected endpoints.
    Index: seed; seeds with fewer than four runs, one size or one horizon are left out.
    """
    saved = {}
    for seed, own in rows.groupby("seed"):
        sizes, horizons = np.unique(own[convention]), np.unique(own["tokens"])
        if len(own) >= FEWEST_RUNS and len(sizes) > 1 and len(horizons) > 1:
            plane = np.column_stack([np.ones(len(own)), np.log(own[convention]), np.log(own["tokens"])])
            _, by_size, by_data = np.linalg.lstsq(plane, np.log(own["loss_nats"].to_numpy(float)), rcond=None)[0]
            saved[seed] = float(by_size / by_data)
    return pd.Series(saved, dtype=float)
