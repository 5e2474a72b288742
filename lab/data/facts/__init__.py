"""A generated world of facts: entities × attributes, what is true of them, who is talked about, what is too recent.

Every fact is a distribution over the values of its attribute, so that the right confidence in every answer is known:
most are certain, some are disputed between two values. Entities are talked about by a power of their rank, facts of a
date behind the cutoff never.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from lab.core.seeds import open_stream

LEAST_AGREED = 0.5  # of a disputed fact, the chance of its likelier value; the most is below
MOST_AGREED = 0.9


@dataclass(frozen=True)
class World:
    """Shapes: E entities, A attributes, V values of an attribute.

    `truth_EAV`: how often each value is the answer; `popularity_E`: how often an entity is talked about, falling with
    its number; `known_EA`: whether the fact is older than the cutoff.
    """

    truth_EAV: np.ndarray
    popularity_E: np.ndarray
    known_EA: np.ndarray

    @property
    def shape(self) -> tuple[int, int, int]:
        """E, A and V."""
        entities, attributes, values = self.truth_EAV.shape
        return entities, attributes, values

    def draw_subjects(self, rng: np.random.Generator, count: int, known: bool) -> tuple[np.ndarray, np.ndarray]:
        """Entities by their popularity with attributes, of facts that are known, or of those that are not: (count,)."""
        odds_EA = self.popularity_E[:, None] * (self.known_EA == known)
        chosen = rng.choice(odds_EA.size, size=count, p=odds_EA.ravel() / odds_EA.sum())
        entity, attribute = np.divmod(chosen, odds_EA.shape[1])
        return entity, attribute

    def draw_answers(self, rng: np.random.Generator, entity: np.ndarray, attribute: np.ndarray) -> np.ndarray:
        """A value of each fact, by its truth."""
        return draw_rows(rng, self.truth_EAV[entity, attribute])


@lru_cache(maxsize=4)
def make_world(
    number: int, entities: int, attributes: int, values: int, disputed: float, recent: float, skew: float
) -> World:
    """The world of this number: `disputed` and `recent` are shares of its facts, `skew` the power of popularity."""
    rng = open_stream(number, "fact_world", entities, attributes, values)
    facts = (entities, attributes)
    first, step = rng.integers(values, size=facts), rng.integers(1, values, size=facts)
    agreed = np.where(rng.random(facts) < disputed, rng.uniform(LEAST_AGREED, MOST_AGREED, facts), 1.0)
    truth = np.zeros((*facts, values))
    rows, columns = np.indices(facts)
    truth[rows, columns, first] = agreed
    truth[rows, columns, (first + step) % values] += 1 - agreed
    popularity = np.arange(1, entities + 1, dtype=float) ** -skew
    return World(truth, popularity / popularity.sum(), rng.random(facts) >= recent)


def draw_rows(rng: np.random.Generator, odds_NV: np.ndarray) -> np.ndarray:
    """A column of each row by its odds, which sum to one: int64, (N,)."""
    passed = odds_NV.cumsum(axis=1) < rng.random(len(odds_NV))[:, None]
    drawn: np.ndarray = np.minimum(passed.sum(axis=1), odds_NV.shape[1] - 1)
    return drawn
