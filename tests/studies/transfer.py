"""Families of known losses upstream and after transfer to two targets, three sizes, seven seeds."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lab.core.fingerprint import hash_literal
from lab.core.seeds import open_stream
from lab.tables import Study, Tables
from lab.tables.frames import CURVE, tidy_runs

SIZES = (24e3, 48e3, 96e3)
TARGETS = ("graph_walk", "induction")
UPSTREAM = {"transformer": 0.0, "lstm": 0.1, "causal_conv": 0.2, "mlp_mixer": 0.3}
AFTER = {"transformer": 0.0, "lstm": 0.3, "causal_conv": 0.2, "mlp_mixer": 0.1}


def make_tables(
    upstream: Mapping[str, float] = UPSTREAM,
    after: Mapping[str, float] = AFTER,
    slopes: Mapping[str, float] | None = None,
    noise: float = 0.01,
    seeds: int = 7,
    rng_seed: int = 0,
    sizes: tuple[float, ...] = SIZES,
) -> Tables:
    """ln L = offset − slope · ln N/N₀ + noise of the trunk, N₀ the middle of the sizes; slopes upstream are 0.1."""
    rng, rows = open_stream(rng_seed, "studies", "transfer"), []
    middle = float(np.exp(np.log(sizes).mean()))
    for family, offset in upstream.items():
        for size in sizes:
            for seed in range(seeds):
                trunk = hash_literal([family, size, seed, rng_seed])[:16]
                octaves = np.log(size / middle)
                before = 2 * np.exp(offset - 0.1 * octaves + noise * rng.standard_normal())
                for target in TARGETS:
                    lower = (slopes or {}).get(family, 0.1) * octaves
                    loss = 1.5 * np.exp(after[family] - lower + noise * rng.standard_normal())
                    rows.append(
                        {
                            "run_key": hash_literal([trunk, target])[:16], "trunk_key": trunk, "parent": trunk,
                            "study": "transfer-standard", "family": family, "optimizer": "muon", "dials": "",
                            "settings": "", "source": target, "upstream": "bytes_text", "upstream_tokens": 2**18,
                            "seed": seed, "stage": "grid", "status": "done", "size": round(size / 500),
                            "params_total": size, "tokens": 2**16, "unique_tokens": 2**16, "learning_rate": 0.02,
                            "window": 128, "batch_tokens": 1024, "flops": 6 * size * 2**16,
                            "loss_nats": loss, "upstream_nats": before, "scratch_nats": 1.2 * loss, "before_nats": 7.0,
                        }
                    )  # fmt: skip
    study = Study("transfer-standard", "transfer", "standard")
    return Tables(study, tidy_runs(pd.DataFrame(rows)), pd.DataFrame(columns=list(CURVE)))
