"""A search of learning rates at every batch and horizon, whose best rate is a known power of both."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lab.tables import Tables
from tests import synthetic

BATCHES, RATES, POWER = (1024, 2048, 4096, 8192), tuple(0.0025 * 2**k for k in range(6)), 0.5


def make_tables() -> Tables:
    """Two sizes × two horizons × four batches; the rates are an octave apart, 0.02 nats lie an octave off the best."""
    parts = []
    for batch in BATCHES:
        tables = synthetic.make_tables((24, 48), (2**18, 2**20), seeds=(0,), rates=RATES, noise=0.0, trunk_noise=0.0)
        runs = tables.runs.assign(batch_tokens=float(batch))
        best = 0.02 * (batch / 4096) ** POWER * (runs["tokens"] / 2**19) ** -0.25
        losses = 2 + (runs["size"] / 24) ** -0.3 + 0.02 * np.log2(runs["learning_rate"] / best) ** 2
        keys = {name: runs[name] + f"-{batch}" for name in ("run_key", "trunk_key")}
        parts.append(replace(tables, runs=runs.assign(loss_nats=losses, **keys), curves=tables.curves.iloc[:0]))
    return synthetic.join_tables(*parts)
