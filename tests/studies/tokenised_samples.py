"""Probed nets of known rises: the share of samples that tokenise, and the area of the unit that knows a string."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lab.core.fingerprint import hash_literal
from lab.core.seeds import open_stream
from lab.tables import Study, Tables
from lab.tables.frames import CURVE, tidy_runs

HORIZONS = tuple(2**k for k in range(16, 22))
WIDTHS = {"lstm": 64, "transformer": 40}


def make_tables(
    rise: float = 0.05,
    gain: float = 0.2,
    seeds: int = 12,
    rng_seed: int = 0,
    spread: float = 0.01,
    horizons: tuple[int, ...] = HORIZONS,
) -> Tables:
    """Shares 0.3 + `rise` a doubling from the middle on, areas `gain` above the untrained ones at every horizon."""
    rng = open_stream(rng_seed, "studies", "tokenised_samples")
    rows = []
    for family in WIDTHS:
        for seed in range(seeds):
            steeper, better = spread * rng.standard_normal(2)
            for k, tokens in enumerate(horizons):
                share = 0.3 + (rise + steeper) * (k - (len(horizons) - 1) / 2)
                rows.append(
                    {
                        "run_key": hash_literal([family, seed, tokens, rng_seed])[:16],
                        "trunk_key": hash_literal([family, seed, rng_seed])[:16],
                        "family": family, "optimizer": "muon", "dials": "", "settings": "", "source": "bytes_text",
                        "seed": seed, "stage": "grid", "status": "done", "size": WIDTHS[family],
                        "tokens": tokens, "learning_rate": 0.02, "params_total": 60_000,
                        "loss_nats": 2.0 - 0.1 * k, "bits_per_byte": (2.0 - 0.1 * k) / np.log(2), "samples": 256.0,
                        **{f"{name}_share": share for name in ("tokenised", "begun", "parsed")},
                        **{f"heldout_{name}_share": 0.6 for name in ("tokenised", "begun", "parsed")},
                        **{f"chain_{name}_share": 0.1 + 0.02 * k for name in ("tokenised", "begun", "parsed")},
                        **{f"shuffled_{name}_share": 0.05 for name in ("tokenised", "begun", "parsed")},
                        "string_auc": 0.6 + gain + better, "string_untrained_auc": 0.6,
                        "string_linear_auc": 0.7 + gain, "string_untrained_linear_auc": 0.7,
                    }
                )  # fmt: skip
    study = Study("tokenisable_text-standard", "tokenisable_text", "standard")
    return Tables(study, tidy_runs(pd.DataFrame(rows)), pd.DataFrame(columns=list(CURVE)))
