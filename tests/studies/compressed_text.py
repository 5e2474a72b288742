"""Compressed stretches of text with known savings: packers, contexts, and nets alone and mixed."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from lab.core.fingerprint import hash_literal
from lab.core.seeds import open_stream
from lab.tables import Study, Tables
from lab.tables.frames import CURVE, tidy_runs

XZ_RATE, HEAD_BITS = 1.9, 1300.0
SHARES = {
    "lzma": {"": 1.0},
    "ppmd": {"": 0.9},
    "context_mixing": {"": 0.8},
    "network": {"lstm": 1.7, "transformer": 1.9},
    "mixture": {"lstm": 0.84, "transformer": 0.85},
}  # of what xz takes
SPREAD = 0.1  # of the stretches' rates, common to all codes; each code has a tenth of that of its own


def make_rows(
    stretches: int = 12, shares: Mapping[str, Mapping[str, float]] = SHARES, symbols: int = 2**16, rng_seed: int = 0
) -> pd.DataFrame:
    """A row per stretch, code and family."""
    rng = open_stream(rng_seed, "studies", "compressed_text")
    rows = []
    for k in range(stretches):
        rate = XZ_RATE * (1 + SPREAD * rng.standard_normal())
        for code, families in shares.items():
            for family, share in families.items():
                bits = symbols * rate * share * (1 + 0.1 * SPREAD * rng.standard_normal())
                key = hash_literal([k, code, family, symbols, rng_seed])[:16]
                net = {"family": family, "size": 64, "online_bits": bits - HEAD_BITS} if family else {}
                rows.append(
                    {
                        "run_key": key,
                        "trunk_key": key,
                        "object": f"bytes from {k * 2**20}",
                        "code": code,
                        "symbols": symbols,
                        "alphabet": 256,
                        "seed": 0,
                        "code_bits": bits,
                        "head_bits": HEAD_BITS if family else 0.0,
                        "bits_per_symbol": bits / symbols,
                        **net,
                    }
                )
    return pd.DataFrame(rows)


def make_tables(stretches: int = 12, shares: Mapping[str, Mapping[str, float]] = SHARES, rng_seed: int = 0) -> Tables:
    """The study of those rows."""
    rows = make_rows(stretches, shares, rng_seed=rng_seed)
    runs = tidy_runs(rows.assign(study="compression", status="done", stage="grid", error=""))
    curves = pd.DataFrame(columns=["run_key", "trunk_key", *CURVE])
    return Tables(Study("compression", "neural_compression", "standard"), runs, curves)
