"""Distances as tables, a row a pair, and as a map: read back, ordered by their tree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np
import pandas as pd

from lab.complexity.clustering import Tree, grow_tree, measure_support, score_tree
from lab.complexity.code import Message
from lab.complexity.distances import Distances, Matrix
from lab.complexity.information import Information
from lab.core.estimate import Estimate
from lab.core.fingerprint import KEY_LENGTH, hash_literal
from lab.tables import Study, Tables
from lab.tables.frames import CURVE, tidy_runs


@dataclass(frozen=True, eq=False)
class DistanceMap:
    """Distances between `names` by `code`, read from the rows of a study: `ncd` (n, n) with the ends of its intervals
    `low` and `high` (NaN where there are none), `keys` (n, n) of the runs, `replicates` (r, n, n).
    """

    names: tuple[str, ...]
    code: str
    ncd: Matrix
    low: Matrix
    high: Matrix
    keys: np.ndarray
    replicates: Matrix

    def grow_tree(self) -> tuple[Tree, dict[frozenset[int], float], Estimate]:
        """The tree, the support of its splits, and its S(T)."""
        tree = grow_tree(self.ncd)
        score = Estimate("S(T)", score_tree(tree, self.ncd), method="of this tree; 1 is the best there can be")
        return tree, measure_support(tree, self.replicates), score


def tabulate_distances(
    found: Distances, information: Information, messages: Sequence[Message], code: str, study: str = "distances"
) -> Tables:
    """A study of one row a pair, each object with itself included; the curve of a pair is its NCD by halves."""
    conditional, mutual = information.conditional, information.mutual
    hashes = [message.content_hash for message in messages]
    lengths, rows, curves = found.lengths, [], []
    for i, j in combinations_with_replacement(range(len(found.names)), 2):
        key = hash_literal(["ncd", code, [found.names[i], hashes[i]], [found.names[j], hashes[j]]])[:KEY_LENGTH]
        estimate = found.estimate(i, j)
        rows.append(
            {
                "run_key": key,
                "trunk_key": key,
                "study": study,
                "status": "done",
                "code": code,
                "object": found.names[i],
                "other_object": found.names[j],
                "ncd": estimate.value,
                "ncd_low": estimate.low,
                "ncd_high": estimate.high,
                "object_bits": lengths.single[i],
                "other_bits": lengths.single[j],
                "joint_bits": lengths.both[i, j],
                "conditional_bits": conditional[i, j],
                "other_conditional_bits": conditional[j, i],
                "mutual_bits": mutual[i, j],
            }
        )
        draws = np.arange(len(found.replicates), dtype=float)
        halves = {"replicate": draws, "ncd": found.replicates[:, i, j]}
        curves.append(pd.DataFrame({"run_key": key, "trunk_key": key, **halves}))
    traced = pd.concat(curves, ignore_index=True)
    traced = traced.reindex(columns=["run_key", "trunk_key", *CURVE, "replicate", "ncd"])
    runs = tidy_runs(pd.DataFrame(rows))
    return Tables(Study(study, origin="import", counts={"done": len(runs)}), runs, traced)


def read_map(tables: Tables) -> DistanceMap | None:
    """The distances of a study by the code with most pairs, objects in their alphabetical order; None where fewer than
    two objects have all their pairs.
    """
    if "ncd" not in tables.runs:
        return None
    pairs = tables.runs[tables.runs["ncd"].notna() & tables.runs["status"].eq("done")]
    if pairs.empty:
        return None
    code = str(pairs["code"].value_counts().sort_index().idxmax())
    pairs = pairs[pairs["code"] == code].drop_duplicates(["object", "other_object"], keep="last")
    names = sorted({*pairs["object"], *pairs["other_object"]})
    if len(names) < 2:
        return None
    fields = ("ncd", "ncd_low", "ncd_high", "run_key")
    ncd, low, high, keys = (_fill_square(pairs, names, field) for field in fields)
    if pd.isna(ncd).any():
        return None
    ends = low.astype(float), high.astype(float)
    return DistanceMap(tuple(names), code, ncd.astype(float), *ends, keys, _read_replicates(tables, pairs, names))


def _fill_square(pairs: pd.DataFrame, names: list[str], field: str) -> np.ndarray:
    """(n, n) of a column, the same both ways."""
    square = np.full((len(names), len(names)), None if field == "run_key" else np.nan, dtype=object)
    row, column = (pairs[side].map(names.index).to_numpy() for side in ("object", "other_object"))
    square[row, column] = square[column, row] = pairs[field].to_numpy()
    return square


def _read_replicates(tables: Tables, pairs: pd.DataFrame, names: list[str]) -> Matrix:
    none = np.empty((0, len(names), len(names)))
    if "replicate" not in tables.curves:
        return none
    halves = tables.curves.dropna(subset=["replicate"])[["run_key", "replicate", "ncd"]]
    halves = halves.merge(pairs[["run_key", "object", "other_object"]], on="run_key")
    squares = [_fill_square(own, names, "ncd").astype(float) for _, own in halves.groupby("replicate")]
    return np.stack(squares) if squares and not np.isnan(squares).any() else none
