"""A synthetic collection with known laws, in the shape of the published benchmark: 92 curves of four domains."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from lab.core.seeds import open_stream

# domain: curves, fitted points, held-out points, first x, noise of the log loss
DOMAINS = {
    "IC": (72, 54, 208, 1e7, 0.01),
    "NMT": (5, 10, 1, 5e5, 0.002),
    "LM": (5, 26, 19, 1e9, 0.0005),
    "BB": (10, 19, 24, 2.6e9, 0.003),
}
COLUMNS = {"curve": ("Domain", "Task", "Model"), "x": "Seen Examples", "y": "Loss", "split": "Training"}


def write_collection(path: Path, noise: float = 1.0, share: float = 1.0) -> Path:
    """A CSV like the published tables: E + A·(x/x₀)^(−α) with known parameters; `share` of the curves, times noise."""
    rng = open_stream(0, "curves")
    parts = []
    for domain, (count, fitted, held, first, spread) in DOMAINS.items():
        for k in range(max(2, round(share * count))):
            x = np.concatenate([first * np.geomspace(1, 20, fitted), first * np.geomspace(24, 200, held)])
            E, A, alpha = rng.uniform(0.1, 0.5), rng.uniform(0.3, 1.0), rng.uniform(0.2, 0.6)
            y = (E + A * (x / first) ** -alpha) * np.exp(noise * spread * rng.standard_normal(len(x)))
            columns = {"Domain": domain, "Task": f"task {k % 2}", "Model": f"model {k}"}
            parts.append(
                pd.DataFrame({**columns, "Seen Examples": x, "Loss": y, "Training": np.arange(len(x)) < fitted})
            )
    pd.concat(parts).astype({"Training": int}).to_csv(path, index=False)
    return path
