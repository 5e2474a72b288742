"""What to train for a budget: against closed forms of the Chinchilla law, and in the cases without one."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from lab.analysis.laws.fits import fit_joint
from lab.analysis.laws.named import NamedFit, load_law
from lab.analysis.plans.allocation import Allocation, allocate, propagate
from lab.analysis.plans.budgets import count_flops, find_peak, measure_throughput
from lab.analysis.plans.published import PUBLISHED, load_published
from lab.analysis.plans.surfaces import (
    REPEATED_SIZE,
    REPEATED_TOKENS,
    Workload,
    WorkloadSurface,
    discount_repeats,
    find_least,
)
from lab.core.errors import InputError, UnknownNameError
from lab.scaling import Fit
from tests.synthetic import make_tables

BUDGETS = (1e18, 5.76e23, 1e27)


@pytest.fixture(scope="module")
def published() -> Fit:
    return load_published("chinchilla")


@pytest.fixture(scope="module")
def named() -> NamedFit:
    return fit_joint(make_tables(rates=(0.005, 0.02, 0.08)))


def solve_chinchilla(theta: np.ndarray, compute: float) -> tuple[float, float]:
    """N* = G·(C/6)^a and D* = (C/6)^b/G (Hoffmann et al. 2022, eq. 4)."""
    _, a, b, alpha, beta = theta
    g = (alpha * a / (beta * b)) ** (1 / (alpha + beta))
    return g * (compute / 6) ** (beta / (alpha + beta)), (compute / 6) ** (alpha / (alpha + beta)) / g


def read(plan: Allocation, *names: str) -> list[float]:
    return [plan.find(name).value for name in names]


@pytest.mark.parametrize("compute", BUDGETS)
@pytest.mark.parametrize("name", ["chinchilla", "besiroglu"])
def test_the_optimum_is_the_closed_form(name: str, compute: float) -> None:
    fit = load_published(name)
    assert fit.theta is not None
    plan = allocate(fit, compute)
    size, tokens = solve_chinchilla(fit.theta, compute)
    assert read(plan, "best size", "tokens") == pytest.approx([size, tokens], rel=1e-7)
    loss = fit.form.predict(fit.theta, size=np.array([size]), tokens=np.array([tokens]))[0]
    assert plan.find("mean loss").value == pytest.approx(loss, rel=1e-12)
    assert not plan.find("loss of one run").has_interval and "published" in plan.find("best size").method


def test_the_exponent_is_that_of_the_law(published: Fit) -> None:
    low, high = (allocate(published, compute).find("best size").value for compute in (1e20, 1e24))
    assert math.log(high / low) / math.log(1e4) == pytest.approx(published.find("a").value, abs=1e-8)


def test_kaplans_optimum_is_that_of_his_appendix() -> None:
    """1/α_C = 1/α_S + 1/α_B + 1/α_N, N* ∝ C^(α_C/α_N), L* ∝ C^(−α_C) and L* = (1 + α_N/α_S)·L(N*, ∞)."""
    fit, constants = load_published("kaplan"), PUBLISHED["kaplan"].theta
    power = 1 / sum(1 / constants[name] for name in ("alpha_N", "alpha_S", "alpha_B"))
    plans = [allocate(fit, compute) for compute in (1e19, 1e23)]
    sizes, losses = zip(*(read(plan, "best size", "mean loss") for plan in plans), strict=True)
    assert math.log(sizes[1] / sizes[0]) / math.log(1e4) == pytest.approx(power / constants["alpha_N"], abs=1e-7)
    assert math.log(losses[0] / losses[1]) / math.log(1e4) == pytest.approx(power, abs=1e-9)
    limit = (constants["N_c"] / sizes[0]) ** constants["alpha_N"]
    assert losses[0] == pytest.approx((1 + constants["alpha_N"] / constants["alpha_S"]) * limit, rel=1e-8)


def test_the_interval_of_the_size_is_the_delta_method_on_the_closed_form(named: NamedFit) -> None:
    fit, compute = named.fit, 1e14
    plan = allocate(fit, compute, rows=named)
    exact = propagate(fit, lambda theta: math.log(solve_chinchilla(theta, compute)[0]), "best size")
    found = plan.find("best size")
    assert [found.low, found.high] == pytest.approx([exact.low, exact.high], rel=1e-5)
    assert found.contains(found.value) and "15 trunks" in found.method
    loss, mean = plan.find("loss of one run"), plan.find("mean loss")
    assert loss.low < mean.low < mean.value < mean.high < loss.high


def test_the_interval_of_the_size_agrees_with_draws(named: NamedFit) -> None:
    """Parameters drawn from their covariance give N* the spread that the delta method says."""
    fit, compute = named.fit, 1e13
    assert fit.theta is not None and fit.covariance is not None
    moved = np.random.default_rng(0).multivariate_normal(np.zeros(5), fit.covariance / 25, 4000)
    theta = np.where([0, 1, 1, 0, 0], fit.theta * np.exp(moved), fit.theta + moved)
    theta[:, 0] = fit.theta[0] * np.exp(moved[:, 0])
    sizes = np.log([solve_chinchilla(row, compute)[0] for row in theta])
    found = allocate(fit, compute).find("best size")
    assert fit.uncertainty is not None
    half = math.log(found.high / found.value) / fit.uncertainty.reach(0.95)
    assert 5 * sizes.std() == pytest.approx(half, rel=0.06)


@pytest.mark.parametrize("served", [1e10, 1e11, 1e12])
def test_inference_makes_the_best_model_smaller_and_longer_trained(published: Fit, served: float) -> None:
    """Sardana et al. 2024: stationary along 6·N·D + 2·N·T, at a cost that no other size of the same loss undercuts."""
    compute = 1e22
    plain, plan = allocate(published, compute), allocate(published, compute, Workload(served))
    size, tokens, loss = read(plan, "best size", "tokens", "mean loss")
    assert size < plain.find("best size").value and tokens / size > plain.find("tokens per parameter").value
    assert 6 * size * tokens + 2 * size * served == pytest.approx(compute, rel=1e-12)
    assert loss > plain.find("mean loss").value
    _, a, b, alpha, beta = published.theta  # type: ignore[misc]
    marginal = alpha * a * size**-alpha * tokens, beta * b * tokens**-beta * (tokens + served / 3)
    assert marginal[0] == pytest.approx(marginal[1], rel=1e-5)  # ∂L/∂N over ∂C/∂N is ∂L/∂D over ∂C/∂D
    least = plan.surface.find_compute(published.theta, loss)  # type: ignore[arg-type]
    assert least == pytest.approx(compute, rel=1e-6)


def test_without_inference_it_is_chinchilla(published: Fit) -> None:
    assert read(allocate(published, 1e21, Workload(0.0)), "best size") == read(allocate(published, 1e21), "best size")
    sizes = [allocate(published, 1e21, Workload(served)).find("best size").value for served in (1.0, 1e9, 1e10, 1e11)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] == pytest.approx(allocate(published, 1e21).find("best size").value, rel=1e-6)


def test_a_wrong_size_and_what_it_costs(published: Fit) -> None:
    plan = allocate(published, 1e21)
    size, tokens, best = read(plan, "best size", "tokens", "mean loss")
    assert published.theta is not None
    for mistake in plan.mistakes:
        assert mistake.tokens == pytest.approx(tokens / mistake.factor)
        loss = float(plan.surface.measure(published.theta, mistake.size, mistake.tokens)[0])
        assert mistake.loss == pytest.approx(loss) and mistake.regret == pytest.approx(loss / best - 1)
        longer = mistake.tokens * (1 + mistake.deadweight)
        assert float(plan.surface.measure(published.theta, mistake.size, longer)[0]) == pytest.approx(best, rel=1e-9)
    low, high = read(plan, "flat from", "flat to")
    assert low < size < high
    for end in (low, high):
        there = float(plan.surface.measure(published.theta, end, 1e21 / 6 / end)[0])
        assert there == pytest.approx(1.01 * best, rel=1e-9)


def test_a_size_too_small_never_reaches_the_best_loss(published: Fit) -> None:
    plan = allocate(published, 1e21, Workload(unique_tokens=1e9))
    assert plan.mistakes[0].deadweight == math.inf
    with pytest.raises(InputError, match="no compute reaches it"):
        WorkloadSurface(published, Workload()).find_compute(published.theta, 1.6)  # type: ignore[arg-type]


def test_limited_data(published: Fit) -> None:
    """Unlimited at first; then repeats, worth less, move the optimum and raise the loss; the constants are named."""
    compute = 1e21
    free = allocate(published, compute)
    enough = allocate(published, compute, Workload(unique_tokens=2 * free.find("tokens").value))
    assert read(enough, "best size", "mean loss") == pytest.approx(read(free, "best size", "mean loss"), rel=1e-6)
    losses = [
        allocate(published, compute, Workload(unique_tokens=u)).find("mean loss").value for u in (3e10, 1e10, 3e9)
    ]
    assert free.find("mean loss").value < losses[0] < losses[1] < losses[2]
    told = " ".join(allocate(published, compute, Workload(unique_tokens=1e9)).warnings)
    assert "R_D* = 15.39, R_N* = 5.31" in told and "hardly identify" in told and "103 epochs" in told


def test_limited_data_are_those_of_the_data_constrained_law(published: Fit) -> None:
    """From one epoch on, the law of the shelf with the published constants says the same, and plans the same."""
    law = load_law("data_constrained")
    assert published.theta is not None
    theta = np.array([*published.theta, REPEATED_TOKENS, REPEATED_SIZE])
    own = replace(published, form=law, theta=theta)
    workload = Workload(unique_tokens=1e9)
    size, tokens = (axis.reshape(-1) for axis in np.meshgrid([1e7, 1e9, 1e11], [1e9, 4e9, 1e11]))
    ours = WorkloadSurface(published, workload).measure(published.theta, size, tokens)
    assert ours == pytest.approx(WorkloadSurface(own, workload).measure(theta, size, tokens), rel=1e-9)
    plans = [allocate(fit, 1e21, workload) for fit in (published, own)]
    assert read(plans[0], "best size", "mean loss") == pytest.approx(read(plans[1], "best size", "mean loss"), rel=1e-7)
    assert not any("Repeated data" in warning for warning in plans[1].warnings)


def test_repeats_count_as_published() -> None:
    """Four epochs are nearly as good as new, forty are worth 15.4 and never more (R_D* = 15.39)."""
    tokens = discount_repeats(np.array([0.5, 1.0, 4.0, 1e6]), 1.0, REPEATED_TOKENS)
    repeats = REPEATED_TOKENS * (1 - math.exp(-3 / REPEATED_TOKENS))
    assert tokens == pytest.approx([0.5, 1.0, 1 + repeats, 1 + REPEATED_TOKENS])
    assert discount_repeats(np.array([2.0]), 1.0, REPEATED_SIZE) < 2


def test_reach_and_warnings(named: NamedFit) -> None:
    rows = named.rows_used
    largest = 6 * float((rows["params_total"] * rows["tokens"]).max())
    near, far = (allocate(named.fit, factor * largest, rows=named) for factor in (0.3, 100.0))
    assert near.reach["compute"] == pytest.approx(0.3) and not any("Far" in w for w in near.warnings)
    assert far.reach["compute"] == pytest.approx(100) and "Far beyond the data (compute 100×" in far.warnings[0]
    assert 0 < near.find("expected regret").value < far.find("expected regret").value < 0.01


def test_what_cannot_be_allocated(named: NamedFit, published: Fit) -> None:
    tables = make_tables(widths=(16, 24), seeds=(0, 1), rates=(0.02,))
    with pytest.raises(InputError, match="3 different values of N"):
        allocate(fit_joint(tables).fit, 1e14)
    once = fit_joint(make_tables(rates=(0.02,)), law="data_constrained").fit  # no data were repeated
    assert once.theta is not None
    with pytest.raises(InputError, match="do not tell its parameters apart"):
        allocate(once, 1e14, Workload(unique_tokens=1e6))
    with pytest.raises(InputError, match="needs a law of size and tokens"):
        allocate(fit_joint(make_tables(rates=(0.02,)), law="power").fit, 1e14)
    for compute in (math.nan, -1.0, 0.0, math.inf):
        with pytest.raises(InputError, match="positive number of FLOP"):
            allocate(published, compute)
    with pytest.raises(InputError, match="no best size"):
        allocate(published, 5.0)
    for workload in ({"inference_tokens": -1.0}, {"inference_tokens": math.nan}, {"unique_tokens": 0.0}):
        with pytest.raises(InputError):
            Workload(**workload)
    with pytest.raises(UnknownNameError, match="did you mean 'chinchilla'"):
        load_published("chinchila")


@pytest.mark.parametrize("loss", [lambda x: -x, lambda x: x, lambda x: x * np.nan], ids=["falls", "rises", "undefined"])
def test_a_valley_that_is_none(loss: Callable[[np.ndarray], np.ndarray]) -> None:
    assert math.isnan(find_least(loss, 0.0, 10.0))
    assert find_least(lambda x: (x - 3.3) ** 2, 0.0, 10.0) == pytest.approx(3.3, abs=1e-9)


def test_hours_and_money() -> None:
    assert count_flops(2.0, find_peak("h100"), 0.5) == pytest.approx(2 * 3600 * 989.4e12 * 0.5)
    assert find_peak("1e12") == 1e12
    tables = make_tables()
    assert measure_throughput(tables) == pytest.approx(2e10)
    with pytest.raises(InputError, match="share of the peak"):
        count_flops(1.0, 1e12, 1.5)
    with pytest.raises(UnknownNameError, match="did you mean 'h100'"):
        find_peak("h10")
    with pytest.raises(InputError, match="positive"):
        find_peak("-3")
