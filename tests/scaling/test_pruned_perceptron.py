"""Data pruning of a perceptron: the theory in its limits, the solver with its certificate, each against the other."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import integrate
from scipy.stats import norm
from sklearn.svm import SVC

from lab.core.errors import InputError, LabError
from lab.core.seeds import open_stream
from lab.scaling.pruning.band import Band, Side
from lab.scaling.pruning.margin import separate
from lab.scaling.pruning.perceptron import choose_examples, draw_pool, teach
from lab.scaling.pruning.theory import Plane, solve_student

ALL = Band("random", 1.0)


def test_all_examples_give_the_classical_curve() -> None:
    """Opper and Kinzel 1996: ε ≈ 0.50/α for the perceptron of largest margin; few examples: ε → ½ − √(2α/π)/π."""
    assert solve_student(1000.0, ALL).error * 1000 == pytest.approx(0.5005, abs=1e-4)
    assert solve_student(0.004, ALL).error == pytest.approx(0.5 - math.sqrt(2 * 0.004 / math.pi) / math.pi, abs=1e-3)
    assert solve_student(8.0, Band("random", 0.25)) == solve_student(2.0, ALL)


@pytest.mark.parametrize(("alpha", "keep"), [(2.0, 0.5), (10.0, 0.3)])
def test_it_solves_the_papers_equations_for_a_perfect_probe(alpha: float, keep: float) -> None:
    """R and κ of the hard examples in the form of Sorscher et al. 2022, appendix A: one integral over t each."""
    found, edge, kept = solve_student(alpha, Band("hard", keep)), Band("hard", keep).edge, alpha * keep
    overlap, free = found.overlap, 1 - found.overlap**2

    def pull(t: float) -> float:
        reach = 1 - math.exp(-edge * (edge - 2 * overlap * t) / (2 * free))
        return float(norm.pdf(t)) * math.exp(-((overlap * t) ** 2) / (2 * free)) * reach * (found.margin - t)

    def lack(t: float) -> float:
        ends = (-overlap * t / math.sqrt(free), (edge - overlap * t) / math.sqrt(free))
        return float(norm.pdf(t) * (norm.sf(ends[0]) - norm.sf(ends[1]))) * (found.margin - t) ** 2

    sums = [integrate.quad(weigh, -12, found.margin, epsabs=1e-13)[0] for weigh in (pull, lack)]
    assert overlap == pytest.approx(2 * kept / keep / math.sqrt(2 * math.pi * free) * sums[0], rel=1e-8)
    assert free == pytest.approx(2 * kept / keep * sums[1], rel=1e-8)


def test_the_equations_hold_under_another_quadrature() -> None:
    """Equations (1), averaged by scipy over the plane, at the student that was found."""
    band, kept = Band("hard", 0.4, 25.0), 3.0
    plane = Plane(band)
    found = solve_student(kept / 0.4, band)
    points = [plane.find(kept, np.arcsinh([k, *(u * plane.teacher)])) for k in (0.2, 1.0) for u in (1.0, 4.0)]
    point = next(p for p in points if p is not None)
    k, u = plane.read(point)
    theta, edge = band.radians, band.edge

    def average(weigh: object) -> float:
        def inner(v: float, z: float) -> float:
            m = k - u[0] * z - u[1] * v
            return float(weigh(m, z, v)) * norm.pdf(z) * norm.pdf(v)  # type: ignore[operator]

        low = lambda z: max(-z / math.tan(theta), -9.0)  # noqa: E731
        return 2 / 0.4 * integrate.dblquad(inner, -edge, edge, low, lambda z: 9.0, epsabs=1e-9)[0]

    def ramp(m: float) -> float:
        return float(m * norm.cdf(m) + norm.pdf(m))

    assert kept * average(lambda m, z, v: (m * m + 1) * norm.cdf(m) + m * norm.pdf(m)) == pytest.approx(1, abs=1e-6)
    support = kept * average(lambda m, z, v: norm.cdf(m))
    assert support == pytest.approx(found.support, abs=1e-6)
    for axis, pull in enumerate((lambda m, z, v: ramp(m) * z, lambda m, z, v: ramp(m) * v)):
        assert u[axis] * (1 - support) == pytest.approx(kept * average(pull), abs=1e-6)


@pytest.mark.parametrize("side", ["hard", "easy"])
def test_a_probe_next_to_the_teacher_is_the_teacher(side: Side) -> None:
    exact, near = (solve_student(6.0, Band(side, 0.5, theta)) for theta in (0.0, 0.05))
    assert near.error == pytest.approx(exact.error, rel=1e-3)
    blind = solve_student(6.0, Band(side, 0.5, 90.0)).error
    assert blind > exact.error


def test_the_two_halves_of_the_claim() -> None:
    """Few examples: the easy half is better than all of them; many: a hard quarter is as good as all."""
    scarce = {side: solve_student(2.0, Band(side, 0.5)).error for side in ("hard", "easy", "random")}
    assert scarce["easy"] < solve_student(2.0, ALL).error < scarce["random"] < scarce["hard"]
    abundant = {side: solve_student(40.0, Band(side, 0.25)).error for side in ("hard", "easy", "random")}
    assert solve_student(40.0, ALL).error == pytest.approx(abundant["hard"], rel=1e-6)
    assert abundant["hard"] < abundant["easy"] < abundant["random"]


def test_next_to_the_teachers_plane_two_examples_a_dimension_are_the_edge() -> None:
    """So thin a band takes any labels below two a dimension (Cover 1965), and fixes the plane above."""
    below, above = (solve_student(kept * 1000, Band("hard", 1e-3)).error for kept in (1.8, 2.5))
    assert below > 0.3 and above < 1e-3


@pytest.mark.parametrize("side", ["hard", "easy"])
@pytest.mark.parametrize("theta", [0.0, 30.0])
def test_simulated_students_err_as_the_theory_says(side: Side, theta: float) -> None:
    band = Band(side, 0.5, theta)
    errors = [teach(draw_pool(6.0, 60, seed), band).error for seed in range(60)]
    off = np.mean(errors) - solve_student(6.0, band).error
    # The bias of 60 dimensions is of the order of 1/60 of the error.
    assert abs(off) < 3.5 * np.std(errors, ddof=1) / math.sqrt(len(errors)) + np.mean(errors) / 60


def test_the_separator_is_that_of_a_support_vector_machine() -> None:
    pool_PD = draw_pool(3.0, 20, 5)
    labels_P = np.where(pool_PD[:, 0] > 0, 1.0, -1.0)
    # Without a threshold: every example and its mirror image.
    both_PD, both_P = np.vstack([pool_PD, -pool_PD]), np.concatenate([labels_P, -labels_P])
    peer = SVC(C=1e8, kernel="linear", tol=1e-8).fit(both_PD, both_P).coef_.ravel()
    found = separate(pool_PD * labels_P[:, np.newaxis])
    peer = peer / np.linalg.norm(peer)
    assert float(found.weights @ peer) == pytest.approx(1, abs=1e-8)
    assert found.margin >= (pool_PD * labels_P[:, np.newaxis] @ peer).min() - 1e-12
    assert found.angle < 3e-6


@pytest.mark.parametrize("count", [1, 2, 30])
def test_fewer_examples_than_dimensions(count: int) -> None:
    """w = Aᵀ(A Aᵀ)⁻¹1 where that has no negative part, as for one example."""
    examples_PD = open_stream(0, "few").standard_normal((count, 40))
    found = separate(examples_PD)
    fields_P = examples_PD @ found.weights
    assert fields_P.min() == pytest.approx(found.margin) and found.margin > 0
    if count == 1:
        assert found.margin == pytest.approx(np.linalg.norm(examples_PD))


def test_where_the_numbers_end_the_answer_is_still_certified() -> None:
    """Slacks of next to nothing end some of these before the last step; a student is taught all the same."""
    lessons = [teach(draw_pool(10.0, 50, seed), ALL) for seed in range(1000, 1040)]
    assert max(lesson.doubt for lesson in lessons) < 1e-5


def test_what_is_not_separable_is_said_to_be() -> None:
    with pytest.raises(LabError, match="separable"):
        separate(np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0]]))
    with pytest.raises(InputError):
        separate(np.array([[np.nan, 1.0]]))


def test_the_kept_examples_are_those_of_least_and_most_margin() -> None:
    pool_PD = draw_pool(10.0, 12, 0)
    field_P = np.abs(math.cos(0.4) * pool_PD[:, 0] + math.sin(0.4) * pool_PD[:, 1])
    hard, easy = (choose_examples(pool_PD, Band(side, 0.25, math.degrees(0.4))) for side in ("hard", "easy"))
    assert len(hard) == len(easy) == 30 and not set(hard) & set(easy)
    assert field_P[hard].max() <= np.delete(field_P, hard).min()
    assert field_P[easy].min() >= np.delete(field_P, easy).max()


@pytest.mark.parametrize("wrong", [{"keep": 0.0}, {"keep": 1.5}, {"theta": -1.0}, {"theta": 91.0}, {"side": "best"}])
def test_a_band_that_is_none(wrong: dict[str, float | str]) -> None:
    with pytest.raises(InputError):
        Band(**{"side": "hard", "keep": 0.5, **wrong})  # type: ignore[arg-type]


@pytest.mark.parametrize("alpha", [1e-4, 1e5, math.nan])
def test_a_ratio_out_of_reach(alpha: float) -> None:
    with pytest.raises(InputError, match="per dimension"):
        solve_student(alpha, ALL)
