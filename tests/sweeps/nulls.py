"""For each sweep studies in which its claims of direction are false, by seed: what the contract of judges draws from.

A sweep that is not here is judged on the synthetic surface where nothing scales.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd

from lab.core.seeds import open_stream
from lab.tables import Study, Tables
from tests.studies import (
    automata,
    batch_sizes,
    compressed_text,
    estimators,
    mdl,
    pruning,
    self_knowledge,
    tokenised_samples,
    transfer,
)
from tests.sweeps.test_architectures import make_study
from tests.sweeps.test_arms import make_experts, make_tokens
from tests.sweeps.test_calibration_scale import make_tables as make_calibrations
from tests.sweeps.test_depth_degradation import make_tables as make_depths
from tests.sweeps.test_dropout_width import make_rows
from tests.sweeps.test_kolmogorov_bounds import make_tables as make_bounds
from tests.sweeps.test_learned_structure import make_portraits
from tests.sweeps.test_pruning_perceptron import make_null as make_unpruned
from tests.sweeps.test_sanity_checks import make_tables as make_checks
from tests.sweeps.test_state_space_length import make_tables as make_recalls

SEEDS = 12
Make = Callable[[int], Tables]


def draw_arms(make: Callable[[float, int, np.random.Generator], pd.DataFrame]) -> Make:
    """Studies of arms that do not differ."""
    return lambda seed: Tables(Study("null"), make(0.0, SEEDS, open_stream(seed, "null")), pd.DataFrame())


@cache
def draw_codes(seed: int) -> Tables:
    """Descriptions of slope 0.8, where neither the true order, a weight in the middle nor any code is ahead."""
    return mdl.make_tables(slope=0.8, lead=0.0, rise=0.0, longer=0.0, rng_seed=seed)


def draw_cups(seed: int) -> Tables:
    """Automata whose humps are their surrogates'."""
    return automata.make_tables(dict.fromkeys(automata.EXCESS, 0.0), (40,), codes=("deflate",), rng_seed=seed)


def draw_shuffled_cups(seed: int) -> Tables:
    """The same whose entropies stand in any order, and whose complexity stays where it was largest."""
    rng = open_stream(seed, "null")
    tables = automata.make_tables(
        dict.fromkeys(automata.EXCESS, 0.0), (40,), codes=("deflate",), fall=0.0, rng_seed=seed
    )
    curves = tables.curves.copy()
    entropies = [name for name in curves if str(name).endswith("entropy_bits")]
    for name in entropies:
        curves[name] = curves.groupby("run_key")[name].transform(lambda bits: rng.permutation(bits.to_numpy()))
    return replace(tables, curves=curves)


def draw_alike_families(seed: int) -> Tables:
    """Three families that are alike."""
    return make_study(dict.fromkeys(("transformer", "lstm", "gru"), 0.0), rng_seed=seed)


def draw_even_shares(seed: int) -> Tables:
    """Codes that take what xz takes."""
    even = {code: dict.fromkeys(families, 1.0) for code, families in compressed_text.SHARES.items()}
    return compressed_text.make_tables(SEEDS, even, rng_seed=seed)


NULLS: Mapping[str, Make] = {
    "architectures": draw_alike_families,
    "batch_size": lambda seed: batch_sizes.make_tables(seed, alpha_B=2.0),  # grows by the margin, 1/α_B 0.5
    "calibration_scale": lambda seed: make_calibrations(0.0, SEEDS, seed, 0.01),
    "coffee_automaton": draw_cups,
    "complexodynamics": draw_shuffled_cups,
    "depth_degradation": lambda seed: make_depths(0.0, SEEDS, seed),
    "dropout_width": draw_arms(make_rows),
    "estimator_calibration": lambda seed: estimators.make_tables(
        0.0, seeds=SEEDS, rng_seed=seed, sources=("bernoulli", "golden_mean", "thue_morse")
    ),
    "kolmogorov_bounds": lambda seed: make_bounds(0.0, 0.2, trial=seed),
    "label_codes": draw_codes,
    "mdl_tutorial": draw_codes,
    "mixture_of_experts": draw_arms(make_experts),
    "multi_token": draw_arms(make_tokens),
    "neural_compression": draw_even_shares,
    "noisy_weights": draw_codes,
    "pruning_perceptron": lambda seed: pruning.make_tables(
        make_unpruned(0.0), rng_seed=seed, octave=2, shares=pruning.OCTAVES
    ),
    "sanity_checks": lambda seed: make_checks(0.2, 0.0, 0.0, 0, SEEDS, seed),
    "self_knowledge": lambda seed: self_knowledge.make_tables(0.0, 0.0, 0.0, 0.0, SEEDS, seed),
    "state_space_length": lambda seed: make_recalls(0.0, SEEDS, open_stream(seed, "null")),
    "tokenisable_text": lambda seed: tokenised_samples.make_tables(0.0, 0.0, SEEDS, seed),
    "training_complexity": lambda seed: make_portraits(0.0, SEEDS, open_stream(seed, "null")),
    "transfer": lambda seed: transfer.make_tables(after=transfer.UPSTREAM, rng_seed=seed),
}
