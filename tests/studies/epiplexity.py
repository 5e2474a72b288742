"""Runs of a known surface with online curves whose area is known: the power law from the first token on."""

import numpy as np
import pandas as pd

from lab.complexity.epiplexity import LossLaw
from lab.core.units import NATS_PER_BIT
from lab.tables import Tables
from tests import synthetic

LAW = LossLaw.from_coefficients(**synthetic.SURFACE)
COOLDOWN = 0.2
SIZES = (16, 24, 32, 48, 64)


def make_tables(widths: tuple[int, ...] = SIZES, luck: float = 0.004) -> Tables:
    """One learning rate; a run's whole online loss is off by its trunk's luck, a share of the loss."""
    study = synthetic.make_tables(widths=widths, rates=(0.02,), noise=0.001, trunk_noise=luck, floor_nats=0.85)
    curves = pd.concat([trace_run(run) for _, run in study.runs.iterrows()], ignore_index=True)
    last = curves.groupby("run_key")["online_bits"].last()
    runs = study.runs.assign(online_bits=study.runs["run_key"].map(last))
    requential = LAW.structure(runs["tokens"]) / NATS_PER_BIT / 3 * runs["loss_nats"]
    return Tables(study.study, runs.assign(requential_bits=requential), describe_nets(curves))


def describe_nets(curves: pd.DataFrame) -> pd.DataFrame:
    """Structure that rises and falls along training, at every second point."""
    time = np.log(curves["tokens"] / 8192.0)
    seen = curves["loss_nats"].notna()
    parts = {}
    for k, part in enumerate(("weights", "activations", "predictions")):
        null = 5e4 / (k + 1)
        parts[f"{part}_null_bits"] = np.where(seen, null, np.nan)
        parts[f"{part}_untrained_null_bits"] = parts[f"{part}_null_bits"]
        parts[f"{part}_untrained_bits"] = np.where(seen, 0.98 * null, np.nan)
        parts[f"{part}_bits"] = np.where(seen, null * (1 - 0.1 * (k + 1) * time * np.exp(-time / 3)), np.nan)
        if part != "predictions":
            parts[f"{part}_permuted_bits"] = 1.01 * parts[f"{part}_bits"]
    return curves.assign(**parts)


def trace_run(run: pd.Series) -> pd.DataFrame:
    """Four points an octave to the branch, then four of a cooldown in which the loss falls by a twentieth."""
    lucky = run["loss_nats"] / LAW.loss(run["params_total"], run["tokens"])
    branch, steps = run["tokens"] * (1 - COOLDOWN), np.arange(8192.0, run["tokens"], 2048.0)
    ladder = steps[np.unique(np.searchsorted(steps, 8192 * 2 ** (np.arange(60) / 4)).clip(max=len(steps) - 1))]
    tokens = np.r_[ladder[ladder < branch], np.linspace(branch, run["tokens"], 5)]
    nats = lucky * tokens * (
        LAW.E + LAW.size_term(run["params_total"]) + LAW.token_term(tokens) / (1 - LAW.beta)
    ) - 0.05 * np.maximum(tokens - branch, 0)
    mean = np.diff(nats, prepend=0.0) / np.diff(tokens, prepend=0.0)
    rate = np.where(tokens <= branch, 0.02, 0.02 * (1 - (tokens - branch) / (run["tokens"] - branch)))
    return pd.DataFrame(
        {
            "run_key": run["run_key"],
            "trunk_key": run["trunk_key"],
            "tokens": tokens,
            "flops": run["flops"] * tokens / run["tokens"],
            "loss_nats": np.where(np.arange(len(tokens)) % 2, mean, np.nan),
            "train_loss_nats": mean,
            "online_bits": nats / NATS_PER_BIT,
            "learning_rate": rate,
            "cpu_seconds": run["cpu_seconds"] * tokens / run["tokens"],
        }
    )
