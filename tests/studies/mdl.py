"""Runs of all three kinds: descriptions with half a bit per parameter and doubling, noisy weights, labels."""

import numpy as np
import pandas as pd

from lab.tables import Study, Tables
from lab.tables.frames import tidy_runs

LENGTHS = (256, 512, 1024, 2048, 4096)
CODES = {"two_part": 3.0, "nml_asymptotic": 0.5, "bayes_jeffreys": 1.0, "bayes_laplace": 0.8, "prequential": 1.5}
WEIGHTS = (0.1, 0.3, 1.0, 3.0, 10.0)
LABELS = {"uniform": 4983.0, "two_part": 1532.0, "variational": 1052.0, "prequential_block": 615.0, "switch": 539.0}
MODELS = {"logistic": (1.0, 650), "net": (0.7, 2410)}  # of the lengths above, and weights


def make_tables(slope: float = 0.5, lead: float = 5.0, rise: float = 0.6, longer: float = 1.0, **sizes: int) -> Tables:
    """`slope`: of regret per parameter; `lead`: bits of the true order over the others; `rise`: of the log test error
    per decade of the weight away from 1; `longer`: bits per example by which the first code is longer.
    """
    seeds, rng = range(sizes.get("seeds", 12)), np.random.default_rng(sizes.get("rng_seed", 0))
    weighed = [_weigh(seed, weight, rise, longer, rng) for seed in seeds for weight in WEIGHTS]
    sent = [_send(seed, model, longer, rng) for model in MODELS for seed in seeds]
    described = [
        _describe(seed, true, n, slope, lead, rng)
        for seed in seeds
        for true in (0, 2)
        for n in LENGTHS[: sizes.get("lengths", 5)]
    ]
    runs = pd.DataFrame([*(run for run, _ in described), *weighed, *sent]).assign(
        status="done", family="", stage="grid"
    )
    return Tables(
        Study("mdl", "mdl_tutorial"), tidy_runs(runs), pd.concat([c for _, c in described], ignore_index=True)
    )


def _describe(
    seed: int, true: int, tokens: int, slope: float, lead: float, rng: np.random.Generator
) -> tuple[dict[str, object], pd.DataFrame]:
    key, parameters = f"d{seed}-{true}-{tokens}", 2**true
    run = {
        "run_key": key, "trunk_key": f"d{seed}-{true}", "seed": seed, "source": f"chain {true}", "tokens": tokens,
        "params_total": parameters, "true_order": true,
    }  # fmt: skip
    orders = np.arange(5)
    away = np.where(orders < true, 0.02 * tokens * (true - orders) + 10 * 2.0**orders, 2.0**orders)
    hindsight = np.where(orders < true, 0.9 + 0.02 * (true - orders), 0.9 - 1e-4 * orders) * tokens
    curve = pd.DataFrame({"run_key": key, "trunk_key": run["trunk_key"], "order": orders, "hindsight_bits": hindsight})
    at_truth = slope * parameters * np.log2(tokens)
    for code, constant in CODES.items():
        ahead = np.where(orders == true, 0.0, lead * (1 + away / tokens) + rng.normal(0, 1))
        luck = constant + rng.normal(0, 0.1)
        curve[f"{code}_bits"] = hindsight[true] + at_truth + luck + ahead
    curve["nml_bits"] = np.where(orders == 0, curve["nml_asymptotic_bits"] + 0.1, np.nan)
    return run, curve


def _weigh(seed: int, weight: float, rise: float, longer: float, rng: np.random.Generator) -> dict[str, object]:
    away = abs(np.log10(weight))
    weights, examples = 60 * weight**-0.5, 128
    total = 130 + 60 * away + rng.normal(0, 2)
    return {
        "run_key": f"w{seed}-{weight}", "trunk_key": f"w{seed}", "seed": seed, "source": "teacher net",
        "examples": examples, "kl_weight": weight, "params_total": 41, "weight_bits": weights,
        "data_bits": total - weights, "variational_bits": total,
        "prequential_block_bits": total - (longer + rng.normal(0, 0.1)) * examples if weight == 1 else 100.0,
        "test_error": 0.1 * np.exp(rise * away + rng.normal(0, 0.05)),
    }  # fmt: skip


def _send(seed: int, model: str, longer: float, rng: np.random.Generator) -> dict[str, object]:
    share, weights = MODELS[model]
    bits = {f"{code}_bits": share * value * np.exp(rng.normal(0, 0.02)) for code, value in LABELS.items()}
    bits["uniform_bits"] = LABELS["uniform"]
    bits["variational_bits"] = bits["prequential_block_bits"] + 1500 * (longer + rng.normal(0, 0.02))
    bits["switch_bits"] = bits["prequential_block_bits"] - 1500 * (longer / 5 + rng.normal(0, 0.005))
    return {
        "run_key": f"t{seed}-{model}", "trunk_key": f"t{seed}-{model}", "seed": seed, "source": "digits",
        "model": model, "examples": 1500, "params_total": weights, "test_error": 0.03, **bits,
    }  # fmt: skip
