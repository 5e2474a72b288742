"""Statistical complexity of one object or of several stretches of a source, every number with its interval.

Of one sequence: the stationary bootstrap of its words (`lab.complexity.resampling`), for the machine given its states
and only where each half of the sequence shows as many, for block entropies only where h(L) has come to rest, and for
the sample entropies Student's interval over eighths of the sequence. Of several seeds: Student's interval over them,
which is to be preferred where there is a source. What an estimate is worth, `lab.analysis.complexity.admissible` says.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.special import ndtri

from lab.analysis.complexity.admissible import ROUNDING, restrict
from lab.analysis.complexity.settling import (
    BlockSurvey,
    explain_fall,
    explain_growth,
    explain_halves,
    explain_misfit,
    survey_blocks,
)
from lab.complexity.blocks import (
    CORRECTIONS,
    BlockEntropies,
    Floats,
    Integers,
    estimate_miller_madow,
    measure_blocks,
)
from lab.complexity.causal_states import CausalStates, find_causal_states
from lab.complexity.code import Message
from lab.complexity.depth import DECODERS, SIGNIFICANCE, Decoded, find_depth, list_descriptions
from lab.complexity.estimator import Estimator
from lab.complexity.light_cones import measure_light_cones
from lab.complexity.machine import Machine
from lab.complexity.objects import Described
from lab.complexity.regularity import rank_patterns
from lab.complexity.resampling import choose_stretch, count_stretches, draw_positions
from lab.core.errors import RefusedError
from lab.core.estimate import Estimate
from lab.core.fingerprint import KEY_LENGTH, hash_literal
from lab.core.registry import open_shelf
from lab.core.replicates import average_replicates
from lab.core.seeds import open_stream
from lab.core.units import NATS_PER_BIT
from lab.tables import Study, Tables
from lab.tables.frames import CURVE, tidy_runs

DRAWS = 200
PIECES = 8
MOST_UNDONE = 2**21  # symbols: some seconds and 400 MB
MOST_SYMBOLS, MOST_COUNTED = 2**22, 2**28  # and those times their alphabet, as what follows a history: below 1 GB
WORDS = {"block_entropy_rate": "bits/symbol", "block_excess_entropy": "bits"}
MACHINE = {
    "causal_entropy_rate": "bits/symbol",
    "statistical_complexity": "bits",
    "causal_excess_entropy": "bits",
    "crypticity": "bits",
}
PATTERNS = {"permutation_entropy": "of its largest"}
CONES = dict.fromkeys((f"light_cone_information{what}" for what in ("", "_shuffled", "_excess")), "bits/cell")


@dataclass(frozen=True, eq=False)
class Statistics:
    """What was measured of one sequence. `estimates` in the order of a table; a missing one says why in its method."""

    described: Described
    estimates: tuple[Estimate, ...]
    blocks: BlockEntropies
    causal: CausalStates
    descriptions: tuple[Decoded, ...]

    def find(self, name: str) -> Estimate:
        """The estimate called `name`."""
        return next(one for one in self.estimates if one.name == name)


def measure_statistics(described: Described, seed: int = 0, draws: int = DRAWS, level: float = 0.95) -> Statistics:
    """All of it for one object, its symbols in row order; `seed` and `draws` of the bootstrap, none where 0.

    An array of two sides is read as a field too, its rows as time: what light cones share.
    Raises `RefusedError` above 2^22 symbols, or 2^28 over their alphabet where that is less.
    """
    message = described.message
    most = min(MOST_SYMBOLS, MOST_COUNTED // message.alphabet)
    if len(message) > most:
        rule = f"of {message.alphabet} values at most {most:,} symbols, for their time and memory"
        step = "measure a part with --length"
        raise RefusedError(f"statistics of {described.name}", f"{len(message):,} symbols", rule, step)
    blocks, causal = measure_blocks(message.sequence), find_causal_states(message.sequence)
    resampling, survey = _Resampling(seed, draws, level), survey_blocks(message.sequence)
    descriptions = list_descriptions(message) if len(message) <= MOST_UNDONE else ()
    estimates = (
        *_measure_words(survey, blocks, resampling),
        *_measure_machine(message, survey, causal, resampling),
        _measure_patterns(message, resampling),
        *(_measure_pieces(message, name, level) for name in ("sample_entropy", "multiscale_entropy")),
        _count_operations(descriptions),
        *_measure_cones(message, resampling),
    )
    kept = tuple(restrict(one, message.alphabet) for one in estimates)
    return Statistics(described, kept, blocks, causal, descriptions)


def average_statistics(measured: Sequence[Statistics], level: float = 0.95) -> tuple[Estimate, ...]:
    """Each number over independent stretches of one source, with Student's interval over them."""
    if len(measured) == 1:
        return measured[0].estimates
    averages = (
        average_replicates(one.name, [each.find(one.name).value for each in measured], one.unit, level)
        for one in measured[0].estimates
    )
    return tuple(restrict(one, measured[0].described.message.alphabet) for one in averages)


