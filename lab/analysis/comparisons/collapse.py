"""Do the curves of compute-optimal runs of all sizes collapse onto one? A test of whether a sweep scaled its recipe.

Qiu et al. 2025 (arXiv 2507.02119, section 2): with x the share of a run's compute and E the irreducible loss, the
normalised curves ℓ(x) = (L(x) − E) / (L(1) − E) of compute-optimal runs coincide, and part where a hyper-parameter was
scaled wrongly. Their spread over sizes, Δ(x), stands beside the spread over seeds, σ(x). What is judged here is the
part of Δ that goes with size: the drift of a run's mean ln ℓ from the smallest size to the largest. A horizon is rarely
the best one exactly; by how much that moves the mean ln ℓ the joint law tells, and it is taken out.

The unit is the size: what its runs have in common, a rate on a grid of octaves, is no luck of a seed. The means of the
sizes scatter about the line of the drift by all of that, and Student's t has as many degrees as sizes less two.

Shapes: R runs, G shares of the compute, S sizes, p parameters of the joint law.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from lab.analysis.laws.fits import fit_joint
from lab.analysis.laws.named import NamedFit
from lab.analysis.selection import select_runs
from lab.core.estimate import Estimate
from lab.core.verdict import Outcome, judge_equivalence
from lab.scaling import Fit
from lab.scaling.result import differentiate
from lab.tables import Tables

Array = NDArray[Any]

SHARES = np.geomspace(1 / 8, 1.0, 13)
"""Where curves are compared: earlier, the warm-up that all horizons have in common is a share of its own of each."""
TOLERANCE = 0.05
"""Of the reducible loss: a mean drift of less than a twentieth over all sizes is none."""
NEAREST = math.sqrt(2.0)
"""A run is compute-optimal if its tokens are within this factor of the best; half a step of a ladder of doublings."""
FEWEST_SIZES, FEWEST_SEEDS = 4, 2
NEXT = "run horizons near the best of each size (`lab optimal` tells them), with three seeds each"


@dataclass(frozen=True)
class Collapse:
    """`curves`: run_key, size, params_total, seed, tokens, share, `normalised`; `spread`: by share the relative
    standard deviation over sizes (`over_sizes`, of their means over seeds) and over seeds (`over_seeds`).

    `drift`: ln of the ratio of the largest size's mean normalised curve to the smallest's, with its interval at 95 and
    at 90 %. `reason` is not empty where the study does not bear the test.
    """

    joint: NamedFit
    curves: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)
    spread: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)
    drift: Estimate = field(default_factory=lambda: Estimate("drift", math.nan))
    narrow: Estimate = field(default_factory=lambda: Estimate("drift", math.nan))
    left_out: tuple[str, ...] = ()
    reason: str = ""

    @property
    def outcome(self) -> Outcome:
        """Whether the curves collapse: equivalence of the drift with 0, within ± `TOLERANCE`."""
        return judge_equivalence(self.narrow, self.drift, TOLERANCE)

    @property
    def badge(self) -> str:
        """'collapses', 'drifts with size' or 'not settled'."""
        words = {Outcome.SUPPORTED: "collapses", Outcome.NOT_SUPPORTED: "drifts with size"}
        return words.get(self.outcome, "not settled")

    def describe(self) -> str:
        """One sentence for a caption."""
        if self.reason:
            return f"No collapse test: {self.reason}. Next: {NEXT}"
        inner = self.spread[self.spread["share"] < 1]
        sizes, seeds = (float(inner[name].median()) for name in ("over_sizes", "over_seeds"))
        drift = f"{self.drift.value:+.3f} [{self.drift.low:+.3f}, {self.drift.high:+.3f}]"
        return (
            f"{self.badge}: ln ℓ drifts by {drift} from the smallest size to the largest (none: within "
            f"±{TOLERANCE:g}); median spread {sizes:.1%} over sizes, {seeds:.1%} over seeds"
        )


def measure_collapse(tables: Tables, convention: str = "params_total") -> Collapse:
    """The collapse of a study's compute-optimal runs, E and the best tokens of each size from its joint law L(N, D)."""
    joint = fit_joint(tables, convention=convention)
    irreducible, theta = joint.fit.find("E"), joint.fit.theta
    if theta is None:
        return Collapse(joint, reason=f"the joint law has no answer ({joint.fit.reason or joint.fit.status})")
    chosen, left_out = _choose_runs(select_runs(tables).rows, theta, convention)
    losses, chosen = _trace(tables.curves, chosen)
    seeds = chosen.groupby(convention)["seed"].nunique()
    if len(seeds) < FEWEST_SIZES or seeds.min() < FEWEST_SEEDS:
        told = f"{len(seeds)} sizes have compute-optimal runs with a curve"
        told += f", one of them {seeds.min()} seed" if len(seeds) and seeds.min() < FEWEST_SEEDS else ""
        rule = f"it takes {FEWEST_SIZES} sizes of {FEWEST_SEEDS} seeds each"
        return Collapse(joint, left_out=left_out, reason=f"{told}; {rule}")
    if losses.min() <= irreducible.value:
        return Collapse(joint, left_out=left_out, reason=f"the fitted E, {irreducible}, is not below every loss")
    sizes_R, tokens_R = (chosen[name].to_numpy(float) for name in (convention, "tokens"))
    traced = _Traced(losses, sizes_R, tokens_R)
    curves = chosen.loc[chosen.index.repeat(len(SHARES))].assign(
        share=np.tile(SHARES, len(chosen)), normalised=_normalise(losses, irreducible.value).ravel()
    )
    return Collapse(
        joint,
        curves.reset_index(drop=True),
        _measure_spread(losses, irreducible.value, sizes_R),
        drift=_estimate_drift(traced, joint.fit, 0.95),
        narrow=_estimate_drift(traced, joint.fit, 0.9),
        left_out=left_out,
    )


