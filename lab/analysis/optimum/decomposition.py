"""From Kaplan's exponent of the best size to Chinchilla's, one decision of the analyst at a time.

Kaplan et al. 2020 (arXiv 2001.08361) have N* ∝ C^0.73 with N the body, C = 6·N·D and no irreducible loss; Hoffmann et
al. 2022 (arXiv 2203.15556) 0.50 with all parameters, all FLOP and E. The same runs answer under each (Pearce & Song
2024, arXiv 2406.12907; Porian et al. 2024, arXiv 2406.19146).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lab.analysis.laws.jackknife import Units
from lab.analysis.laws.named import fit_rows
from lab.analysis.optimum.approaches import compare_approaches, fit_surface
from lab.analysis.optimum.comparison import ApproachComparison
from lab.analysis.optimum.flatness import Surface
from lab.core.estimate import Estimate
from lab.scaling import Parameter, PowerSum, Term
from lab.tables import Tables

UNTOLD = (
    "warm-up: runs with a long and a short one at the same size (0.71 to 0.60 in Porian et al. 2024)",
    "schedule: runs cooled to their horizon and runs read off a longer one (0.60 to 0.57)",
    "tuning: runs at one common and at each size's best optimiser settings (0.57 to 0.50)",
)


class PureJoint(PowerSum):
    """L(N, D) = A·N^(−α) + B·D^(−β): the joint law without an irreducible loss, as Kaplan et al. 2020 (arXiv
    2001.08361) have none in any of theirs.
    """

    name = "pure_joint"
    citation = "Kaplan et al. 2020, Scaling Laws for Neural Language Models, arXiv 2001.08361"
    predictors = ("size", "tokens")
    parameters = (
        Parameter("A", "A", "nats/token·N^α", linear=True, scale="log"),
        Parameter("B", "B", "nats/token·D^β", linear=True, scale="log"),
        Parameter("alpha", "α", low=0.0, high=3.0),
        Parameter("beta", "β", low=0.0, high=3.0),
    )
    terms = (Term("A", "size", "alpha"), Term("B", "tokens", "beta"))


class Step(NamedTuple):
    """One decision: the exponent a of N* ∝ C^a with it, and what it changed (None at the first)."""

    title: str
    exponent: Estimate
    change: Estimate | None


class Decomposition(NamedTuple):
    """The `steps`, or the `reason` why these runs cannot be decomposed; `untold` names what they cannot tell."""

    steps: tuple[Step, ...]
    reason: str = ""
    next_step: str = ""
    untold: tuple[str, ...] = UNTOLD


def decompose(tables: Tables, level: float = 0.95) -> Decomposition:
    """The exponent of the joint law under Kaplan's choices, then with E, with every FLOP, with every parameter."""
    kaplan, exact, total = (
        compare_approaches(tables, *choice)
        for choice in (("params_body", "flops_6nd"), ("params_body", "flops"), ("params_total", "flops"))
    )
    rows = total.rows
    if rows.empty or not len(rows) == len(kaplan.rows) == len(exact.rows):
        return Decomposition((), "not every run has both counts of parameters and of compute", "add the columns")
    for first, second in (("params_body", "params_total"), ("flops_6nd", "flops")):
        if np.allclose(rows[first], rows[second], rtol=1e-9, atol=0):
            return Decomposition((), f"{first} equals {second} in every run", f"import a column {first} of its own")
    surfaces = [_leave_out_constant(tables, kaplan), kaplan.surface, exact.surface, total.surface]
    choices = [kaplan, kaplan, exact, total]
    known = [surface for surface in surfaces if surface is not None]
    if len(known) < len(surfaces):
        refused = next((c.joint for c in choices if c.surface is None), None)
        reason = refused.fit.reason if refused else "the law without E does not fit"
        return Decomposition((), reason, refused.fit.next_step if refused else "run a wider range")
    slopes = [_find_slope(surface, choice) for surface, choice in zip(known, choices, strict=True)]
    return Decomposition(_list_steps(slopes, total.units, level))


def _list_steps(slopes: list[np.ndarray], units: Units, level: float) -> tuple[Step, ...]:
    titles = ("body parameters, C = 6·N·D, no E", "with E", "with every FLOP", "with every parameter")
    steps = []
    for at, (title, slope) in enumerate(zip(titles, slopes, strict=True)):
        change = units.bracket("change of a", slope - slopes[at - 1], level) if at else None
        steps.append(Step(title, units.bracket("a", slope, level), change))
    return tuple(steps)


def _leave_out_constant(tables: Tables, comparison: ApproachComparison) -> Surface | None:
    """The joint law without E, its theta led by E = 0."""
    law, columns = PureJoint(), {"size": comparison.convention, "tokens": "tokens"}
    joint = fit_rows(tables, comparison.rows, law, columns, "L(N, D) without E", "")
    surface = fit_surface(law, joint, comparison.units, comparison.exchange)
    if surface is None:
        return None
    return Surface(np.insert(surface.theta, 0, 0.0, axis=1), surface.exchange)


def _find_slope(surface: Surface, comparison: ApproachComparison) -> np.ndarray:
    ends = np.log(comparison.span)
    best = surface.find_best(ends)
    return np.asarray((best[:, 1] - best[:, 0]) / (ends[1] - ends[0]))
