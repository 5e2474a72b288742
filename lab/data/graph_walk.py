"""A random walk on a random graph: the tokens are the nodes, the law of the next is the degree of this one.

The graph is a ring with chords laid at random (Newman and Watts 1999, arXiv cond-mat/9903357), so it hangs together.
The walk stands at a node in proportion to its degree, π = d/2m, so h = Σ d log d / 2m and C_μ = H(π) in closed form
(Cover and Thomas 2006, section 4.3). To foretell it is to know the edges: knowledge that grows with the graph.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from lab.core.errors import InputError
from lab.core.seeds import open_stream
from lab.data.chains.unifilar import Machine, Unifilar

MOST_NODES = 128  # the tables of the machine hold nodes³ numbers


@dataclass(frozen=True)
class GraphWalk(Unifilar):
    """`nodes`: vocabulary; `degree`: mean number of neighbours, 2 for the ring itself; `graph`: which graph."""

    nodes: int = 64
    degree: float = 4.0
    graph: int = 0
    known = "Everything: h = Σ d log d / 2m over the degrees d of m edges, C_μ = H(d/2m), E = C_μ − h."

    def __post_init__(self) -> None:
        if not 5 <= self.nodes <= MOST_NODES:
            raise InputError("graph_walk.nodes", self.nodes, f"lies in 5 … {MOST_NODES}")
        if not 2 <= self.degree <= self.nodes / 2:
            raise InputError("graph_walk.degree", self.degree, "lies in 2 … nodes / 2")

    def build_edges(self) -> np.ndarray:
        """The adjacency matrix, (nodes, nodes), symmetric; no two nodes have the same neighbours."""
        for attempt in range(64):
            rng = open_stream(self.graph, "graph_walk", self.nodes, attempt)
            lower, upper = np.triu_indices(self.nodes, k=2)
            chords = np.flatnonzero((lower > 0) | (upper < self.nodes - 1))
            laid = rng.permutation(chords)[: math.floor((self.degree / 2 - 1) * self.nodes)]
            edges = np.roll(np.eye(self.nodes), 1, axis=0)
            edges[lower[laid], upper[laid]] = 1.0
            edges = np.maximum(edges, edges.T)
            if len(np.unique(edges, axis=0)) == self.nodes:
                return edges
        raise InputError(
            "graph_walk", self.graph, "no two nodes have the same neighbours", "take more nodes or another degree"
        )

    def build_machine(self) -> Machine:
        """A state per node."""
        edges = self.build_edges()
        return Machine(edges / edges.sum(axis=1, keepdims=True), np.tile(np.arange(self.nodes), (self.nodes, 1)))

    @property
    def excess_entropy(self) -> float:  # type: ignore[override]
        """Nats, exact: one symbol shows the state (Crutchfield and Feldman 2003, eq. 41)."""
        return self.statistical_complexity - self.entropy_rate

    def true_loss(self, windows_WT: np.ndarray) -> np.ndarray:
        """Exact: the node before decides."""
        with np.errstate(divide="ignore"):
            loss: np.ndarray = -np.log(self.machine.emits[windows_WT[:, :-1], windows_WT[:, 1:]])
        return loss


source = GraphWalk
