"""Causal states of a sequence: the histories that foretell the same, found by splitting (CSSR).

Shalizi and Klinkner (2004), UAI, cs.LG/0406011. Histories grow into the past, one symbol at a time. Where those that
share a suffix foretell differently, the suffix is *unresolved* and each of them joins the state it agrees with or
founds one; the rest inherit. States are then split until every symbol leads from one to one (determinisation), and the
recurrent ones are kept. Two departures: a longer history is tested against its siblings (disjoint data, where CSSR
tests it against a state it is part of), and all tests of one sequence share the significance (Bonferroni).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.special import chdtrc, xlogy

from lab.complexity.blocks import MARGIN, Blocks, Floats, Integers, grow_blocks, list_sampled, rank_codes
from lab.complexity.machine import Machine

NOWHERE = -1
FEWEST = 30  # times a history is seen, and ten times the symbols there are, before it is tested: χ² needs counts
LEAST_FOLLOWED = 0.99

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class CausalStates:
    """What splitting found.

    `machine`: over the values seen, in order; None where there is none, and `reason` why. `states` (n,): the state
    before each symbol, −1 where unknown. `reach`: the longest history tested; `tests`: how many; `followed`: share of
    the symbols at which the machine goes where the history says.
    """

    machine: Machine | None
    states: Integers
    reach: int = 0
    tests: int = 0
    followed: float = 0.0
    reason: str = ""


@dataclass(frozen=True, eq=False)
class _Level:
    """Histories of one length: `before` (n − length + 1,) is the one before each position, `parents` its suffix, one
    shorter, and `follows` (histories, symbols) how often each symbol comes next.
    """

    before: Integers
    parents: Integers
    follows: Integers

    @property
    def counts(self) -> Integers:
        """How often each history is followed."""
        return np.asarray(self.follows.sum(axis=1))


def find_causal_states(
    symbols: NDArray[np.integer], significance: float = 0.001, reach: int | None = None
) -> CausalStates:
    """The ε-machine of a sequence; `significance`: the chance that any history at all is split without cause.

    `reach`: the longest history; by default the longest whose blocks with the next symbol are sampled.
    """
    unknown = np.full(len(symbols), NOWHERE, dtype=np.int64)
    values = rank_codes(symbols.astype(np.int64), int(symbols.max(initial=0)) + 1)[0]
    testable = [_count_testable(blocks, values) for blocks in list_sampled(values, reach + 1 if reach else None)]
    longest, tests = len(testable) - 1, sum(testable[:-1])
    if longest < 1:
        reason = f"{len(symbols)} symbols are too few: the blocks of two that occur are not each seen {MARGIN} times"
        return CausalStates(None, unknown, reason=reason)
    states, resolved, level = _split(_list_levels(values, longest), significance / max(tests, 1))
    if not resolved.any():
        reason = f"every history of {longest - 1} symbols foretells differently when more of the past is known"
        return CausalStates(None, unknown, longest, tests, reason=f"{reason}; a longer sequence bears longer histories")
    places, leads = _determinise(np.where(resolved, states, NOWHERE), level, values)
    places, leads = _keep_recurrent(places, leads, level.counts)
    anchors = np.concatenate([unknown[: longest - 1], places[level.before[:-1]]])
    walked, counts, kept = _walk(values, anchors, leads)
    followed = kept / max(int(np.count_nonzero(walked != NOWHERE)) - 1, 1)  # the first is where it starts
    if followed < LEAST_FOLLOWED or not counts.sum(axis=1).all():
        reason = f"the states found at histories of {longest} symbols do not lead to one another ({followed:.1%} do)"
        return CausalStates(None, unknown, longest, tests, followed, reason)
    machine = Machine(counts / counts.sum(axis=1, keepdims=True), np.maximum(leads, 0))
    return CausalStates(machine, walked, longest, tests, followed)


def _list_levels(values: Integers, longest: int) -> Iterator[_Level]:
    """Histories of length 0 … `longest`, one level at a time: all of them would not fit."""
    for blocks in islice(grow_blocks(values), longest + 1):
        yield _follow(blocks, values)


def _follow(blocks: Blocks, values: Integers) -> _Level:
    kinds = int(values.max()) + 1
    codes = blocks.ranks[:-1] * kinds + values[blocks.length :]
    follows = np.bincount(codes, minlength=blocks.distinct * kinds).reshape(-1, kinds)
    return _Level(blocks.ranks, blocks.suffixes, follows)


def _count_testable(blocks: Blocks, values: Integers) -> int:
    return int(_choose_testable(_follow(blocks, values)).sum())


def _choose_testable(level: _Level) -> Mask:
    """The histories that are seen often enough, and whose siblings together are."""
    fewest = max(FEWEST, 10 * level.follows.shape[1])
    siblings = np.bincount(level.parents, level.counts)[level.parents] - level.counts
    often: Mask = (level.counts >= fewest) & (siblings >= fewest)
    return often


def _pool_siblings(level: _Level, chosen: Integers) -> Integers:
    """What follows the other histories with the same suffix as each chosen one, shape (chosen, symbols)."""
    families = np.zeros((int(level.parents.max()) + 1, level.follows.shape[1]), dtype=np.int64)
    np.add.at(families, level.parents, level.follows)
    return families[level.parents[chosen]] - level.follows[chosen]


def compare_counts(first: NDArray[np.integer], second: NDArray[np.integer]) -> Floats:
    """p-values of equal distributions, row by row, of two tables of counts (rows, symbols), broadcast.

    Likelihood-ratio test G = 2 Σ O ln(O/E) against χ² with (symbols seen − 1) degrees of freedom (Wilks 1938); 1 where
    one of the rows is empty.
    """
    both = first + second
    total = np.maximum(both.sum(axis=-1, keepdims=True), 1)
    g = np.zeros(both.shape[:-1])
    for counts in (first, second):
        expected = counts.sum(axis=-1, keepdims=True) * both / total
        g = g + 2 * (xlogy(counts, counts) - xlogy(counts, np.where(counts > 0, expected, 1.0))).sum(axis=-1)
    degrees = np.count_nonzero(both, axis=-1) - 1
    return np.asarray(np.where(degrees > 0, chdtrc(np.maximum(degrees, 1), np.maximum(g, 0.0)), 1.0))


def _split(levels: Iterator[_Level], threshold: float) -> tuple[Integers, Mask, _Level]:
    """The state of every history of the last level but one (−1: too rare to tell), which are resolved, the level."""
    earlier = states = np.zeros(1, dtype=np.int64)
    founded, split = 1, np.zeros(1, dtype=bool)
    last_but_one = last = next(levels)
    for level in levels:
        differ = np.flatnonzero(_choose_testable(level))
        differ = differ[compare_counts(level.follows[differ], _pool_siblings(level, differ)) < threshold]
        split = np.zeros(len(states), dtype=bool)
        split[level.parents[differ]] = True
        earlier, states = states, np.where(split[level.parents], NOWHERE, states[level.parents])
        pools = np.zeros((founded, level.follows.shape[1]), dtype=np.int64)
        np.add.at(pools, states[states >= 0], level.follows[states >= 0])
        apart = np.flatnonzero(split[level.parents] & (level.counts >= FEWEST))
        for history in apart[np.argsort(-level.counts[apart], kind="stable")]:
            follows = level.follows[history]
            alike = np.where(pools.any(axis=1), compare_counts(pools, follows), 0.0)
            states[history] = alike.argmax() if alike.max() >= threshold else len(pools)
            if states[history] == len(pools):
                pools = np.vstack([pools, follows])
            else:
                pools[states[history]] += follows
        founded, last_but_one, last = len(pools), last, level
    return earlier, ~split & (earlier >= 0), last_but_one


def _determinise(states: Integers, level: _Level, values: Integers) -> tuple[Integers, Integers]:
    """Classes of the resolved histories such that every symbol leads from class to class, and where to.

    Moore's refinement; a history whose successor is unresolved or unseen goes with the most of its class.
    """
    kinds, known = level.follows.shape[1], states >= 0
    successors = np.full((len(states), kinds), NOWHERE, dtype=np.int64)
    successors[level.before[:-1], values[len(values) - len(level.before) + 1 :]] = level.before[1:]
    successors = successors[known]
    classes, many = np.unique(states[known], return_inverse=True)[1], 0
    while True:
        places = np.full(len(states), NOWHERE, dtype=np.int64)
        places[known] = classes
        targets = np.where(successors >= 0, places[successors], NOWHERE)
        for symbol in range(kinds):
            targets[:, symbol] = _follow_most(classes, targets[:, symbol], level.follows[known, symbol])
        if classes.max() + 1 == many:
            break
        many = classes.max() + 1
        classes = np.unique(np.column_stack([classes, targets]), axis=0, return_inverse=True)[1].ravel()
    leads = np.full((many, kinds), NOWHERE, dtype=np.int64)
    leads[classes] = targets
    return places, leads


def _follow_most(classes: Integers, targets: Integers, weights: Integers) -> Integers:
    """`targets`, the unknown ones replaced by the heaviest known one of the same class."""
    known, many = targets >= 0, int(classes.max()) + 1
    votes = np.bincount(classes[known] * many + targets[known], weights[known], many * many).reshape(many, many)
    heaviest = np.where(votes.any(axis=1), votes.argmax(axis=1), NOWHERE)
    return np.where(known, targets, heaviest[classes])


def _keep_recurrent(places: Integers, leads: Integers, counts: Integers) -> tuple[Integers, Integers]:
    """Only the classes of the heaviest set that is never left."""
    state, symbol = np.nonzero(leads >= 0)
    graph = coo_array((np.ones(len(state)), (state, leads[state, symbol])), shape=(len(leads), len(leads)))
    _, component = connected_components(graph, connection="strong")
    left = np.unique(component[state[component[state] != component[leads[state, symbol]]]])
    weight = np.bincount(component[places[places >= 0]], counts[places >= 0] + 1.0)
    weight[left] = 0
    kept = component == weight.argmax()
    renamed = np.append(np.where(kept, np.cumsum(kept) - 1, NOWHERE), NOWHERE)  # the last is where −1 points
    return renamed[places], renamed[leads[kept]]


@njit(cache=True)
def _walk(values: Integers, anchors: Integers, leads: Integers) -> tuple[Integers, Integers, int]:
    """The state before each symbol, how often each symbol follows each, and how many steps no anchor contradicts."""
    states = np.full(len(values), NOWHERE, dtype=np.int64)
    counts = np.zeros(leads.shape, dtype=np.int64)
    state, kept = NOWHERE, 0
    for i in range(len(values)):
        if anchors[i] != NOWHERE and anchors[i] != state:
            state = anchors[i]
        elif state != NOWHERE:
            kept += 1
        states[i] = state
        if state != NOWHERE:
            following = leads[state, values[i]]
            if following != NOWHERE:
                counts[state, values[i]] += 1
            state = following
    return states, counts, kept
