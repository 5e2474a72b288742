"""The judges that compare arms: nothing, the least effect, a plausible one, few seeds; and which runs make an arm."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest

from lab.analysis.comparisons.arms import describe_family, pair_seeds, select_arm
from lab.core.seeds import open_stream
from lab.core.verdict import Outcome, Verdict
from lab.families import Shape
from lab.runs.spec import build_entry
from lab.tables import Study, Tables
from sweeps import Question, mixture_of_experts, multi_token
from tests.sweeps.chance import TRIALS, bracket, count_support, find_most_false

LUCK = 0.01  # standard deviation of what one seed does to one arm
QUESTIONS = (*(asked for asked, *_ in mixture_of_experts.COMPARED), multi_token.NARROWS, multi_token.INDUCTION)
Make = Callable[[float, int, np.random.Generator], pd.DataFrame]


def make_rows(
    arm: str, family: Mapping[str, Any], source: str, seeds: int, rng: np.random.Generator, **means: float
) -> Iterator[dict[str, Any]]:
    """Runs of an arm whose columns have these means; a search at seed 0 that found a worse rate stands beside."""
    for seed in range(seeds):
        own = {name: mean + LUCK * rng.standard_normal() for name, mean in means.items()}
        told = {"arm": arm, **describe_family(family), "source": source, "seed": float(seed), "status": "done", **own}
        yield {**told, "learning_rate": 0.02}
        if seed == 0:
            yield {**told, "learning_rate": 0.04, "loss_nats": 9.0}


def judge(sweep: Any, runs: pd.DataFrame) -> list[Verdict]:
    name = sweep.__name__.rpartition(".")[2]
    verdicts: list[Verdict] = sweep.judge(Tables(Study(f"{name}-standard", name, "standard"), runs, pd.DataFrame()))
    return verdicts


def assemble(rows: list[dict[str, Any]]) -> pd.DataFrame:
    runs = pd.DataFrame(rows)
    return runs.assign(run_key=[f"r{k}" for k in runs.index], stage="grid", size=runs["size"].astype(float))


def make_experts(margins: float, seeds: int, rng: np.random.Generator) -> pd.DataFrame:
    """Every claim of the mixture holds by `margins` of its margins."""
    families = mixture_of_experts.presets["standard"].families
    effect = {claim.claim: margins * claim.margin for claim, *_ in mixture_of_experts.COMPARED}
    losses = dict.fromkeys(families, 2.0) | {
        "dense": 2.0 + effect["better_per_flop"],
        "dense_equal": 2.0 - effect["worse_per_parameter"],
        "second_half": 2.0 - effect["later_layers"],
    }
    entropies = dict.fromkeys(families, 0.5) | {"all": 0.5 + effect["balance_evens_load"]}
    rows = [
        row
        for name, family in families.items()
        for row in make_rows(
            name, family, "bytes_text", seeds, rng, loss_nats=losses[name], load_entropy=entropies[name]
        )
    ]
    return assemble(rows)


def make_tokens(margins: float, seeds: int, rng: np.random.Generator) -> pd.DataFrame:
    """The gap narrows, and the copies gain, by `margins` of their margins; the gap itself is 0.1 nats."""
    rows: list[dict[str, Any]] = []
    narrowed, gain = margins * multi_token.NARROWS.margin, margins * multi_token.INDUCTION.margin
    for width, ahead, loss in ((16, 1, 2.0), (16, 4, 2.1), (48, 1, 1.5), (48, 4, 1.6 - narrowed)):
        family = multi_token.make_family(width, ahead)
        rows += make_rows(f"{width}, {ahead}", family, "bytes_text", seeds, rng, loss_nats=loss)
    for ahead, accuracy in ((1, 0.5), (2, 0.5 + gain)):
        family = multi_token.make_family(16, ahead)
        rows += make_rows(f"copies, {ahead}", family, "induction", seeds, rng, loss_nats=1.0, accuracy_top1=accuracy)
    return assemble(rows)


def list_differences(runs: pd.DataFrame) -> dict[str, pd.Series]:
    """What each claim is about, seed by seed, told by the names of the arms."""
    measured = list(runs.columns.intersection(["loss_nats", "load_entropy", "accuracy_top1"]))
    wide = runs[runs["learning_rate"].eq(0.02)].pivot_table(measured, "seed", "arm")
    if "load_entropy" in runs:
        compared = mixture_of_experts.COMPARED
        return {asked.claim: wide[column][one] - wide[column][other] for asked, one, other, column, _ in compared}
    losses, hits = wide["loss_nats"], wide["accuracy_top1"]
    return {
        "gap_narrows": (losses["16, 4"] - losses["16, 1"]) - (losses["48, 4"] - losses["48, 1"]),
        "induction_gains": hits["copies, 2"] - hits["copies, 1"],
    }


BOTH = pytest.mark.parametrize(("sweep", "make"), [(mixture_of_experts, make_experts), (multi_token, make_tokens)])


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.claim)
def test_nothing_and_the_smallest_effect_are_support_one_time_in_forty(question: Question) -> None:
    """By the interval that the next test finds in the verdicts."""
    assert count_support(question, math.sqrt(2) * LUCK) <= find_most_false(TRIALS)


@BOTH
@pytest.mark.parametrize("margins", [0.0, 1.0])
def test_the_interval_is_students_of_the_differences(sweep: Any, make: Make, margins: float) -> None:
    runs = make(margins, 12, open_stream(0, "arms"))
    differences = list_differences(runs)
    verdicts = judge(sweep, runs)
    assert {verdict.claim for verdict in verdicts} == set(differences)
    for verdict in verdicts:
        found = verdict.estimate
        assert (found.value, found.low, found.high) == pytest.approx(bracket(list(differences[verdict.claim])))


@BOTH
def test_a_plausible_effect_is_supported_and_its_opposite_reversed(sweep: Any, make: Make) -> None:
    for sign, outcome in ((4.0, Outcome.SUPPORTED), (-4.0, Outcome.REVERSED)):
        for verdict in judge(sweep, make(sign, 12, open_stream(1, "arms"))):
            assert verdict.outcome is outcome and verdict.estimate.n == 12, verdict
            assert len(set(verdict.run_keys)) == len(verdict.run_keys) in (24, 48)


@BOTH
@pytest.mark.parametrize("seeds", [1, 2, 11])
def test_few_seeds_are_underpowered(sweep: Any, make: Make, seeds: int) -> None:
    for verdict in judge(sweep, make(4.0, seeds, open_stream(2, "arms"))):
        assert verdict.outcome is Outcome.UNDERPOWERED
        assert "lab run" in verdict.reason


@pytest.mark.parametrize("preset", list(mixture_of_experts.presets))
def test_the_dense_arms_have_the_compute_and_the_parameters_of_the_routed_one(preset: str) -> None:
    shape = Shape(256, 64)
    nets = {k: build_entry("families", f) for k, f in mixture_of_experts.presets[preset].families.items()}
    totals = {name: sum(net.count_parameters(shape).values()) for name, net in nets.items()}
    assert totals["dense_equal"] == pytest.approx(totals["all"], rel=0.05)
    assert nets["dense"].count_forward_flops(shape) == pytest.approx(nets["all"].count_forward_flops(shape), rel=0.05)
    assert totals["first_half"] == totals["second_half"] < totals["all"]


def test_nets_that_foretell_more_tokens_have_as_many_parameters() -> None:
    shape = Shape(256, 64)
    nets = [build_entry("families", multi_token.make_family(16, ahead)) for ahead in (1, 2, 4)]
    assert len({sum(net.count_parameters(shape).values()) for net in nets}) == 1


def test_an_arm_is_what_most_seeds_ran_and_only_what_ended() -> None:
    rows = list(make_rows("lstm", {"name": "lstm", "width": 8}, "markov", 3, open_stream(3, "arms"), loss_nats=1.0))
    rows[-1]["status"] = "diverged"
    tables = Tables(Study("arms", ""), pd.DataFrame(rows), pd.DataFrame())
    arm = select_arm(tables, family="lstm", size=8)
    assert arm["seed"].tolist() == [0, 1] and set(arm["learning_rate"]) == {0.02}
    assert pair_seeds(arm, arm.iloc[:1]).to_dict() == {0: 0.0}
    assert select_arm(tables, family="lstm", colour="red").empty


def test_an_arm_searches_its_own_rate_and_trains_every_seed_at_it() -> None:
    plan = multi_token.presets["smoke"]
    first = plan.list_specs(pd.DataFrame())
    assert {spec.stage for spec in first} == {"search"} and len(first) == 6 * 3
    best = {0.01: 1.2, 0.02: 1.0, 0.04: 1.1}
    table = pd.DataFrame(
        [{"run_key": s.key, "status": "done", "loss_nats": best[s.fields["learning_rate"]]} for s in first]
    )
    grid = [spec for spec in plan.list_specs(table) if spec.stage == "grid"]
    assert {(spec.fields["seed"], spec.fields["learning_rate"]) for spec in grid} == {(0, 0.02), (1, 0.02)}
    told = describe_family(grid[0].fields["family"])
    assert told.items() <= grid[0].describe().items(), "the judge knows an arm by the columns of its runs"