def tabulate_statistics(name: str, measured: Sequence[Statistics]) -> Tables:
    """A study `name`: a run per sequence; as its curve the block entropies by length, the moves of its machine and the
    descriptions that were undone.
    """
    rows, curves = [], []
    for seed, one in enumerate(measured):
        described, rate = one.described, one.described.entropy_rate
        key = hash_literal([described.name, described.message.content_hash, seed])[:KEY_LENGTH]
        told = {"object": described.name, "symbols": len(described.message), "alphabet": described.message.alphabet}
        known = None if rate is None else rate * NATS_PER_BIT
        rows.append({"run_key": key, "trunk_key": key, "seed": seed, "entropy_rate": known, **told})
        lengths = np.arange(1, one.blocks.length + 1)
        curve = {"block_length": lengths, "block_rate_bits": one.blocks.rates_bits}
        parts = (curve, _list_moves(one), _list_work(one))
        curves += [pd.DataFrame({"run_key": key, "trunk_key": key, **part}) for part in parts]
    frame = tidy_runs(pd.DataFrame(rows).assign(study=name, status="done", stage="grid", error=""))
    curve_frame = pd.concat(curves, ignore_index=True)
    curve_frame = curve_frame.reindex(columns=list(dict.fromkeys(["run_key", "trunk_key", *CURVE, *curve_frame])))
    return Tables(Study(name, origin="import", counts={"done": len(frame)}), frame, curve_frame)


def _list_moves(measured: Statistics) -> dict[str, Integers | Floats]:
    machine = measured.causal.machine
    if machine is None:
        return {"state": np.empty(0, dtype=np.int64)}
    state, symbol = np.nonzero(machine.emits)
    leads, share = machine.leads[state, symbol], machine.emits[state, symbol]
    return {"state": state, "symbol": symbol, "leads_to": leads, "move_probability": share}


def _list_work(measured: Statistics) -> dict[str, list[float]]:
    return {
        "decoder": [float(DECODERS.index(one.name)) for one in measured.descriptions],
        "description_bits": [one.bits for one in measured.descriptions],
        "operations": [float(one.operations) for one in measured.descriptions],
    }


@dataclass(frozen=True)
class _Resampling:
    """The stationary bootstrap of one sequence; `draws` resamples, none where 0."""

    seed: int
    draws: int
    level: float

    def resample(
        self,
        units: Mapping[str, str],
        ranks: Integers,
        size: int,
        measure: Callable[[Integers], Sequence[float]],
        given: str = "",
    ) -> list[Estimate]:
        """`measure` of how often each of 0 … `size` − 1 occurs in `ranks`, with normal intervals by its spread over
        resamples of the positions. `units` of the estimates, by their names.
        """
        values = measure(np.bincount(ranks, minlength=size))
        stretch, rng = choose_stretch(len(ranks)), open_stream(self.seed, "statistics", *units)
        drawn = [
            measure(np.bincount(ranks[draw_positions(len(ranks), stretch, rng)], minlength=size))
            for _ in range(self.draws)
        ]
        spread = np.std(drawn, axis=0, ddof=1) if drawn else np.full(len(units), math.nan)
        reach = float(ndtri(0.5 + self.level / 2)) * spread
        way = f"stationary bootstrap, stretches of {stretch:.0f}, {self.draws} draws" if drawn else "not resampled"
        n = count_stretches(len(ranks), stretch)
        return [
            Estimate(name, value, value - half, value + half, self.level, unit, way + given, n)
            for (name, unit), value, half in zip(units.items(), values, reach.tolist(), strict=True)
        ]


def _measure_words(survey: BlockSurvey, blocks: BlockEntropies, resampling: _Resampling) -> list[Estimate]:
    if blocks.reason:
        return _miss(WORDS, blocks.reason)
    longest, correct = survey.longest, CORRECTIONS[blocks.correction]

    def measure(counts: Integers) -> tuple[float, float]:
        whole = correct(counts)
        rate = whole - correct(np.bincount(longest.suffixes, counts).astype(np.int64))
        return rate, whole - longest.length * rate

    found = resampling.resample(WORDS, longest.ranks, longest.distinct, measure, f"; blocks of {longest.length}")
    # The shorter blocks are counted within the longest here: at the end of the sequence one is missing.
    found = [_recentre(one, value) for one, value in zip(found, (blocks.rate_bits, blocks.excess_bits), strict=True)]
    if blocks.rate_bits < 0:
        return _withdraw(found, f"the correction for few blocks takes h({longest.length}) below 0")
    if resampling.draws and found[0].high - found[0].low <= ROUNDING:
        return _withdraw(found, f"h({longest.length}) varies in no resample, and E rests on it")
    return _withdraw(found, explain_fall(survey, blocks.rates_bits, (found[0].high - found[0].low) / 2))


