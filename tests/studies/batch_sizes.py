"""Runs of Kaplan's law of size, tokens and batch, three sizes and seeds at every batch."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lab.scaling.laws.critical_batch import law
from lab.tables import Tables
from tests import synthetic

THETA = {"N_c": 2e4, "alpha_N": 0.25, "S_c": 40.0, "alpha_S": 0.5, "B_star": 1.3e5, "alpha_B": 0.25}
BATCHES = (512, 1024, 2048, 4096, 8192, 16_384)


def make_tables(seed: int = 0, noise: float = 0.003, **changed: float) -> Tables:
    """Three sizes × three horizons × three seeds at every batch, on the law."""
    rng, theta = np.random.default_rng(seed), np.array([*{**THETA, **changed}.values()])
    parts = []
    for batch in BATCHES:
        tables = synthetic.make_tables(widths=(24, 32, 48), horizons=(2**18, 2**19, 2**20), rates=(0.02,))
        runs = tables.runs.assign(batch_tokens=float(batch))
        size, tokens = (runs[name].to_numpy(float) for name in ("params_body", "tokens"))
        losses = law.predict(theta, size=size, tokens=tokens, batch_tokens=np.full(len(runs), float(batch)))
        luck = runs["trunk_key"].map({trunk: noise * rng.standard_normal() for trunk in runs["trunk_key"].unique()})
        runs["loss_nats"] = losses * np.exp(luck + noise * rng.standard_normal(len(runs)))
        keys = {name: runs[name] + f"-{batch}" for name in ("run_key", "trunk_key")}
        parts.append(replace(tables, runs=runs.assign(**keys), curves=tables.curves.iloc[:0]))
    return synthetic.join_tables(*parts)
