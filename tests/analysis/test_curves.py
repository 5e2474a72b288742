"""Collections of curves: read and cut, what is wrong named by its rows, nothing left out in silence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lab.analysis.comparisons.curves import collect_study, read_curves
from lab.core.errors import InputError, UnknownNameError
from tests.synthetic import make_tables


def write(folder: Path, **cells: object) -> Path:
    """Two curves of six points with an official cut; `cells` overwrite the third row."""
    x = np.tile(10.0 ** np.arange(6), 2)
    table = pd.DataFrame(
        {
            "task": np.repeat(["a", "b"], 6),
            "model": "1e9",
            "x": x,
            "y": 1 / (1 + np.log10(x)),
            "seen": np.tile([1, 1, 1, 1, 0, 0], 2),
        }
    ).astype(object)
    for column, value in cells.items():
        table.loc[2, column] = value
    path = folder / "points.csv"
    table.to_csv(path, index=False)
    return path


def test_the_official_cut(tmp_path: Path) -> None:
    found = read_curves(write(tmp_path), ["task", "model"], "x", "y", "seen")
    assert found.groups == ("a", "b") and [curve.name for curve in found.curves] == ["1e9", "1e9"]
    for curve in found.curves:
        assert curve.fitted.tolist() == [True] * 4 + [False] * 2 and not curve.reaches_back
    assert any("optimistic" in note for note in found.notes)


def test_without_a_cut_the_dearest_part_is_held_out(tmp_path: Path) -> None:
    near, far = (read_curves(write(tmp_path), ["task"], "x", "y", ahead=ahead) for ahead in (2, 1000))
    assert [curve.fitted.sum() for curve in near.curves] == [5, 5] and near.groups == ("all",)
    assert [curve.fitted.sum() for curve in far.curves] == [3, 3]


def test_copies_are_dropped_and_said(tmp_path: Path) -> None:
    path = write(tmp_path)
    table = pd.read_csv(path)
    pd.concat([table, table.iloc[:5]]).to_csv(path, index=False)
    found = read_curves(path, ["task", "model"], "x", "y", "seen")
    assert [len(curve.x) for curve in found.curves] == [6, 6]
    assert "5 of 17 rows repeat another exactly and were dropped" in found.notes


def test_points_come_in_order(tmp_path: Path) -> None:
    path = write(tmp_path)
    pd.read_csv(path).sample(frac=1, random_state=1).to_csv(path, index=False)
    for curve in read_curves(path, ["task", "model"], "x", "y", "seen").curves:
        assert (np.diff(curve.x) > 0).all() and curve.fitted.tolist() == [True] * 4 + [False] * 2


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ({"y": -0.5}, "row 3: '-0.5'"),
        ({"x": "many"}, "row 3: 'many'"),
        ({"seen": 2}, "row 3: '2'"),
        ({"y": ""}, "row 3: ''"),
    ],
)
def test_bad_values_name_their_row(tmp_path: Path, cell: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_curves(write(tmp_path, **cell), ["task", "model"], "x", "y", "seen")


def test_a_column_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'model'"):
        read_curves(write(tmp_path), ["task", "modell"], "x", "y")


def test_a_curve_that_cannot_be_cut_is_named(tmp_path: Path) -> None:
    path = write(tmp_path)
    table = pd.read_csv(path)
    table.loc[table["task"] == "b", "seen"] = 1
    table.to_csv(path, index=False)
    found = read_curves(path, ["task", "model"], "x", "y", "seen")
    assert len(found.curves) == 1 and any("b 1e9" in note or "b 1000000000" in note for note in found.notes)


def test_held_out_points_within_the_fitted_range_are_said(tmp_path: Path) -> None:
    found = read_curves(write(tmp_path, seen=0), ["task", "model"], "x", "y", "seen")
    assert any(note.startswith("1 curves hold out points no dearer") for note in found.notes)


def test_a_study_has_curves_over_size_and_over_tokens() -> None:
    tables = make_tables(rates=(0.02,))
    sizes, tokens = collect_study(tables, "size"), collect_study(tables, "tokens")
    assert len(sizes.curves) == 4 and len(tokens.curves) == 5
    for curve in sizes.curves:  # 5 sizes, 3 seeds; the largest alone lies beyond half the largest
        assert len(curve.x) == 15 and (~curve.fitted).sum() == 3 and len(np.unique(curve.units)) == 15
    for curve in tokens.curves:  # rows of one trunk are not independent
        assert len(curve.x) == 12 and (~curve.fitted).sum() == 3 and len(np.unique(curve.units)) == 3
    assert set(np.concatenate([curve.keys for curve in sizes.curves])) <= set(tables.runs["run_key"])
    assert not sizes.notes
