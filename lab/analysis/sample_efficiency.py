"""How many tokens a larger model needs to reach the loss of a smaller one.

Kaplan et al. 2020 (arXiv 2001.08361), section 1.1 and figure 2: larger models reach the same loss on fewer samples.
"""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd


def compare_token_needs(rows: pd.DataFrame, convention: str = "params_total") -> pd.DataFrame:
    """Each model against the next larger one of the same seed, at a loss both reach.

    `rows`: selected endpoints (`lab.analysis.selection`). The loss is that of the smaller model at its longest horizon
    which the larger one still brackets; between horizons ln tokens is interpolated linearly in the loss.

    Columns: seed, size_small, size_large, loss_nats, tokens_small, tokens_large, and `exponent` =
    ln(tokens_small / tokens_large) / ln(N_large / N_small), positive where the larger model is more sample-efficient.
    """
    compared = []
    for seed, of_seed in rows.groupby("seed"):
        curves = {float(str(size)): curve.sort_values("tokens") for size, curve in of_seed.groupby("size")}
        for small, large in itertools.pairwise(sorted(curves)):
            match = _match_loss(curves[small], curves[large])
            if match is not None:
                loss, tokens_small, tokens_large = match
                ratio = curves[large][convention].iloc[0] / curves[small][convention].iloc[0]
                exponent = np.log(tokens_small / tokens_large) / np.log(ratio)
                compared.append((seed, small, large, loss, tokens_small, tokens_large, exponent))
    columns = ["seed", "size_small", "size_large", "loss_nats", "tokens_small", "tokens_large", "exponent"]
    return pd.DataFrame(compared, columns=columns)


def _match_loss(small: pd.DataFrame, large: pd.DataFrame) -> tuple[float, float, float] | None:
    """The lowest loss of the smaller model within the larger one's range, and the tokens both need for it."""
    losses, logs = large["loss_nats"].to_numpy(float), np.log(large["tokens"].to_numpy(float))
    order = np.argsort(losses)
    for loss, tokens in zip(small["loss_nats"][::-1], small["tokens"][::-1], strict=True):
        if losses.min() <= loss <= losses.max():
            return float(loss), float(tokens), float(np.exp(np.interp(loss, losses[order], logs[order])))
    return None
