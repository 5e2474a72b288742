"""Compression distances as a tree: average linkage, each join with its support (Cilibrasi and Vitányi 2005)."""

from __future__ import annotations

import math

import pandas as pd
import plotly.graph_objects as go

from lab.analysis.complexity.distances import DistanceMap, read_map
from lab.complexity.clustering import Node, Tree
from lab.figures import Figure, NoOptions
from lab.figures.framing.distances import NCD, describe_map, make_empty_map, shorten_name
from lab.figures.ink.axes import set_linear_axis
from lab.figures.ink.marks import add_line, new_figure, split_marks
from lab.figures.ink.palette import BLUE, INK, Look
from lab.tables import Tables


def prepare(tables: Tables, options: NoOptions) -> pd.DataFrame:
    """Rows by `mark`: 'leaf' (object at its `line`, from −1 down), 'branch' (the corners of each join's bracket, ncd
    and line; NaN ends it), 'join' (its middle, with the support of its split, NaN where it has none), 'run'.
    """
    found = read_map(tables)
    if found is None:
        return make_empty_map(tables)
    tree, support, score = found.grow_tree()
    lines, start = _place_nodes(tree), _choose_start(tree)
    rows = [
        {"mark": "leaf", "object": found.names[leaf], NCD: start, "line": lines[frozenset([leaf])]}
        for leaf in tree.order
    ]
    for number, node in enumerate(tree.nodes[tree.size :]):
        first, second = node.children
        heights = {child: child.height if child.children else start for child in node.children}
        corners = [(heights[first], first), (node.height, first), (node.height, second), (heights[second], second)]
        branch = [{NCD: height, "line": lines[child.leaves]} for height, child in corners]
        rows += [{"mark": "branch", "join": number, **corner} for corner in (*branch, {NCD: math.nan})]
        share = support.get(node.leaves, math.nan)
        rows.append({"mark": "join", "join": number, NCD: node.height, "line": lines[node.leaves], "support": share})
    rows += [{"mark": "run", "run_key": key} for key in sorted(set(found.keys.ravel()))]
    frame = pd.DataFrame(rows)
    frame.attrs = {"x": NCD, "y": "object", "notes": _describe(found, score.value)}
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """Brackets from the leaves on the left to the root; at each join the share of halves that have it too."""
    marks = split_marks(frame)
    leaves, branches, joins = marks["leaf"], marks["branch"], marks["join"]
    figure = new_figure((min(0.35 + 0.07 * len(leaves), 1.8),))
    add_line(figure, branches[NCD], branches["line"], Look(BLUE, "circle", "solid"), "tree", legend=False)
    for join in joins.dropna(subset=["support"]).to_dict("records"):
        text, font = f"{100 * join['support']:.0f} %", {"size": 10, "color": INK}
        figure.add_annotation(x=join[NCD], y=join["line"], text=text, showarrow=False, font=font, xanchor="right")
    set_linear_axis(figure, "x", branches[NCD].dropna(), NCD, title="NCD at the join")
    set_linear_axis(figure, "y", [leaves["line"].min() - 0.3, -0.7], "object", title="")
    names = leaves["object"].map(shorten_name)
    figure.update_yaxes(tickvals=list(leaves["line"]), ticktext=list(names), showgrid=False)
    return figure


def _choose_start(tree: Tree) -> float:
    """Where the leaves begin: a third of the span of the joins before the first, so that these have room."""
    heights = [node.height for node in tree.nodes[tree.size :]]
    return max(0.0, min(heights) - max((max(heights) - min(heights)) / 3, 0.02))


def _place_nodes(tree: Tree) -> dict[frozenset[int], float]:
    """Leaves one below the other, a join in the middle of its two children."""
    lines = {frozenset([leaf]): -(place + 1.0) for place, leaf in enumerate(tree.order)}

    def place(node: Node) -> float:
        if node.leaves not in lines:
            lines[node.leaves] = sum(place(child) for child in node.children) / 2
        return lines[node.leaves]

    place(tree.root)
    return lines


def _describe(found: DistanceMap, score: float) -> list[str]:
    notes = [*describe_map(found), "Average linkage; where the leaves begin means nothing"]
    if len(found.replicates):
        notes.append(f"At a join: share of {len(found.replicates)} random halves of the objects whose tree has it")
    if math.isfinite(score):
        notes.append(f"S(T) = {score:.3f}, 1 where no tree shows the distances better")
    return notes


figure = Figure("Tree of compression distances", "distance", prepare, draw, page="complexity")
