"""Examined models of known marks: calibration, what 'none of the above' costs, and areas of self-knowledge."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lab.core.fingerprint import hash_literal
from lab.core.seeds import open_stream
from lab.tables import Study, Tables
from lab.tables.frames import CURVE, tidy_runs

WIDTHS = {16: 12_000, 32: 32_000, 64: 120_000}
HORIZONS = (2**20, 2**21)
PAPERS = ("open", "choice", "shots", "none", "evidence", "recent")


def make_tables(
    fall: float = 0.02,
    shots: float = 0.03,
    lost: float = 0.1,
    area: float = 0.2,
    seeds: int = 12,
    rng_seed: int = 0,
    spread: float = 0.002,
    widths: tuple[int, ...] = tuple(WIDTHS),
) -> Tables:
    """Errors that `fall` by doubling of N and are `shots` lower behind examples, `lost` accuracy, areas ½ + `area`."""
    rng = open_stream(rng_seed, "studies", "self_knowledge")
    rows = []
    for width in widths:
        doublings = np.log2(WIDTHS[width] / WIDTHS[32])
        for seed in range(seeds):
            for tokens in HORIZONS:
                chance = iter(spread * rng.standard_normal(40))
                marks = {}
                for paper in PAPERS:
                    missed = 0.2 + (lost if paper == "none" else 0.0) + next(chance)
                    error = 0.1 - fall * doublings - (shots if paper == "shots" else 0.0) + next(chance)
                    marks |= {f"{paper}_best_accuracy": 0.95, f"{paper}_accuracy": 0.95 - missed}
                    marks |= {f"{paper}_confidence": 0.8, f"{paper}_rms": error, f"{paper}_ece": error}
                    marks |= {f"{paper}_true_gap": 2 * error}
                areas = {
                    name: 0.5 + area + next(chance)
                    for name in ("p_true_auc", "p_ik_auc", "p_ik_off_auc", "confidence_auc")
                }
                rows.append(
                    {
                        "run_key": hash_literal([width, seed, tokens, rng_seed])[:16],
                        "trunk_key": hash_literal([width, seed, rng_seed])[:16],
                        "family": "transformer", "optimizer": "muon", "dials": "", "settings": "",
                        "source": "fact_world", "seed": seed, "stage": "grid", "status": "done", "size": width,
                        "tokens": tokens, "learning_rate": 0.02, "params_total": WIDTHS[width],
                        "loss_nats": 1.0 - 0.1 * doublings, "questions": 2000.0, **marks, **areas,
                    }
                )  # fmt: skip
    study = Study("self_knowledge-standard", "self_knowledge", "standard")
    return Tables(study, tidy_runs(pd.DataFrame(rows)), pd.DataFrame(columns=list(CURVE)))
