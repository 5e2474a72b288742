"""Sophistication: the bits of the simplest model that leaves nothing to be explained.

Kolmogorov's structure function h_x(α) = min log2 |S| over models S ∋ x of at most α bits (Vereshchagin and Vitányi
2004, IEEE Trans. Inf. Theory 50:3265) and Koppel's sophistication (1988), here *resource-bounded*: over a given family
of models, so that both are upper bounds and depend on the family.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from lab.complexity.blocks import Floats
from lab.core.errors import InputError


@dataclass(frozen=True, eq=False)
class StructureFunction:
    """Two-part descriptions, cheapest model first: `model_bits` and `data_bits` given the model, shape (models,)."""

    model_bits: Floats
    data_bits: Floats

    @property
    def least_bits(self) -> Floats:
        """h(α) at α = each model's bits: the fewest data bits of any model no dearer, bits; it never rises."""
        return np.asarray(np.minimum.accumulate(self.data_bits))

    @property
    def total_bits(self) -> float:
        """The shortest two-part description: min over models of model plus data."""
        return float((self.model_bits + self.data_bits).min())

    def find_sophistication(self, significance: float = 0.0) -> tuple[int, float]:
        """The cheapest model whose description is within `significance` bits of the shortest: its place, its bits.

        Koppel 1988: the model is then nearly sufficient. It falls as `significance` grows, often in steps.
        """
        if significance < 0:
            raise InputError("significance", significance, "is a number of bits, at least 0")
        sufficient = np.flatnonzero(self.model_bits + self.data_bits <= self.total_bits + significance)
        return int(sufficient[0]), float(self.model_bits[sufficient[0]])


def trace_structure(model_bits: ArrayLike, data_bits: ArrayLike) -> StructureFunction:
    """The structure function of a family from its (model, data) pairs, in any order.

    Raises `InputError` for no pair, a negative or an unknown one.
    """
    model, data = (np.asarray(bits, dtype=float) for bits in (model_bits, data_bits))
    known = model.shape == data.shape and model.size > 0
    if not (known and np.isfinite([model, data]).all() and min(model.min(), data.min()) >= 0):
        raise InputError("two-part codes", len(model), "each model has finite, non-negative bits, and its data too")
    order = np.lexsort((data, model))
    return StructureFunction(model[order], data[order])
