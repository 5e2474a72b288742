"""The ε-machine of a sequence as a diagram: its causal states, and what each emits on its way to which.

Crutchfield and Young (1989), Phys. Rev. Lett. 63:105, figure 2. States stand on a circle; the label of a move is its
symbol and the symbol's probability in the state it leaves.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from lab.figures import Figure, NoOptions
from lab.figures.framing.series import make_empty
from lab.figures.ink.axes import set_linear_axis
from lab.figures.ink.marks import add_line, new_figure, split_marks
from lab.figures.ink.palette import BLUE, INK, Look
from lab.tables import Tables

X, Y = "state", "move_probability"
MOST_STATES, MOST_MOVES = 10, 14  # above, labels lie upon one another
NODE, LOOP, BEND, HEAD = 0.16, 0.15, 0.14, 0.075  # of the circle's radius; the bend of a move: of its length
Points = NDArray[np.float64]


def prepare(tables: Tables, options: NoOptions) -> pd.DataFrame:
    """Rows by `mark`: 'move' and 'arrow' (points of line `piece`), 'label' (its text), 'state' (its number), 'run'."""
    curves = tables.curves
    if Y not in curves or not curves[Y].notna().any():
        return make_empty(tables, "No ε-machine. Find one:\nlab statistics golden_mean --to figures")
    moves = curves[curves[Y].notna()]
    key = moves["run_key"].iloc[0]
    moves = moves[moves["run_key"] == key]
    states = int(moves[[X, "leads_to"]].to_numpy().max()) + 1
    if states > MOST_STATES or len(moves) > MOST_MOVES:
        many = f"{states} states and {len(moves)} moves"
        return make_empty(tables, f"{many} are too many to be drawn: `lab statistics` prints them.")
    angles = math.pi / 2 - 2 * math.pi * np.argsort(_order(moves, states)) / states
    middles = np.column_stack([np.cos(angles), np.sin(angles)]) * (1.0 if states > 1 else 0.0)
    parts = [pd.DataFrame({"mark": "state", "across": middles[:, 0], "up": middles[:, 1], "text": range(states)})]
    for piece, ((start, end), own) in enumerate(moves.groupby([X, "leads_to"])):
        start, end = int(start), int(end)
        path, place = _bend(middles[start], middles[end]) if start != end else _loop(middles[start])
        side = place - (path[len(path) // 2] if start == end else path[len(path) * 2 // 5])
        anchor = "center" if start == end or abs(side[0]) < 0.05 else "left" if side[0] > 0 else "right"
        text = "<br>".join(f"{int(row.symbol)} | {row.move_probability:.3g}" for row in own.itertuples())
        label = pd.DataFrame(
            {"mark": ["label"], "across": [place[0]], "up": [place[1]], "text": [text], "anchor": anchor}
        )
        lines = (("move", path), ("arrow", _point(path)))
        parts += [pd.DataFrame({"mark": mark, "across": xy[:, 0], "up": xy[:, 1]}) for mark, xy in lines] + [label]
        for part in parts[-3:]:
            part["piece"] = piece
    run = tables.runs[tables.runs["run_key"] == key].iloc[0]
    frame = pd.concat([*parts, pd.DataFrame({"mark": ["run"], "run_key": [key]})], ignore_index=True)
    told = (
        f"{run['object']}: symbol | probability of every move; {states} states, numbered as `lab statistics` has them"
    )
    frame.attrs = {"x": X, "y": Y, "notes": [told]}
    return frame


def draw(frame: pd.DataFrame) -> go.Figure:
    """Lines for the moves, a disc for a state; no axis is read."""
    marks, figure = split_marks(frame), new_figure()
    look = Look(BLUE, "circle", "solid")
    for mark in ("move", "arrow"):
        for _, line in marks[mark].groupby("piece"):
            add_line(figure, line["across"], line["up"], Look(INK, "circle", "solid"), mark, width=1.6, legend=False)
    states = marks["state"]
    disc = {"size": 30, "color": look.color, "line": {"width": 0}}
    figure.add_scatter(
        x=states["across"], y=states["up"], mode="markers", marker=disc, showlegend=False, hoverinfo="skip"
    )
    for mark, color in (("state", "#ffffff"), ("label", INK)):
        for row in marks[mark].itertuples():
            anchor = row.anchor if mark == "label" else "center"
            told = {"text": str(row.text), "xanchor": anchor, "font": {"size": 13, "color": color}}
            figure.add_annotation(x=row.across, y=row.up, xref="x", yref="y", showarrow=False, **told)
    bare = {"tickvals": [-1, 1], "ticktext": ["", ""], "showgrid": False, "showline": False, "ticks": ""}
    places = marks["label"], marks["move"], states
    for axis, column in (("x", "across"), ("y", "up")):
        ends = [end for part in places for end in (part[column].min() - 2 * NODE, part[column].max() + 2 * NODE)]
        set_linear_axis(figure, axis, ends, X if axis == "x" else Y, title="")
    figure.update_xaxes(**bare, visible=False, constrain="domain")
    figure.update_yaxes(**bare, visible=False, scaleanchor="x", constrain="domain")
    return figure


def _order(moves: pd.DataFrame, states: int) -> NDArray[np.int64]:
    """The states in the order in which they stand: behind each the likeliest one it leads to that stands nowhere."""
    ranked = moves.sort_values(Y, ascending=False, kind="stable")
    placed = [0]
    while len(placed) < states:
        following = ranked["leads_to"][ranked[X] == placed[-1]].astype(int)
        left = [state for state in (*following, *range(states)) if state not in placed]
        placed.append(left[0])
    return np.array(placed)


def _bend(start: Points, end: Points) -> tuple[Points, Points]:
    """A curve between the discs of two states, bent to its left, and where its label stands: nearer to the start, for
    in the middle of the circle others cross.
    """
    apart = float(np.linalg.norm(end - start))
    along = (end - start) / apart
    left = np.array([-along[1], along[0]])
    path = _curve(start, (start + end) / 2 + 2 * BEND * apart * left, end)
    outside = (np.linalg.norm(path - start, axis=1) > NODE) & (np.linalg.norm(path - end, axis=1) > NODE)
    return path[outside], path[len(path) * 2 // 5] + 0.1 * left


def _loop(state: Points) -> tuple[Points, Points]:
    """A circle beside a state, away from the others, and where its label stands."""
    radius = float(np.linalg.norm(state))
    out = state / radius if radius else np.array([0.0, 1.0])
    turn = np.linspace(0.0, 2 * math.pi, 60) + math.atan2(-out[1], -out[0])
    path = state + out * (NODE + LOOP * 0.7) + LOOP * np.column_stack([np.cos(turn), np.sin(turn)])
    outside = np.linalg.norm(path - state, axis=1) > NODE
    return path[outside], state + out * (NODE + 2 * LOOP + 0.12)


def _curve(start: Points, control: Points, end: Points) -> Points:
    """A quadratic Bézier curve of 60 points."""
    t = np.linspace(0.0, 1.0, 60)[:, None]
    curve: Points = (1 - t) ** 2 * start + 2 * t * (1 - t) * control + t**2 * end
    return curve


def _point(path: Points) -> Points:
    """The two strokes of the arrow at the end of a path."""
    back = path[-4] - path[-1]
    back = HEAD * back / np.linalg.norm(back)
    across = np.array([-back[1], back[0]])
    return np.array([path[-1] + 0.88 * back - 0.48 * across, path[-1], path[-1] + 0.88 * back + 0.48 * across])


figure = Figure("The ε-machine", "statistics", prepare, draw, page="complexity")