def _measure_machine(
    message: Message, survey: BlockSurvey, causal: CausalStates, resampling: _Resampling
) -> list[Estimate]:
    machine, known = causal.machine, causal.states >= 0
    if machine is None:
        return _miss({**MACHINE, "causal_states": "states"}, causal.reason)
    kinds = machine.emits.shape[1]
    steps = causal.states[known] * kinds + np.unique(message.sequence, return_inverse=True)[1][known]

    def measure(counts: Integers) -> tuple[float, ...]:
        follows = counts.reshape(-1, kinds) * (machine.emits > 0)
        seen = follows.sum(axis=1, keepdims=True)
        drawn = Machine(np.where(seen > 0, follows / np.maximum(seen, 1), machine.emits), machine.leads)
        return drawn.rate_bits, drawn.complexity_bits, drawn.excess_bits, drawn.crypticity_bits

    reason = ""
    if resampling.draws:
        reason = (
            explain_misfit(survey, machine)
            or explain_growth(survey, message.sequence, causal)
            or explain_halves(message.sequence, machine)
        )
    resampling = replace(resampling, draws=0 if reason else resampling.draws)
    found = resampling.resample(MACHINE, steps, machine.emits.size, measure, "; given the states")
    told = f"histories of up to {causal.reach} symbols"
    states = Estimate("causal_states", machine.states, unit="states", method=told)
    return [*_withdraw(found, reason), states]


def _withdraw(estimates: list[Estimate], reason: str) -> list[Estimate]:
    """The same without intervals, where there is a reason."""
    return [replace(one, low=math.nan, high=math.nan, method=reason) for one in estimates] if reason else estimates


def _measure_patterns(message: Message, resampling: _Resampling) -> Estimate:
    estimator = open_shelf("estimators").load("permutation_entropy")()
    if reason := estimator.explain(message):
        return _miss(PATTERNS, reason)[0]
    ranks = rank_patterns(message.sequence, estimator.order, estimator.delay)
    most = math.log2(math.factorial(estimator.order))
    shuffled = Message(open_stream(resampling.seed, "patterns").permutation(message.sequence), message.alphabet)
    share = f"share of log2 {estimator.order}! = {most:.3f} bits; equal values count as rising"
    given = f"; {share}: shuffled, the sequence has {estimator.estimate(shuffled):.3f}"
    return resampling.resample(
        PATTERNS,
        ranks,
        int(ranks.max()) + 1,
        lambda counts: [min(estimate_miller_madow(counts) / most, 1.0)],
        given,
    )[0]


def _measure_pieces(message: Message, name: str, level: float) -> Estimate:
    """The number of the whole sequence, as far about as Student's interval over its eighths reaches."""
    estimator: Estimator = open_shelf("estimators").load(name)()
    value = estimator.estimate(message)
    if math.isnan(value):
        return _miss({name: estimator.unit}, estimator.explain(message))[0]
    pieces = [Message(piece, message.alphabet) for piece in np.array_split(message.sequence, PIECES)]
    spread = average_replicates(name, [estimator.estimate(piece) for piece in pieces], estimator.unit, level, "pieces")
    if spread.n < PIECES:
        reason = f"an interval is over {PIECES} pieces, and pieces of {len(pieces[-1])} symbols are too short for it"
        return Estimate(name, value, unit=estimator.unit, method=reason)
    return _recentre(spread, value)


def _measure_cones(message: Message, resampling: _Resampling) -> list[Estimate]:
    """Of cones a step deep; nothing of what is no field."""
    if message.symbols.ndim != 2:
        return []
    if min(message.symbols.shape) < 3:
        return _miss(CONES, "cones need three rows and three columns")
    found = measure_light_cones(message.symbols, seed=resampling.seed, level=resampling.level)
    return _miss(CONES, found.reason) if found.reason else [found.information, found.null, found.excess]


def _recentre(estimate: Estimate, value: float) -> Estimate:
    """An interval as wide, about another value."""
    half = (estimate.high - estimate.low) / 2
    return replace(estimate, value=value, low=value - half, high=value + half)


def _count_operations(descriptions: tuple[Decoded, ...]) -> Estimate:
    if not descriptions:
        reason = f"descriptions of more than {MOST_UNDONE:,} symbols are not undone"
        return _miss({"logical_depth": "operations"}, reason)[0]
    fastest = find_depth(descriptions, SIGNIFICANCE)
    within = f"of what is within {SIGNIFICANCE:g} bits of the shortest"
    method = f"counted, no interval; {fastest.name}, {fastest.bits:,.0f} bits, the fastest {within}"
    return Estimate("logical_depth", fastest.operations, unit="operations", method=method)


def _miss(units: Mapping[str, str], reason: str) -> list[Estimate]:
    return [Estimate(name, math.nan, unit=unit, method=reason) for name, unit in units.items()]
