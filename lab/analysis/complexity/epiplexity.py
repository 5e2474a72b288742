"""From a fitted law to bits of structure, with an interval; and the law held against the areas that were measured."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from lab.analysis.complexity.code_lengths import measure_runs
from lab.analysis.laws.named import NamedFit, fit_again, read_data
from lab.complexity.epiplexity import LossLaw, split_tokens
from lab.core.errors import InputError, RefusedError
from lab.core.estimate import Estimate
from lab.core.units import NATS_PER_BIT, format_count
from lab.scaling import Law, PowerSum
from lab.scaling.intervals.resampling import draw_parametric
from lab.scaling.problem import Problem
from lab.tables import Tables

Array = NDArray[Any]

DRAWS = 1000
_UNITS = {"tokens": "tokens", "params": "parameters", "structural_bits": "bits", "random_bits": "bits"}


@dataclass(frozen=True)
class DrawnLaw:
    """A law of N and D with `draws` of it, None where there is no honest interval; `method` says how, or why not.

    `units` counts the independent units it was fitted to, 0 for parameters that were given.
    """

    law: LossLaw
    draws: LossLaw | None
    method: str
    units: int = 0

    def bracket(self, name: str, value: Any, draws: Any, unit: str, level: float = 0.95) -> Estimate:
        """A quantity of the law (a number) with the quantiles of its draws (r,)."""
        if draws is None:
            return Estimate(name, float(value), level=level, unit=unit, method=self.method, n=self.units)
        tails = [(1 - level) / 2, (1 + level) / 2]
        if np.isfinite(draws).all():
            low, high = np.quantile(draws, tails)
        else:
            low, high = np.quantile(draws, tails, method="nearest")  # between a number and ∞ lies no other
        return Estimate(name, float(value), float(low), float(high), level, unit, self.method, self.units)


def draw_law(tables: Tables, named: NamedFit) -> DrawnLaw:
    """The fitted law with 1000 refits to resampled units (pairs bootstrap).

    Raises `RefusedError` where the fit has no answer, or is no sum of one power of N, one of D and a constant.
    """
    fit = named.fit
    if fit.theta is None:
        raise RefusedError(f"{named.title}, law {fit.law}", None, fit.reason, fit.next_step)
    law = read_law(fit.form, fit.theta)
    if fit.uncertainty is None:
        return DrawnLaw(law, None, fit.reason, fit.units)
    drawn = fit_again(tables, named, fit.loss, "pairs").fit
    if drawn.draws is None:
        return DrawnLaw(law, None, drawn.reason, fit.units)
    return DrawnLaw(law, read_law(fit.form, drawn.draws), drawn.estimates[0].method, fit.units)


def draw_given(tables: Tables, named: NamedFit, theta: Array) -> DrawnLaw:
    """A law at parameters that were given, with the interval they would have if fitted to the runs of `named`.

    Parametric bootstrap: the law's own losses at every run, with the luck of units and runs that the study shows about
    it, fitted 1000 times. What the published fit used beyond these runs it does not know.
    """
    rows = named.rows_used
    columns = dict(zip(named.fit.predictors, named.columns, strict=True))
    problem = Problem(named.fit.form, read_data(named.fit.form, rows, columns, named.measure), named.fit.loss)
    draws = draw_parametric(problem, theta, DRAWS, 0)
    method = f"given parameters, parametric bootstrap at {len(rows)} runs, {named.fit.units} units"
    return DrawnLaw(read_law(named.fit.form, theta), read_law(named.fit.form, draws), method, named.fit.units)


def read_law(form: Law, theta: Array) -> LossLaw:
    """The parameters (..., p) of a sum of a constant, a power of `size` and one of `tokens`, as N0 and D0.

    Raises `InputError` for any other law: its area has no such closed form.
    """
    terms = {term.predictor: term for term in form.terms} if isinstance(form, PowerSum) else {}
    if set(terms) != {"", "size", "tokens"} or any(term.further for term in terms.values()):
        rule = "needs E plus a power of the size and a power of the tokens"
        raise InputError(f"epiplexity of law {form.name}", None, rule, "use --law chinchilla or tied")
    p = {name: np.asarray(theta)[..., j] for j, name in enumerate(form.names)}
    size, tokens = terms["size"], terms["tokens"]
    return LossLaw.from_coefficients(
        p[terms[""].coefficient], p[size.coefficient], p[size.exponent], p[tokens.coefficient], p[tokens.exponent]
    )


def estimate_split(
    drawn: DrawnLaw, compute: float, test_tokens: float, tokens: float | None = None, level: float = 0.95
) -> list[Estimate]:
    """S, H, S/(S+H), N and D at `compute` FLOP for `test_tokens`; at `tokens` trained on, or at the best number.

    At β ≥ 1 S is unbounded at any number of tokens, none is the best, and S is all there is to say.
    """
    if np.any(drawn.law.beta >= 1):
        return estimate_structure(drawn, tokens or test_tokens, level)
    best = split_tokens(drawn.law, compute, test_tokens, tokens)
    if not best.params >= 1:
        rule = f"{compute:.3g} FLOP over {best.tokens:.3g} tokens leave {best.params:.2g} parameters"
        raise InputError("training tokens", f"{best.tokens:.3g}", rule, "name fewer tokens, or more compute")
    draws = split_tokens(drawn.draws, compute, test_tokens, tokens) if drawn.draws else None
    numbers = {
        "structural_bits": (best.structure / NATS_PER_BIT, draws and draws.structure / NATS_PER_BIT),
        "random_bits": (best.random / NATS_PER_BIT, draws and draws.random / NATS_PER_BIT),
        "structural_share": (best.share, draws and draws.share),
        "tokens": (best.tokens, draws and np.broadcast_to(draws.tokens, draws.random.shape)),
        "params": (best.params, draws and np.broadcast_to(draws.params, draws.random.shape)),
    }
    return [drawn.bracket(n, value, others, _UNITS.get(n, ""), level) for n, (value, others) in numbers.items()]


def estimate_structure(drawn: DrawnLaw, tokens: float, level: float = 0.95) -> list[Estimate]:
    """S of a model trained on `tokens`: it takes neither a budget nor test tokens."""
    if np.any(drawn.law.beta >= 1):
        reason = f"β = {float(drawn.law.beta):.4g} ≥ 1: the area above the loss diverges at t = 0"
        return [Estimate("structural_bits", math.inf, level=level, unit="bits", method=reason, n=drawn.units)]
    draws = drawn.draws and drawn.draws.structure(tokens) / NATS_PER_BIT
    return [drawn.bracket("structural_bits", drawn.law.structure(tokens) / NATS_PER_BIT, draws, "bits", level)]


VERDICTS = {True: "the runs do not tell them apart", False: "they disagree: the fit is flagged", None: "no verdict"}


@dataclass(frozen=True)
class AreaCheck:
    """The closed form held against the areas under the online trajectories.

    `cells`: a row per size and horizon with `area_bits` (mean over seeds, `area_low`, `area_high` Student's over them)
    and `law_bits` (`law_low`, `law_high` from the law's draws) at `area_tokens`; `apart` where the two intervals have
    nothing in common. `ratio`: area over law, its logarithm averaged over trunks. `agrees` is False where the interval
    of the ratio leaves out 1: the fit is flagged.
    """

    cells: pd.DataFrame
    runs: pd.DataFrame
    ratio: Estimate
    reason: str = ""

    @property
    def agrees(self) -> bool | None:
        """Whether the interval of the ratio holds 1; None without an interval."""
        return self.ratio.contains(1.0) if self.ratio.has_interval else None

    @property
    def verdict(self) -> str:
        """The ratio and what it says, in words. A ratio that holds 1 shows no agreement."""
        return self.reason or f"{self.ratio}: {VERDICTS[self.agrees]} ({self.ratio.method})"

    def describe_apart(self) -> str:
        """The sizes and horizons whose area and law have intervals apart; '' where there is no law with one."""
        if self.cells.empty or self.cells["law_low"].isna().all():
            return ""
        apart = self.cells[self.cells["apart"]]
        side = np.where(apart["area_bits"] > apart["law_bits"], "above", "below")
        named = [
            f"N = {format_count(size)}, D = {format_count(tokens)} (area {place})"
            for size, tokens, place in zip(apart["params_total"], apart["tokens"], side, strict=True)
        ]
        return f"Intervals apart in {len(apart)} of {len(self.cells)} sizes and horizons" + (
            f": {'; '.join(named)}" if named else ""
        )


def check_areas(tables: Tables, named: NamedFit, drawn: DrawnLaw, level: float = 0.95) -> AreaCheck:
    """Area over law for the runs the law was fitted to, at the tokens where each area was measured.

    The trunk is the unit: ln(area/law) is averaged over a trunk's horizons, then over trunks. The variances of the
    trunks' luck and of the law's draws add up, as if the areas were of other runs than the law. Where the area of a run
    is 0 or less there is no ratio: without that run it would be one of chosen runs.
    """
    lengths = measure_runs(tables)
    rows = lengths.rows[lengths.rows["run_key"].isin(named.rows_used["run_key"])]
    if rows.empty:
        reason = lengths.reason or "none of the runs that were fitted has an area"
        return AreaCheck(pd.DataFrame(), rows, Estimate("area_ratio", math.nan, method=reason), reason)
    at = rows["area_tokens"].to_numpy(float)
    law = drawn.law.structure(at) / NATS_PER_BIT
    draws = _structure_draws(drawn, at)
    rows = rows.assign(law_bits=law)
    lost = int(rows["area_bits"].le(0).sum())
    if lost:
        method = f"{lost} of {len(rows)} runs have no area above their loss, and to leave them out is to choose"
        return AreaCheck(_average_cells(rows, draws, level), rows, Estimate("area_ratio", math.nan, method=method))
    logs = np.log(rows["area_bits"].to_numpy(float) / law)
    per_trunk = pd.Series(logs).groupby(rows["trunk_key"].to_numpy()).mean().to_numpy()
    weights = 1 / rows.groupby("trunk_key")["run_key"].transform("size").to_numpy(float) / len(per_trunk)
    doubt = float(np.std(np.log(draws / law) @ weights)) if draws is not None else 0.0
    ratio = _bracket_ratio(per_trunk, doubt, level, drawn)
    return AreaCheck(_average_cells(rows, draws, level), rows, ratio)


def _structure_draws(drawn: DrawnLaw, at: Array) -> Array | None:
    if drawn.draws is None:
        return None
    columns = (np.reshape(getattr(drawn.draws, p), (-1, 1)) for p in ("E", "alpha", "N0", "beta", "D0"))
    return LossLaw(*columns).structure(at) / NATS_PER_BIT


def _bracket_ratio(logs: Array, doubt: float, level: float, drawn: DrawnLaw) -> Estimate:
    n, mean = len(logs), float(logs.mean())
    if n < 2 or not math.isfinite(doubt):
        why = "needs two trunks" if n < 2 else "a draw of the law has β ≥ 1, whose area diverges"
        return Estimate("area_ratio", math.exp(mean), level=level, method=why, n=n)
    half = float(stdtrit(n - 1, 0.5 + level / 2)) * math.hypot(float(logs.std(ddof=1)) / math.sqrt(n), doubt)
    told = drawn.method if drawn.draws is not None else "none, its parameters taken as exact"
    method = f"t({n - 1}) over {n} trunks; of the law: {told}"
    return Estimate("area_ratio", math.exp(mean), math.exp(mean - half), math.exp(mean + half), level, "", method, n)


def _average_cells(rows: pd.DataFrame, draws: Array | None, level: float) -> pd.DataFrame:
    """A row per size and horizon; the seeds of a cell are its units."""
    tails = [(1 - level) / 2, (1 + level) / 2]
    ends = np.quantile(draws, tails, axis=0) if draws is not None else np.full((2, len(rows)), np.nan)
    cells = rows.assign(law_low=ends[0], law_high=ends[1]).groupby(["params_total", "tokens"], as_index=False)
    law = cells[["area_tokens", "law_bits", "law_low", "law_high"]].mean()
    area = cells["area_bits"].agg(["mean", "std", "size"])
    reach = stdtrit((area["size"] - 1).clip(lower=1), tails[1]) * area["std"] / np.sqrt(area["size"])
    means = {"area_bits": area["mean"], "area_low": area["mean"] - reach, "area_high": area["mean"] + reach}
    law = law.assign(**means, seeds=area["size"])
    return law.assign(apart=law["area_low"].gt(law["law_high"]) | law["area_high"].lt(law["law_low"]))
