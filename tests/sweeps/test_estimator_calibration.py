"""The judge of the calibration sweep: false support, power, and what it makes of too little."""

from __future__ import annotations

from collections import Counter

import pytest

from lab.core.registry import open_shelf
from lab.core.verdict import Outcome
from sweeps.estimator_calibration import judge, presets
from tests.studies.estimators import make_tables

CLAIMS = {"codes_above", "codes_fall", "plug_in_below", "block_decomposition_falls", "diverging_excess_grows"}
KNOWN = ("bernoulli", "golden_mean", "even_process", "markov (symbols 4)", "periodic", "thue_morse")


def outcomes(**world: float) -> dict[str, Outcome]:
    return {v.claim: v.outcome for v in judge(make_tables(sources=KNOWN, **world))}  # type: ignore[arg-type]


def test_a_plausible_world_supports_every_claim() -> None:
    assert outcomes(scale=1.0, noise=0.3, seeds=5) == dict.fromkeys(CLAIMS, Outcome.SUPPORTED)


def test_where_nothing_is_biased_chance_alone_is_no_support() -> None:
    supported: Counter[str] = Counter()
    for trial in range(20):
        found = outcomes(scale=0.0, noise=0.3, seeds=5, rng_seed=trial)
        supported.update(claim for claim, outcome in found.items() if outcome is Outcome.SUPPORTED)
    assert max(supported.values(), default=0) <= 2, supported


def test_a_reversed_world_is_said_to_be_one() -> None:
    assert outcomes(scale=-1.0, noise=0.1, seeds=5) == dict.fromkeys(CLAIMS, Outcome.REVERSED)


def test_an_effect_at_the_margin_is_not_supported() -> None:
    """The mean excess of the codes scaled to the margin itself: support then has odds of one in forty."""
    plain = {v.claim: v for v in judge(make_tables(sources=KNOWN, noise=1e-4, seeds=5))}["codes_above"]
    scale = plain.margin / plain.estimate.value
    found = [outcomes(scale=scale, noise=0.3, seeds=5, rng_seed=k)["codes_above"] for k in range(20)]
    assert sum(outcome is Outcome.SUPPORTED for outcome in found) <= 2


def test_one_seed_is_underpowered_and_says_what_to_run() -> None:
    for verdict in judge(make_tables(seeds=1)):
        assert verdict.outcome is Outcome.UNDERPOWERED
        assert "lab run estimator_calibration" in verdict.reason


@pytest.mark.parametrize("preset", list(presets))
def test_every_code_is_asked_and_every_estimator_of_a_known_quantity(preset: str) -> None:
    specs = presets[preset].list_specs()
    asked = {(spec.fields["method"]["shelf"], spec.fields["method"]["name"]) for spec in specs}
    assert {name for shelf, name in asked if shelf == "codes"} == set(open_shelf("codes").names())
    for shelf, name in asked - {("codes", name) for name in open_shelf("codes").names()}:
        assert open_shelf(shelf).load(name).quantity != "none", "what claims no truth has no bias"
