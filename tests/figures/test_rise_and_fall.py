"""Result, null and control of the hump on one axis, a panel per measure under its own name."""

from lab.figures import draw_figure
from tests.studies.automata import make_tables


def test_every_panel_holds_simulation_surrogate_and_stirred_cup_by_one_measure() -> None:
    tables = make_tables(sides=(20, 40), seeds=3, codes=("deflate",))
    frame, drawing = draw_figure("rise_and_fall", tables, {})
    wanted = {"simulation", "surrogate", "stirred", "stirred surrogate"}
    shown = frame[frame["mark"] != "run"]
    assert {mark: set(rows["series"]) for mark, rows in shown.groupby("mark")} == {
        "complexity": wanted,
        "adjusted": wanted,
    }
    stirred = shown[shown["series"] == "stirred"].groupby("mark")["value"].max()
    assert stirred["adjusted"] < stirred["complexity"], "each panel by its own measure"
    titles = [axis.title.text for axis in drawing.select_yaxes()]
    assert titles == ["Coarse length (bits)", "Adjusted length (bits)"]
    ranges = [note for note in frame.attrs["notes"] if note.startswith("sine-shear")]
    assert len(ranges) == 2 and all("3 seeds" in note for note in ranges)
