"""A study of estimators: codes from above, a plug-in from below, each error a known power of the length."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lab.core.fingerprint import hash_literal
from lab.core.seeds import open_stream
from lab.tables import Study, Tables
from lab.tables.frames import tidy_runs

LENGTHS = 2 ** np.arange(8, 15)
TRUTHS = {  # bits: entropy rate, excess entropy, statistical complexity
    "bernoulli": (1.0, 0.0, 0.0),
    "golden_mean": (2 / 3, 0.2516, 0.9183),
    "even_process": (2 / 3, 0.9183, 0.9183),
    "markov (symbols 4)": (1.2, 0.7, 3.9),
    "periodic": (0.0, 2.807, 2.807),
    "thue_morse": (0.0, np.nan, np.nan),
    "elementary": (np.nan, np.nan, np.nan),
    "elementary (rule 15)": (np.nan, np.nan, np.nan),
    "elementary (rule 54)": (np.nan, np.nan, np.nan),
    "elementary (rule 110)": (np.nan, np.nan, np.nan),
    "prng": (np.nan, np.nan, np.nan),
}
QUANTITIES = ("entropy_rate", "excess_entropy", "statistical_complexity")
METHODS = {  # kind, quantity, B and β of the bias B n^−β
    "deflate": ("code", "entropy_rate", 6.0, 0.45),
    "kt": ("code", "entropy_rate", 3.0, 0.8),
    "block_decomposition": ("unproven code", "entropy_rate", 30.0, 0.5),
    "block_entropy_rate": ("estimator", "entropy_rate", 0.5, 0.7),
    "block_entropy_rate (correction plug_in)": ("estimator", "entropy_rate", -2.0, 0.7),
    "block_excess_entropy": ("estimator", "excess_entropy", -6.0, 0.5),
    "block_excess_entropy (correction plug_in)": ("estimator", "excess_entropy", -8.0, 0.5),
    "statistical_complexity": ("estimator", "statistical_complexity", -2.0, 0.6),
    "causal_states": ("estimator", "statistical_complexity", -1.0, 0.4),
}


def make_tables(
    scale: float = 1.0, noise: float = 0.3, seeds: int = 3, rng_seed: int = 0, sources: tuple[str, ...] = tuple(TRUTHS)
) -> Tables:
    """Every method's bias times `scale`; `noise`: the spread of an estimate at length n is noise/√n bits."""
    rng = open_stream(rng_seed, "estimators")
    runs, curves = [], []
    for source in sources:
        for method, (kind, quantity, factor, exponent) in METHODS.items():
            truth = TRUTHS[source][QUANTITIES.index(quantity)]
            level = 1.0 if np.isnan(truth) else truth
            for seed in range(seeds):
                chance = noise * rng.standard_normal(len(LENGTHS)) / np.sqrt(LENGTHS)
                estimate = level + scale * factor * LENGTHS**-exponent + chance
                key = hash_literal(["estimate", source, method, seed])[:16]
                named = {"run_key": key, "trunk_key": hash_literal(["trunk", key])[:16]}
                runs.append(
                    {
                        **named,
                        "study": "estimator_calibration-standard",
                        "source": source,
                        "method": method,
                        "method_kind": kind,
                        "quantity": quantity,
                        "seed": seed,
                        "length": LENGTHS[-1],
                        "truth_bits": truth,
                        "estimate_bits": estimate[-1],
                        "stage": "grid",
                        "status": "done",
                    }
                )
                curves.append(pd.DataFrame({**named, "length": LENGTHS.astype(float), "estimate_bits": estimate}))
    study = Study("estimator_calibration-standard", "estimator_calibration", "standard")
    return Tables(study, tidy_runs(pd.DataFrame(runs)), pd.concat(curves, ignore_index=True))
