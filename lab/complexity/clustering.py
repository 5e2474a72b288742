"""Trees from distances: who is next to whom, how firmly, and how well a tree can show it at all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import linkage, optimal_leaf_ordering
from scipy.spatial.distance import squareform

from lab.complexity.distances import Matrix

MOST_QUARTETS = 60  # objects; 487,635 quartets


@dataclass(frozen=True, eq=False)
class Node:
    """A node of the tree: its `leaves`, the `height` at which its two `children` (none for a leaf) were joined."""

    leaves: frozenset[int]
    height: float
    children: tuple[Node, ...] = ()


@dataclass(frozen=True, eq=False)
class Tree:
    """Average linkage of a distance matrix (Sokal and Michener 1958); `merges` (n − 1, 4) as scipy writes them."""

    merges: Matrix

    @property
    def size(self) -> int:
        """Leaves."""
        return len(self.merges) + 1

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """The leaves by number, then the joins from the lowest on; the last is the root."""
        nodes = [Node(frozenset([leaf]), 0.0) for leaf in range(self.size)]
        for left, right, height, _ in self.merges:
            pair = (nodes[int(left)], nodes[int(right)])
            nodes.append(Node(pair[0].leaves | pair[1].leaves, float(height), pair))
        return tuple(nodes)

    @property
    def root(self) -> Node:
        """The node that holds all leaves."""
        return self.nodes[-1]

    @cached_property
    def order(self) -> tuple[int, ...]:
        """The leaves from top to bottom: those of a node stand together, and near ones next to each other."""
        return tuple(_list_leaves(self.root))

    @cached_property
    def splits(self) -> frozenset[frozenset[int]]:
        """The groups of leaves that the tree claims to belong together, from two leaves to all but one."""
        return frozenset(node.leaves for node in self.nodes[self.size : -1])


def grow_tree(distances: Matrix) -> Tree:
    """The tree of a symmetric matrix (n, n), n ≥ 2; the diagonal is not read."""
    square = np.array(distances)
    np.fill_diagonal(square, 0.0)
    condensed = squareform(square, checks=False)
    merges = linkage(condensed, "average")
    return Tree(optimal_leaf_ordering(merges, condensed) if len(distances) > 2 else merges)


def measure_support(tree: Tree, replicates: Iterable[Matrix]) -> dict[frozenset[int], float]:
    """The share of replicates whose own tree has the same split; NaN where there are none (after Felsenstein 1985)."""
    others = [grow_tree(replicate).splits for replicate in replicates]
    return {split: sum(split in other for other in others) / len(others) if others else np.nan for split in tree.splits}


def score_tree(tree: Tree, distances: Matrix) -> float:
    """S(T) of Cilibrasi and Vitányi 2005, section IV: 1 where no tree fits the distances better, quartet by quartet.

    A quartet u, v, w, x shown as uv|wx costs d(u, v) + d(w, x); S is (worst − tree) / (worst − best), each summed over
    all quartets with their own worst and best pairing. NaN below four objects, above 60, and where all pairings tie.
    """
    if not 4 <= tree.size <= MOST_QUARTETS:
        return float("nan")
    quartets = np.array(list(combinations(range(tree.size), 4)))
    u, v, w, x = quartets.T
    pairings = ((u, v, w, x), (u, w, v, x), (u, x, v, w))
    joined = _rank_joins(tree)
    costs = np.stack([distances[a, b] + distances[c, d] for a, b, c, d in pairings])
    lowest = np.stack([np.minimum(joined[a, b], joined[c, d]) for a, b, c, d in pairings]).argmin(axis=0)
    shown = np.take_along_axis(costs, lowest[None], axis=0).sum()
    worst, best = costs.max(axis=0).sum(), costs.min(axis=0).sum()
    return float((worst - shown) / (worst - best)) if worst > best else float("nan")


def _rank_joins(tree: Tree) -> NDArray[np.intp]:
    """(n, n): the number of the join under which two leaves first stand together."""
    ranks = np.zeros((tree.size, tree.size), np.intp)
    for rank, node in enumerate(tree.nodes[tree.size :]):
        left, right = (sorted(child.leaves) for child in node.children)
        ranks[np.ix_(left, right)] = rank
        ranks[np.ix_(right, left)] = rank
    return ranks


def _list_leaves(node: Node) -> list[int]:
    return [leaf for child in node.children for leaf in _list_leaves(child)] if node.children else list(node.leaves)