def find_best_tokens(theta: Array, sizes: Array) -> Array:
    """D*(N) of Chinchilla's E, A, B, α, β: where β·B·D^−β = α·A·N^−α (Hoffmann et al. 2022, eq. 4), tokens."""
    _, big_a, big_b, alpha, beta = theta
    return np.asarray((beta * big_b / (alpha * big_a) * sizes**alpha) ** (1 / beta))


def _choose_runs(rows: pd.DataFrame, theta: Array, convention: str) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Of each size the runs of the horizon nearest to the best one."""
    kept, left_out = [], []
    for size, own in rows.groupby(convention):
        best = float(find_best_tokens(theta, np.array([size]).astype(float))[0])
        far = np.abs(np.log(own["tokens"] / best))
        if far.min() > math.log(NEAREST) * (1 + 1e-9):
            nearest = own["tokens"].loc[far.idxmin()]
            left_out.append(f"N = {size:.3g}: best at {best:.3g} tokens, the nearest horizon is {nearest:.3g}")
        else:
            kept.append(own[far == far.min()])
    columns = ["run_key", "size", convention, "seed", "tokens", "loss_nats"]
    chosen = pd.concat(kept) if kept else rows.iloc[:0]
    return chosen[list(dict.fromkeys(columns))].reset_index(drop=True), tuple(left_out)


def _trace(curves: pd.DataFrame, chosen: pd.DataFrame) -> tuple[Array, pd.DataFrame]:
    """Held-out losses at `SHARES` of each run's tokens (R, G), linear in the logarithm of the share; runs without a
    curve that reaches back so far are dropped.
    """
    traced, kept = [], []
    for index, row in chosen.iterrows():
        own = curves[(curves["run_key"] == row["run_key"]) & curves["loss_nats"].notna()].sort_values("tokens")
        shares = own["tokens"].to_numpy(float) / row["tokens"]
        if len(own) > 2 and shares[0] <= SHARES[0]:
            losses = np.interp(np.log(SHARES), np.log(shares), own["loss_nats"].to_numpy(float))
            losses[-1] = row["loss_nats"]  # on all windows, where the curve's points are on some
            traced.append(losses)
            kept.append(index)
    return np.array(traced).reshape(len(kept), len(SHARES)), chosen.loc[kept].reset_index(drop=True)


def _normalise(losses_RG: Array, irreducible: float) -> Array:
    reducible = losses_RG - irreducible
    return np.asarray(reducible / reducible[:, -1:])


def _measure_spread(losses_RG: Array, irreducible: float, sizes_R: Array) -> pd.DataFrame:
    normalised, reducible = _normalise(losses_RG, irreducible), losses_RG - irreducible
    own = [sizes_R == size for size in np.unique(sizes_R)]
    means = np.array([normalised[mine].mean(axis=0) for mine in own])
    variances = [(reducible[m].std(axis=0, ddof=1) / reducible[m].mean(axis=0)) ** 2 for m in own if m.sum() > 1]
    return pd.DataFrame(
        {
            "share": SHARES,
            "over_sizes": means.std(axis=0, ddof=1) / means.mean(axis=0),
            "over_seeds": np.sqrt(np.mean(variances, axis=0)),
        }
    )


@dataclass(frozen=True)
class _Traced:
    """Runs with their curves: `losses` (R, G), `sizes` (R,) and `tokens` (R,)."""

    losses: Array
    sizes: Array
    tokens: Array

    def find_line(self, theta: Array) -> tuple[float, float]:
        """Drift over all sizes by the joint law's parameters (p,), and its standard error about the sizes' means."""
        means = np.log(_normalise(self.losses, theta[0]))[:, :-1].mean(axis=1) - self._expect_offset(theta)
        sizes = np.unique(self.sizes)
        own = np.array([means[self.sizes == size].mean() for size in sizes])
        centered = np.log(sizes) - np.log(sizes).mean()
        reach, moment = float(np.ptp(centered)), float(centered @ centered)
        slope = float(centered @ own) / moment
        rest = own - own.mean() - slope * centered
        return slope * reach, math.sqrt(float(rest @ rest) / (len(sizes) - 2) / moment) * reach

    def find_drifts(self, thetas: Array) -> Array:
        """The drift (r,) by each of (r, p) parameters."""
        return np.array([self.find_line(theta)[0] for theta in np.atleast_2d(thetas)])

    def _expect_offset(self, theta: Array) -> Array:
        """Mean ln ℓ by the joint law at the horizon run, minus that at the best horizon (R,)."""
        _, big_a, big_b, alpha, beta = theta

        def expect(horizons: Array) -> Array:
            reducible = (big_a * self.sizes**-alpha)[:, None] + big_b * (SHARES * horizons[:, None]) ** -beta
            return np.asarray(np.log(reducible / reducible[:, -1:])[:, :-1].mean(axis=1))

        return expect(self.tokens) - expect(find_best_tokens(theta, self.sizes))


def _estimate_drift(traced: _Traced, fit: Fit, level: float) -> Estimate:
    """Slope of the sizes' mean ln ℓ on ln N times the range of ln N; its interval has both the scatter of the sizes,
    t(S − 2), and what the covariance of the joint law's parameters moves it (first order), added in quadrature.
    """
    assert fit.theta is not None
    value, error = traced.find_line(fit.theta)
    sizes = len(np.unique(traced.sizes))
    name = "drift of ln ℓ over all sizes"
    if fit.uncertainty is None:
        return Estimate(name, value, level=level, method=f"the joint law has no interval: {fit.reason}", n=sizes)
    slope = differentiate(fit.form, fit.theta, traced.find_drifts)
    moved = math.sqrt(max(float(slope @ fit.uncertainty.covariance @ slope), 0.0))
    half = math.hypot(float(stdtrit(sizes - 2, 0.5 + level / 2)) * error, fit.uncertainty.reach(level) * moved)
    method = f"t({sizes - 2}) over {sizes} sizes, with the covariance of the joint law"
    return Estimate(name, value, value - half, value + half, level, "", method, sizes)
