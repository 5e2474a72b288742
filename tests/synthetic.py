"""Synthetic studies with known laws, for tests of everything that reads tables."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lab.core.fingerprint import hash_literal
from lab.core.seeds import open_stream
from lab.tables import Study, Tables

# A Chinchilla surface at the lab's own scale (nats per byte; N total parameters, D tokens).
SURFACE = {"E": 0.9, "A": 60.0, "alpha": 0.42, "B": 900.0, "beta": 0.5}


def chinchilla_loss(params: np.ndarray, tokens: np.ndarray, surface: dict[str, float] = SURFACE) -> np.ndarray:
    """E + A N^-alpha + B D^-beta, nats per token."""
    s = surface
    return s["E"] + s["A"] * params ** -s["alpha"] + s["B"] * tokens ** -s["beta"]


def make_tables(
    widths: tuple[int, ...] = (16, 24, 32, 48, 64),
    horizons: tuple[int, ...] = (500_000, 1_000_000, 2_000_000, 4_000_000),
    seeds: tuple[int, ...] = (0, 1, 2),
    rates: tuple[float, ...] = (0.005, 0.01, 0.02, 0.04, 0.08),
    best_rate: float = 0.02,
    noise: float = 0.003,
    trunk_noise: float = 0.004,
    surface: dict[str, float] = SURFACE,
    sweep: str = "kaplan_language_models",
    preset: str = "standard",
    floor_nats: float | None = None,
    rng_seed: int = 0,
    family: str = "transformer",
    optimizer: str = "muon",
) -> Tables:
    """A study of a known surface: a learning-rate search at seed 0, then the grid at `best_rate` for every seed.

    `noise` and `trunk_noise` are standard deviations of log loss: of a point, and common to the points of a trunk.
    The learning-rate penalty is a parabola in log2, 0.02 nats one octave off.
    """
    rng = open_stream(rng_seed, "synthetic")
    recipe = [name for name in (family, optimizer) if name not in ("transformer", "muon")]
    runs, curves = [], []
    for width in widths:
        body, table = 12 * 3 * width * width, 256 * width
        total = body + 2 * table
        for seed in seeds:
            for rate in rates if seed == 0 else (best_rate,):
                trunk = hash_literal(["trunk", *recipe, width, seed, rate])[:16]
                shared = trunk_noise * rng.standard_normal()
                penalty = 0.02 * np.log2(rate / best_rate) ** 2
                for horizon in horizons:
                    loss = float(chinchilla_loss(np.array(total), np.array(horizon), surface) + penalty)
                    loss *= float(np.exp(shared + noise * rng.standard_normal()))
                    key = hash_literal(["run", *recipe, width, seed, rate, horizon])[:16]
                    flops = 6.0 * (body + table) * horizon * 1.1
                    runs.append(
                        {
                            "run_key": key,
                            "trunk_key": trunk,
                            "study": f"{sweep}-{preset}",
                            "family": family,
                            "dials": "",
                            "settings": "",
                            "source": "bytes_text",
                            "optimizer": optimizer,
                            "seed": seed,
                            "stage": "grid" if rate == best_rate else "search",
                            "status": "done",
                            "size": width,
                            "params_total": total,
                            "params_body": body,
                            "params_embedding": table,
                            "params_readout": table,
                            "params_active": total,
                            "tokens": horizon,
                            "unique_tokens": horizon,
                            "flops": flops,
                            "flops_6nd": 6.0 * body * horizon,
                            "cpu_seconds": flops / 2e10,
                            "wall_seconds": flops / 2e10,
                            "learning_rate": rate,
                            "batch_tokens": 2048,
                            "window": 128,
                            "loss_nats": loss,
                            "loss_se": 0.01,
                            "bits_per_byte": loss / np.log(2),
                            "floor_nats": floor_nats,
                            "excess_nats": None if floor_nats is None else loss - floor_nats,
                            "entropy_rate": floor_nats,
                            "online_bits": loss * horizon * 1.2 / np.log(2),
                            "ece_top1": 0.02,
                            "accuracy_top1": 0.6,
                            "confidence_top1": 0.6,
                            "machine": "synthetic",
                            "finished_at": "2026-01-01T00:00:00Z",
                            "error": "",
                        }
                    )
                    at = np.geomspace(horizon / 64, horizon, 16)
                    held = chinchilla_loss(np.array(total), at, surface) + penalty + 0.1 * (at < horizon)
                    held[-1] = loss
                    curves.append(
                        pd.DataFrame(
                            {
                                "run_key": key,
                                "trunk_key": trunk,
                                "tokens": at,
                                "flops": flops * at / horizon,
                                "loss_nats": held,
                                "train_loss_nats": held + 0.05,
                                "online_bits": np.cumsum(np.diff(at, prepend=0.0) * (held + 0.05)) / np.log(2),
                                "learning_rate": rate,
                                "cpu_seconds": flops * at / horizon / 2e10,
                            }
                        )
                    )
    study = Study(f"{sweep}-{preset}", sweep, preset)
    frame = pd.DataFrame(runs).sort_values("run_key", ignore_index=True)
    return Tables(study, frame, pd.concat(curves, ignore_index=True))


def join_tables(*parts: Tables) -> Tables:
    """One study of several recipes."""
    runs = pd.concat([part.runs for part in parts]).sort_values("run_key", ignore_index=True)
    return Tables(parts[0].study, runs, pd.concat([part.curves for part in parts], ignore_index=True))
