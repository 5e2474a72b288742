"""Runs of automata from formulas: humps of known height, excess and exponents, with the luck of every snapshot."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lab.core.fingerprint import hash_literal
from lab.core.seeds import open_stream
from lab.tables import Study, Tables
from lab.tables.frames import tidy_runs

EXCESS = {
    "interacting": 0.0,
    "non_interacting": 0.0,
    "sine_shear": 8.0,
    "tendril_walk": 3.0,
}  # at the peak, over the surrogate's hump
CODES = ("deflate", "deflate (level 1)", "bz2", "lzma", "zstd", "brotli", "ppmd")
SNAPSHOTS = 24


def make_tables(
    excess: Mapping[str, float] = EXCESS,
    sides: tuple[int, ...] = (20, 40, 80),
    seeds: int = 12,
    codes: tuple[str, ...] = CODES,
    noise: float = 0.03,
    exponent: float = 1.76,
    excess_exponent: float = 0.0,
    fall: float = 1.0,
    rng_seed: int = 0,
    sweep: str = "coffee_automaton",
) -> Tables:
    """A study: every automaton of `excess` at every side and seed, codes other than deflate at the largest side only.

    A surrogate's hump is 40 · side^`exponent` bits high above a start of 200; a run has `excess` humps more at the
    peak, times (side / largest)^`excess_exponent`, of which the share `fall` is gone in the end. `noise`: relative, of
    every snapshot of run and surrogate by itself.
    """
    rng, runs, curves = open_stream(rng_seed, "synthetic automata"), [], []
    times = 4.0 * np.linspace(0.0, 1.0, SNAPSHOTS) ** 2
    for name, height in excess.items():
        for side in sides:
            for seed in range(seeds):
                for code, grain, buckets in list_views(codes) if side == max(sides) else [(codes[0], 10, 3)]:
                    scaled = height * (side / max(sides)) ** excess_exponent
                    key = hash_literal(["automata", name, side, seed, code, grain, buckets])[:16]
                    curve = draw_curve(rng, times, side, scaled, exponent, noise, fall)
                    peaks = {
                        f"{lead}peak_{kind}_bits": float(curve[f"{lead}{kind}_bits"].max())
                        for lead in ("", "surrogate_")
                        for kind in ("entropy", "complexity", "adjusted")
                    }
                    runs.append(
                        {
                            "run_key": key,
                            "trunk_key": hash_literal(["automata", name, side, seed])[:16],
                            "study": f"{sweep}-standard",
                            "stage": "grid",
                            "status": "done",
                            "automaton": name,
                            "code": code,
                            "side": side,
                            "grain": grain,
                            "buckets": buckets,
                            "seed": seed,
                            "row_chi_square": 0.95,
                            "peak_sweeps": 0.2 * side**2 * float(np.exp(0.02 * rng.standard_normal())),
                            **peaks,
                        }
                    )
                    curves.append(curve.assign(run_key=key, trunk_key=runs[-1]["trunk_key"]))
    study = Study(f"{sweep}-standard", sweep, "standard")
    return Tables(study, tidy_runs(pd.DataFrame(runs)), pd.concat(curves, ignore_index=True))


def list_views(codes: tuple[str, ...]) -> list[tuple[str, int, int]]:
    """Every code at the grain and buckets of the paper; with several codes, another grain and more buckets too."""
    views = [(code, 10, 3) for code in codes]
    return [*views, (codes[0], 5, 3), (codes[0], 10, 7)] if len(codes) > 1 else views


def draw_curve(
    rng: np.random.Generator,
    times: np.ndarray,
    side: int,
    excess: float,
    exponent: float,
    noise: float,
    fall: float,
) -> pd.DataFrame:
    """One run's curve; entropy rises to side² bits for good."""
    shape = np.where(times < 1.1, times / 1.1, np.maximum(1 - fall * (times - 1.1) / 2.0, 1 - fall))
    height = 40.0 * side**exponent
    entropy = side**2 * (1 - np.exp(-2 * times)) + 4.0
    lengths = {
        "entropy_bits": entropy,
        "surrogate_entropy_bits": entropy,
        "complexity_bits": 200.0 + height * shape * (1 + excess),
        "surrogate_complexity_bits": 200.0 + height * shape,
        "adjusted_bits": 200.0 + 0.2 * height * shape * (1 + excess),
        "surrogate_adjusted_bits": 200.0 + 0.2 * height * shape,
    }
    wobble = {
        name: 1 + (0.1 if "entropy" in name else 1.0) * noise * rng.standard_normal(len(times)) * (times > 0)
        for name in lengths
    }
    return pd.DataFrame(
        {
            "moves": times * side**4,
            "sweeps": times * side**2,
            "relaxation_times": times,
            **{name: bits * wobble[name] for name, bits in lengths.items()},
        }
    )
