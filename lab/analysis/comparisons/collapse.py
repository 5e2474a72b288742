"""Do the curves of compute-optimal runs of all sizes collapse onto one? A test of whether a sweep scaled its recipe.

Qiu et al. 2025 (arXiv 2507.02119, section 2): with x the share of a run's compute and E the irreducible loss, the
normalised curves ℓ(x) = (L(x) − E) / (L(1) − E) of compute-optimal runs coincide, and part where a hyper-parameter was
scaled wrongly. Their spread over sizes, Δ(x), stands beside the spread over seeds, σ(x). What is judged here is the
part of Δ that goes with size: the drift of a run's mean ln ℓ from the smallest size to the largest. A horizon is rarely
the best one exactly; by how much that moves the mean ln ℓ the joint law tells, and it is taken out.

Shapes: R runs, G shares of the compute.
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
from lab.tables import Tables

Array = NDArray[Any]

SHARES = np.geomspace(1 / 8, 1.0, 13)
"""Where curves are compared: earlier, the warm-up that all horizons have in common is a share of its own of each."""
TOLERANCE = 0.05
"""Of the reducible loss: a mean drift of less than a twentieth over all sizes is none."""
NEAREST = math.sqrt(2.0)
"""A run is compute-optimal if its tokens are within this factor of the best; half a step of a ladder of doublings."""
FEWEST_SIZES = 3
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
    irreducible = joint.fit.find("E")
    if not math.isfinite(irreducible.value):
        return Collapse(joint, reason=f"the joint law has no answer ({joint.fit.reason or joint.fit.status})")
    chosen, left_out = _choose_runs(select_runs(tables).rows, joint, convention)
    losses, chosen = _trace(tables.curves, chosen)
    sizes, seeds = chosen[convention].nunique(), chosen.groupby(convention)["seed"].nunique().max()
    if sizes < FEWEST_SIZES or seeds < 2:
        told = f"{sizes} sizes have a compute-optimal run with a curve" + (f", {seeds} seeds at most" if sizes else "")
        return Collapse(joint, left_out=left_out, reason=f"{told}; it takes {FEWEST_SIZES} sizes and 2 seeds")
    if losses.min() <= irreducible.value:
        return Collapse(joint, left_out=left_out, reason=f"the fitted E, {irreducible}, is not below every loss")
    sizes_R = chosen[convention].to_numpy(float)
    means = _Means(losses, _expect_offset(joint, sizes_R, chosen["tokens"].to_numpy(float)))
    curves = chosen.loc[chosen.index.repeat(len(SHARES))].assign(
        share=np.tile(SHARES, len(chosen)), normalised=_normalise(losses, irreducible.value).ravel()
    )
    return Collapse(
        joint,
        curves.reset_index(drop=True),
        _measure_spread(losses, irreducible.value, sizes_R),
        drift=_fit_drift(means, sizes_R, irreducible, 0.95),
        narrow=_fit_drift(means, sizes_R, irreducible, 0.9),
        left_out=left_out,
    )


def find_best_tokens(joint: NamedFit, sizes: Array) -> Array:
    """D*(N) where the compute 6·N·D is spent best on N: β·B·D^−β = α·A·N^−α (Hoffmann et al. 2022, eq. 4)."""
    big_a, alpha, big_b, beta = (joint.fit.find(name).value for name in ("A", "alpha", "B", "beta"))
    return np.asarray((beta * big_b / (alpha * big_a) * sizes**alpha) ** (1 / beta))


def _choose_runs(rows: pd.DataFrame, joint: NamedFit, convention: str) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Of each size the runs of the horizon nearest to the best one."""
    kept, left_out = [], []
    for size, own in rows.groupby(convention):
        best = float(find_best_tokens(joint, np.array([size]).astype(float))[0])
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
class _Means:
    """Mean ln ℓ of every run for any E, of its `losses` (R, G), without what its distance from the best horizon adds,
    `offsets` (R,).
    """

    losses: Array
    offsets: Array

    def find(self, irreducible: float) -> Array:
        return np.asarray(np.log(_normalise(self.losses, irreducible))[:, :-1].mean(axis=1) - self.offsets)


def _expect_offset(joint: NamedFit, sizes_R: Array, tokens_R: Array) -> Array:
    """Mean ln ℓ by the joint law at the horizon run, minus that at the best horizon."""
    big_a, alpha, big_b, beta = (joint.fit.find(name).value for name in ("A", "alpha", "B", "beta"))

    def expect(horizons_R: Array) -> Array:
        reducible = (big_a * sizes_R**-alpha)[:, None] + big_b * (SHARES * horizons_R[:, None]) ** -beta
        return np.asarray(np.log(reducible / reducible[:, -1:])[:, :-1].mean(axis=1))

    return expect(tokens_R) - expect(find_best_tokens(joint, sizes_R))


def _fit_drift(means: _Means, sizes_R: Array, irreducible: Estimate, level: float) -> Estimate:
    """The slope of the mean ln ℓ on ln N, times the range of ln N; Student's interval over runs, widened by what the
    interval of E moves it.
    """
    log_sizes = np.log(sizes_R)
    reach, centered = np.ptp(log_sizes), log_sizes - log_sizes.mean()

    def measure(e: float) -> tuple[float, float]:
        own = means.find(e)
        slope = float(centered @ own / (centered @ centered))
        rest = own - own.mean() - slope * centered
        return slope * reach, math.sqrt(float(rest @ rest) / (len(rest) - 2) / float(centered @ centered)) * reach

    value, error = measure(irreducible.value)
    half = float(stdtrit(len(sizes_R) - 2, 0.5 + level / 2)) * error
    method = f"t({len(sizes_R) - 2}) over {len(sizes_R)} runs"
    if irreducible.has_interval:
        highest = min(irreducible.high, 0.999 * float(means.losses.min()))
        half = math.hypot(half, max(abs(measure(e)[0] - value) for e in (max(irreducible.low, 0.0), highest)))
    else:
        method += ", E held fixed"
    return Estimate("drift of ln ℓ over all sizes", value, value - half, value + half, level, "", method, len(sizes_R))
