"""Described objects with known code lengths: two sources at four lengths, every baseline, four seeds; distances;
block entropies of two; trained nets; compressed text."""

import itertools

import numpy as np
import pandas as pd

from lab.core.fingerprint import hash_literal
from lab.core.seeds import open_stream
from lab.core.units import NATS_PER_BIT
from lab.tables import Study, Tables
from lab.tables.frames import tidy_runs
from tests import synthetic
from tests.studies import compressed_text
from tests.studies.distances import make_distances

RATES = {"bernoulli (p 0.1)": 0.469, "golden_mean": 0.6667}
LEVELS = {"object": 0.0, "surrogate": 0.05, "shuffled": 0.25}
OVERHEAD = {"ensemble": 12.0, "context_tree": 20.0, "kt": 30.0, "deflate": 300.0, "lzma": 500.0, "ppmd": 250.0}


def make_tables() -> Tables:
    """Bits = symbols · (rate + what the baseline adds) + an overhead of the code, a little luck on it."""
    rng = open_stream(0, "studies", "complexity")
    rows = []
    cells = itertools.product(RATES, (2**10, 2**12, 2**14, 2**16), OVERHEAD, (*LEVELS, "constant"), range(4))
    for name, symbols, code, baseline, seed in cells:
        rate = 0.0 if baseline == "constant" else RATES[name] + LEVELS[baseline]
        bits = symbols * rate * (1 + 0.01 * rng.standard_normal()) + OVERHEAD[code]
        key = hash_literal([name, symbols, code, baseline, seed])[:16]
        rows.append(
            {
                "run_key": key,
                "trunk_key": key,
                "object": name,
                "code": code,
                "baseline": baseline,
                "symbols": symbols,
                "alphabet": 2,
                "seed": seed,
                "entropy_rate": RATES[name] * NATS_PER_BIT,
                "code_bits": bits,
                "bits_per_symbol": bits / symbols,
                "packing": "symbols",
                "scan": "row",
            }
        )
    strings, points = _describe_strings()
    described = pd.concat([pd.DataFrame(rows).assign(strings=1), strings], ignore_index=True)
    runs = described.assign(study="lengths", status="done", stage="grid", error="")
    distances = make_distances()
    nets = synthetic.make_tables(rates=(0.02,)).runs  # the structure function is one of trained nets
    text = compressed_text.make_rows().assign(status="done", stage="grid")
    parts = [part.dropna(axis=1, how="all") for part in (runs, distances.runs, nets, text)]
    all_runs = tidy_runs(pd.concat(parts, ignore_index=True))
    curves = pd.concat([distances.curves, make_block_curves(all_runs), points], ignore_index=True)
    return Tables(Study("lengths", "kolmogorov_bounds", "standard"), all_runs, curves)


def make_block_curves(runs: pd.DataFrame) -> pd.DataFrame:
    """Of the longest objects: h(L), down to the rate by half with every symbol, and the machine of a golden mean."""
    chosen = runs.query("code == 'ensemble' and baseline == 'object' and symbols == symbols.max()")
    pieces = []
    for _, run in chosen.iterrows():
        lengths = np.arange(1, 13)
        rates = RATES[run["object"]] + (0.01 * run["seed"] + 0.25) * 0.5 ** (lengths - 1)
        curve = {"block_length": lengths, "block_rate_bits": rates}
        golden = {"state": [0, 0, 1], "symbol": [0, 1, 0], "leads_to": [0, 1, 0], "move_probability": [0.5, 0.5, 1.0]}
        bits = np.array([*run["symbols"] * np.array([1.0, 0.9, 1.1]), 13.0])
        work = {
            "decoder": [0, 1, 2, 3],
            "description_bits": bits,
            "operations": run["symbols"] * np.array([2.0, 3.1, 4.2, 4.0 * run["symbols"]]),
        }
        named = {"run_key": run["run_key"], "trunk_key": run["trunk_key"]}
        pieces += [pd.DataFrame({**named, **part}) for part in (curve, golden, work)]
    return pd.concat(pieces, ignore_index=True)


def _describe_strings() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Strings of which a code shortens half of what the theorem allows; one code shortens none."""
    rows, points = [], []
    for code, seed in itertools.product(("kt", "deflate"), range(4)):
        key = hash_literal(["strings", code, seed])[:16]
        told = {"object": "bernoulli", "code": code, "baseline": "strings", "symbols": 64, "alphabet": 2, "seed": seed}
        rows.append({"run_key": key, "trunk_key": key, "strings": 500, "code_bits": 70.0, **told})
        steps = [float(c) for c in range(1, 9)]
        share = [(0.5 + 0.01 * seed) * 2.0**-c if code == "kt" else 0.0 for c in steps]
        points.append(pd.DataFrame({"run_key": key, "trunk_key": key, "saved_bits": steps, "share_saved": share}))
    return pd.DataFrame(rows), pd.concat(points, ignore_index=True)
