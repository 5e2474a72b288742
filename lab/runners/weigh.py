"""Fits a net with noisy weights to synthetic regression data, and states its bill: weights, data, test error.

The data of a seed are a random net of few units on few of the inputs, with noise. Runs of one trunk differ in the
weight of the weights' bits in training; they share data and starts, and are not independent.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf

from lab.complexity.mdl.noisy_weights import count_prequential_bits, fit_noisy_net, predict_moments
from lab.complexity.mdl.prequential import list_boundaries
from lab.core.dials import build_from_dials, changed_dials
from lab.core.errors import InputError
from lab.core.seeds import open_stream
from lab.runs.runner import Cost, Fields, Reporter, Result, Runner, Scalar

TEACHER_INPUTS, TEACHER_UNITS = 3, 2
TEST_EXAMPLES = 1000
SECONDS_PER_STEP = 2e-5  # of one example and weight, all steps and starts of a fit together
BYTES_PER_RUN = 1500


@dataclass(frozen=True)
class WeighFields:
    """The fields of a fit: `kl_weight` of the weights' bits (1 is the code), `examples` and `inputs` of the data,
    `noise` deviation of the targets over that of the function, `hidden` units of the net.
    """

    kl_weight: float
    seed: int = 0
    examples: int = 128
    inputs: int = 8
    noise: float = 0.3
    hidden: int = 4

    def __post_init__(self) -> None:
        rules = (
            ("kl_weight", self.kl_weight > 0, "must be positive"),
            ("seed", self.seed >= 0, "must not be negative"),
            ("examples", self.examples >= 16, "must be at least 16"),
            ("inputs", self.inputs >= TEACHER_INPUTS, f"must be at least {TEACHER_INPUTS}"),
            ("noise", self.noise > 0, "must be positive"),
            ("hidden", self.hidden >= 1, "must be at least 1"),
        )
        for name, holds, rule in rules:
            if not holds:
                raise InputError(f"weigh.{name}", getattr(self, name), rule)


class Data(NamedTuple):
    """Inputs (n, I) and targets (n, 1)."""

    inputs: NDArray[np.float64]
    targets: NDArray[np.float64]


class WeighRunner(Runner):
    """Fits of one data set at several weights of the divergence."""

    horizon = "kl_weight"

    def identify(self, fields: Fields) -> dict[str, Any]:
        """Dials that differ from their default: they determine the data too."""
        return changed_dials(_check_fields(fields))

    def describe(self, fields: Fields) -> dict[str, Scalar]:
        """What is known before the fit."""
        checked = _check_fields(fields)
        weights = (checked.inputs + 1) * checked.hidden + checked.hidden + 1
        return {
            "source": "teacher net",
            "seed": checked.seed,
            "examples": checked.examples,
            "kl_weight": checked.kl_weight,
            "size": checked.hidden,
            "params_total": weights,
        }

    def estimate(self, trunk: Sequence[Fields], flops_per_second: float) -> Cost:
        """A fit for each weight, and two more for the blocks of the prequential code."""
        first, weights = _check_fields(trunk[0]), self.describe(trunk[0])["params_total"]
        fit = SECONDS_PER_STEP * first.examples * float(weights or 0)
        return Cost(0.0, fit * (len(trunk) + 2), BYTES_PER_RUN * len(trunk))

    def run(self, trunk: Sequence[Fields], reporter: Reporter) -> None:
        """Codes the data prequentially once, then fits and emits each weight."""
        first = _check_fields(trunk[0])
        known, asked = draw_data(first, "train", first.examples), draw_data(first, "test", TEST_EXAMPLES)
        prequential = count_prequential_bits(*known, first.hidden, list_boundaries(first.examples), first.seed)
        for done, fields in enumerate(trunk, 1):
            began, cpu = time.monotonic(), time.process_time()
            fit = fit_noisy_net(*known, first.hidden, _check_fields(fields).kl_weight, first.seed)
            predicted = predict_moments(fit.posterior, asked.inputs)[0]
            metrics = {
                "weight_bits": fit.weight_bits,
                "data_bits": fit.data_bits,
                "variational_bits": fit.total_bits,
                "prequential_block_bits": prequential,
                "test_error": float(np.mean((asked.targets - predicted) ** 2)),
            }
            totals = {"cpu_seconds": time.process_time() - cpu, "wall_seconds": time.monotonic() - began}
            reporter.emit(fields, Result("done", metrics, totals=totals))
            reporter.advance(done, len(trunk))


def draw_data(fields: WeighFields, split: str, examples: int) -> Data:
    """Examples of the seed's own function, scaled to a mean square of about one; `split` names the draw."""
    rng = open_stream(fields.seed, "weigh", "function")
    below = 1.5 * rng.standard_normal((TEACHER_INPUTS, TEACHER_UNITS))
    above = rng.choice([-1.0, 1.0], size=(TEACHER_UNITS, 1))
    rng = open_stream(fields.seed, "weigh", split)
    inputs = rng.standard_normal((examples, fields.inputs))
    clean = erf(inputs[:, :TEACHER_INPUTS] @ below) @ above
    return Data(inputs, clean + fields.noise * rng.standard_normal(clean.shape))


runner = WeighRunner()


def _check_fields(fields: Fields) -> WeighFields:
    return build_from_dials(WeighFields, fields, "weigh")
