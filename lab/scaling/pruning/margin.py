"""The perceptron of largest margin, with a certificate.

min ½|w|² subject to A w ≥ 1, rows of A the examples times their labels (Vapnik 1982; hard margin, no threshold), by a
primal-dual interior-point method with Mehrotra's predictor and corrector (Mehrotra 1992, SIAM J. Optim. 2:575). Any
w with A w > 0 and any λ ≥ 0 bracket the largest margin κ,

    min(A w)/|w| ≤ κ ≤ |Aᵀλ| / Σλ,

and since w / min(A w) is feasible and the solution is the feasible point nearest 0, the angle between the two is at
most arccos of the ratio of the bracket's ends: that bounds how much of an error is the solver's own. An upper end of 0
proves that nothing separates the examples.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from lab.core.errors import InputError, LabError

Array = NDArray[np.float64]

MOST_STEPS = 100
TOLERANCE = 1e-12  # of the bracket's width, relative: an angle of 1.4·10⁻⁶
WIDEST = 3e-5  # radians that an answer may be off where the numbers end before that
FLAT = 1e-9  # an upper end of so little of the examples' length is 0
SHORTEN = 0.995  # of the way to the boundary


@dataclass(frozen=True)
class Separator:
    """`weights` of unit length; `margin`, the least of their fields; `angle` to the solution, at most, radians."""

    weights: Array
    margin: float
    angle: float


def separate(examples_PD: Array) -> Separator:
    """The unit vector whose least field over `examples_PD`, each times its label, is largest.

    Raises `InputError` for no example or values that are not finite, `LabError` where the bracket did not close: the
    examples are then not separable, or barely.
    """
    if not examples_PD.size or not np.isfinite(examples_PD).all():
        raise InputError("examples to separate", examples_PD.shape, "at least one, all finite")
    flat = FLAT * float(np.linalg.norm(examples_PD, axis=1).mean())
    point, best, low, high = _start(examples_PD), None, -math.inf, math.inf
    for _ in range(MOST_STEPS):
        try:
            point = _step(examples_PD, *point)
        except np.linalg.LinAlgError:  # the last steps divide by slacks of next to nothing; what is reached may do
            break
        norm = float(np.linalg.norm(point[0]))
        low = float((examples_PD @ point[0]).min()) / norm
        high = float(np.linalg.norm(examples_PD.T @ point[2])) / float(point[2].sum())
        if high <= flat:
            break
        angle = math.acos(max(-1.0, min(1.0, low / high)))
        if best is None or angle < best.angle:
            best = Separator(point[0] / norm, low, angle)
        if 1 - low / high < TOLERANCE:
            break
    if best is None or best.angle > WIDEST:
        rule = f"separable by a plane through the origin; the largest margin is between {low:.3g} and {high:.3g}"
        raise LabError("examples to separate", examples_PD.shape, rule, "a soft margin is another problem")
    return best


def _start(a_PD: Array) -> tuple[Array, Array, Array]:
    """The sum of the examples, scaled to fields of about 1, and positive slacks and duals about it."""
    w_D = a_PD.sum(axis=0)
    fields_P = a_PD @ w_D
    scale = 1 / max(float(np.abs(fields_P).mean()), 1e-300)
    fields_P = fields_P * scale
    return w_D * scale, np.maximum(fields_P - 1, 0.5), np.full(len(a_PD), scale)


def _step(a_PD: Array, w_D: Array, slack_P: Array, dual_P: Array) -> tuple[Array, Array, Array]:
    """One step of predictor and corrector."""
    heavy_P = dual_P / slack_P
    weighted_PD = a_PD * np.sqrt(heavy_P)[:, np.newaxis]
    normal = cho_factor(np.eye(a_PD.shape[1]) + weighted_PD.T @ weighted_PD)
    away_D = a_PD.T @ dual_P - w_D
    lacking_P = slack_P + 1 - a_PD @ w_D

    def solve(target_P: Array) -> tuple[Array, Array, Array]:
        """The Newton step towards slack · dual = target."""
        right_P = (target_P - slack_P * dual_P + dual_P * lacking_P) / slack_P
        dw_D = cho_solve(normal, away_D + a_PD.T @ right_P)
        dslack_P = a_PD @ dw_D - lacking_P
        return dw_D, dslack_P, (target_P - slack_P * dual_P - dual_P * dslack_P) / slack_P

    _, dslack_P, ddual_P = solve(np.zeros_like(slack_P))
    gap = float(slack_P @ dual_P)
    ahead = (slack_P + _reach(slack_P, dslack_P) * dslack_P) @ (dual_P + _reach(dual_P, ddual_P) * ddual_P)
    centre = (float(ahead) / gap) ** 3 * gap / len(slack_P)
    dw_D, dslack_P, ddual_P = solve(centre - dslack_P * ddual_P)
    length = SHORTEN * min(_reach(slack_P, dslack_P), _reach(dual_P, ddual_P))
    return w_D + length * dw_D, slack_P + length * dslack_P, dual_P + length * ddual_P


def _reach(values_P: Array, steps_P: Array) -> float:
    """How far along the step, at most the whole way (over `SHORTEN`), all values stay positive."""
    falling = steps_P < 0
    ends = -values_P[falling] / steps_P[falling]
    return float(min(1 / SHORTEN, ends.min(initial=math.inf)))
