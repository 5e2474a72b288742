"""What a max-margin perceptron gets wrong after its examples were pruned, in the limit of many dimensions.

Teacher T and student w are perceptrons in d dimensions, P = α d examples are kept (`lab.scaling.pruning.band`), d → ∞.
With the student's projection off the plane of teacher and probe as the unit of length, it is (k, u): its margin and its
components in that plane. Examples have the plane's fields x = (z, v), z along the probe and v across, and y = sgn T·x;
M = k − y u·x + ξ with ξ ~ N(0, 1) from all other directions, averages over kept examples. The student of largest margin
κ = k/√(1 + u²) on examples that Gordon's comparison allows, α⟨M₊²⟩ ≤ 1, solves

    α⟨M₊²⟩ = 1,   u (1 − α⟨Θ(M)⟩) = α⟨M₊ y x⟩,   α⟨Θ(M)⟩ < 1,                                                  (1)

and errs with ε = arccos(R)/π, R = u·T/√(1 + u²). {(w, κ) : α⟨M₊²⟩ ≤ 1} is convex, so a solution is the only one. These
are the saddle-point equations of Sorscher, Geirhos, Shekhar, Ganguli & Morcos 2022 (arXiv 2206.14486, appendix A, by
the replica method), with k and u for R, ρ and κ; f = 1 is the student of Opper & Kinzel 1996 (Statistical mechanics
of generalization), ε → 0.50/α. α⟨Θ(M)⟩ is the number of support vectors per dimension.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import root
from scipy.special import ndtr

from lab.core.errors import InputError, LabError
from lab.scaling.pruning.band import FARTHEST, Band

Array = NDArray[np.float64]

SMALLEST, LARGEST = 1e-3, 1e4  # examples per dimension
EASIEST = 0.1  # examples per dimension where the student of few examples is a good start
NODES, WEIGHTS = np.polynomial.legendre.leggauss(10)
STEPS = np.array([-FARTHEST, -4.5, -2.0, 0.0, 2.0, 4.5, FARTHEST])  # where Φ bends, in its standard deviations
MOST = 40.0  # of arsinh k and arsinh u: a component of 10¹⁷
TOLERANCE = 1e-9  # of the equations, relative
LONGEST_STEP, SHORTEST_STEP = math.log(4.0), 1e-3  # of ln α and of ln f on the way to a solution


@dataclass(frozen=True)
class Student:
    """The student of equations (1): `error` ε, `overlap` R with the teacher, `margin` κ in standard deviations of a
    field, `support` vectors per dimension, `residual` of the equations (relative).
    """

    error: float
    overlap: float
    margin: float
    support: float
    residual: float


def solve_student(alpha: float, band: Band) -> Student:
    """The student of α · f examples per dimension, kept from α by `band`.

    Raises `InputError` where α · f is outside 10⁻³ … 10⁴, `LabError` where the equations were not solved to 10⁻⁹.
    """
    kept = _count_kept(alpha, band)
    return Plane(band).describe(kept, _find_point(kept, band))


def trace_students(alphas: Sequence[float], band: Band) -> list[Student]:
    """`solve_student` for every one of `alphas`, which rise: a curve, each point sought from the one before."""
    plane, students = Plane(band), []
    point: Array | None = None
    for alpha in alphas:
        kept = _count_kept(alpha, band)
        near = plane.find(kept, point) if point is not None else None
        point = _find_point(kept, band) if near is None else near
        students.append(plane.describe(kept, point))
    return students


def _count_kept(alpha: float, band: Band) -> float:
    kept = alpha * band.keep
    if not SMALLEST <= kept <= LARGEST:
        rule = f"{SMALLEST:g} to {LARGEST:g} kept examples per dimension"
        raise InputError("alpha times the share kept", kept, rule, "keep more, or begin with fewer")
    return kept


@lru_cache(maxsize=4096)
def _find_point(kept: float, band: Band) -> Array:
    """From few examples, where w = Σ y x / d, to `kept` without a choice; then, at as many, to the band's choice.

    The way round matters: of few examples all near the probe's plane next to nothing is learned below two a dimension
    and next to everything above, because so many take any labels (Cover 1965), and no step finds its way past that.
    """
    blind, few = Plane(Band("random", 1.0)), min(kept, EASIEST)
    point = np.arcsinh([1 / math.sqrt(few), *(math.sqrt(few) * blind.average_signs())])
    point = _follow(lambda place, near: blind.find(math.exp(place), near), math.log(few), math.log(kept), point)
    if band.is_blind:
        # Seen by a probe that did not choose, the student lies along the teacher all the same.
        return _turn(point, Plane(band))

    def find(place: float, near: Array) -> Array | None:
        return Plane(replace(band, keep=math.exp(place))).find(kept, near)

    return _follow(find, 0.0, math.log(band.keep), _turn(point, Plane(band)))


def _turn(point: Array, plane: Plane) -> Array:
    """A point of the line, along the teacher of `plane`."""
    k, u = np.sinh(point)
    return np.asarray(np.arcsinh([k, *(u * plane.teacher)]))


def _follow(find: Callable[[float, Array], Array | None], here: float, end: float, point: Array) -> Array:
    """What `find` finds at `end`, from `point` near what it finds `here`, in steps as long as it can take."""
    found, slope, step = find(here, point), np.zeros_like(point), LONGEST_STEP
    while found is not None and here != end:
        reach = math.copysign(min(step, abs(end - here)), end - here)
        further = find(here + reach, found + slope * reach)
        if further is not None:
            here, slope, found = end if abs(end - here) <= step else here + reach, (further - found) / reach, further
        elif abs(reach) > SHORTEST_STEP:
            step = abs(reach) / 2
        else:
            found = None
    if found is None:
        raise LabError("pruned perceptron", here, "its equations were not solved here (ln α, or ln f)", "report it")
    return found


class Plane:
    """Averages over kept examples in the plane of teacher and probe; a line where both are one, or no probe chose."""

    def __init__(self, band: Band) -> None:
        self.band = band
        self.tilt = 0.0 if band.side == "random" else band.radians
        self.is_line = self.tilt == 0
        self.teacher = np.array([1.0]) if self.is_line else np.array([math.cos(self.tilt), math.sin(self.tilt)])

    def average_signs(self) -> Array:
        """⟨y x⟩."""
        fields_KN, weights_N = self.lay_nodes(1.0, np.zeros(len(self.teacher)))
        return np.asarray(fields_KN @ weights_N)

    def lay_nodes(self, k: float, u: Array) -> tuple[Array, Array]:
        """Fields y x of nodes, and weights that sum to 1, for integrands that bend where k − y u·x is within ±9.

        y x has the law of x given y = +1, by symmetry: z in the band, v above −z cot θ.
        """
        low, high = self.band.interval
        if self.is_line:
            bends = (k + STEPS) / u[0] if u[0] else STEPS
            z_N, w_N = _compose(np.unique(np.clip([low, *bends, *STEPS, high], low, high)))
            weights_N = w_N * np.exp(-(z_N**2) / 2)
            return z_N[np.newaxis], weights_N / weights_N.sum()
        return self._lay_plane(k, u, low, high)

    def _lay_plane(self, k: float, u: Array, low: float, high: float) -> tuple[Array, Array]:
        """Nodes in z, and for each of them in v, between the places where the integrand bends."""
        tangent = math.tan(self.tilt)
        along = u[0] - u[1] / tangent
        narrow = STEPS * min(tangent, 1.0)
        corner = (k + STEPS) / along if along else narrow
        across = (k + STEPS * math.hypot(1.0, u[1])) / u[0] if u[0] else narrow
        ends = np.concatenate([narrow, corner, across, STEPS])
        pieces = [np.unique(np.clip([a, *ends, b], a, b)) for a, b in ((-high, -low), (low, high))]
        z_Z, wz_Z = (np.concatenate(part) for part in zip(*map(_compose, pieces), strict=True))
        floor_Z = np.clip(-z_Z / tangent, -FARTHEST, FARTHEST)
        bends_ZB = np.broadcast_to(STEPS, (len(z_Z), len(STEPS)))
        if u[1]:
            bends_ZB = np.concatenate([bends_ZB, ((k - u[0] * z_Z)[:, np.newaxis] + STEPS) / u[1]], axis=1)
        edges_ZB = np.sort(np.clip(bends_ZB, floor_Z[:, np.newaxis], FARTHEST), axis=1)
        half_ZB = np.diff(edges_ZB, axis=1) / 2
        v_ZBG = (edges_ZB[:, :-1] + half_ZB)[..., np.newaxis] + half_ZB[..., np.newaxis] * NODES
        weights_ZBG = wz_Z[:, np.newaxis, np.newaxis] * half_ZB[..., np.newaxis] * WEIGHTS
        used = (weights_ZBG > 0).ravel()
        z_N = np.broadcast_to(z_Z[:, np.newaxis, np.newaxis], v_ZBG.shape).ravel()[used]
        v_N = v_ZBG.ravel()[used]
        weights_N = weights_ZBG.ravel()[used] * np.exp(-(z_N**2 + v_N**2) / 2)
        return np.stack([z_N, v_N]), weights_N / weights_N.sum()

    def read(self, point: Array) -> tuple[float, Array]:
        """(k, u) of a point."""
        scaled = np.sinh(np.clip(point, -MOST, MOST))
        return float(scaled[0]), scaled[1:]

    def weigh(self, alpha: float, point: Array) -> tuple[Array, Array]:
        """Equations (1) at `point` = arsinh (k, u), as what must vanish, and their derivatives.

        In these variables powers of α are straight lines; of the first equation it is the logarithm, and the second
        is over √(1 + u²).
        """
        k, u = self.read(point)
        fields_KN, weights_N = self.lay_nodes(k, u)
        m_N = k - u @ fields_KN
        density_N = np.exp(-(m_N**2) / 2) / math.sqrt(2 * math.pi)
        active_N = ndtr(m_N)
        first_N = m_N * active_N + density_N
        squared = alpha * float(weights_N @ ((m_N**2 + 1) * active_N + m_N * density_N))
        support = alpha * float(weights_N @ active_N)
        pull_K = alpha * (fields_KN @ (weights_N * first_N))
        scale = math.sqrt(1 + float(u @ u))
        values = np.array([np.log(squared), *(u * (1 - support) - pull_K) / scale])
        slope = alpha * float(weights_N @ first_N)
        steep_K = alpha * (fields_KN @ (weights_N * density_N))
        held_K = alpha * (fields_KN @ (weights_N * active_N))
        held_KK = alpha * (fields_KN * (weights_N * active_N)) @ fields_KN.T
        steep = alpha * float(weights_N @ density_N)
        jacobian = np.empty((len(point), len(point)))
        jacobian[0] = 2 * np.array([slope, *(-pull_K)]) / squared
        jacobian[1:, 0] = -u * steep - held_K
        jacobian[1:, 1:] = np.eye(len(u)) * (1 - support) + np.outer(u, steep_K) + held_KK
        jacobian[1:] /= scale
        jacobian[1:, 1:] -= np.outer(values[1:], u) / scale**2
        return values, jacobian * np.cosh(point)

    def find(self, alpha: float, start: Array) -> Array | None:
        """The solution of (1) near `start`, or None."""
        with np.errstate(all="ignore"):
            equations: Any = partial(self.weigh, alpha)  # scipy's stubs want a function of any arguments
            found = root(equations, start, jac=True, method="hybr", tol=1e-13)
            point = np.asarray(found.x, dtype=float)
            good = np.isfinite(point).all() and point[0] > 0 and self.check(alpha, point) < TOLERANCE
        return point if good else None

    def check(self, alpha: float, point: Array) -> float:
        """How far (1) is from holding, relative; infinite where the support vectors are too many."""
        values = self.weigh(alpha, point)[0]
        if self.count_support(alpha, point) >= 1 or not np.isfinite(values).all():
            return math.inf
        return float(np.abs(values).max())

    def count_support(self, alpha: float, point: Array) -> float:
        """α⟨Θ(M)⟩."""
        k, u = self.read(point)
        fields_KN, weights_N = self.lay_nodes(k, u)
        return alpha * float(weights_N @ ndtr(k - u @ fields_KN))

    def describe(self, alpha: float, point: Array) -> Student:
        """The student at a solution."""
        k, u = self.read(point)
        across = 0.0 if self.is_line else float(u[1] * self.teacher[0] - u[0] * self.teacher[1])
        # The angle by its tangent, which keeps its digits where the overlap rounds to 1.
        angle = math.atan2(math.hypot(1.0, across), float(u @ self.teacher))
        norm = math.sqrt(1 + float(u @ u))
        support, residual = self.count_support(alpha, point), self.check(alpha, point)
        return Student(angle / math.pi, math.cos(angle), k / norm, support, residual)


def _compose(edges: Array) -> tuple[Array, Array]:
    """Nodes and weights of Gauss and Legendre's rule on every interval between `edges`."""
    half = np.diff(edges) / 2
    nodes = (edges[:-1] + half)[:, np.newaxis] + half[:, np.newaxis] * NODES
    return nodes.ravel(), (half[:, np.newaxis] * WEIGHTS).ravel()
