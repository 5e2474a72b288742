"""The film of an automaton: sharp cells in the colours of cream and coffee, a mark at the present."""

from base64 import b64decode
from io import BytesIO

import numpy as np
import pandas as pd
from PIL import Image

from lab.figures.ink.film import COFFEE, CREAM, LINES, X, draw_film_curve, move_present, paint


def test_a_picture_shows_every_cell_as_a_square_of_its_colour() -> None:
    picture = read(paint(np.array([[0.0, 1.0], [0.5, 2.0]]), pixels=9))
    assert picture.shape == (8, 8, 3) and picture.dtype == np.uint8
    np.testing.assert_array_equal(picture[0, 0], COFFEE)
    np.testing.assert_array_equal(picture[3, 4], CREAM)
    np.testing.assert_array_equal(picture[7, 7], CREAM)
    assert (picture[4:, :4] == picture[4, 0]).all()
    assert read(paint(np.zeros((500, 500)), pixels=400)).shape == (500, 500, 3)


def read(address: str) -> np.ndarray:
    kind, _, content = address.partition(",")
    assert kind == "data:image/png;base64"
    return np.array(Image.open(BytesIO(b64decode(content))).convert("RGB"))


def test_the_curve_has_a_line_per_length_and_one_at_the_present() -> None:
    lengths = {column: np.linspace(0, 100 * k, 5) for k, (column, *_) in enumerate(LINES, 1)}
    drawing = draw_film_curve(pd.DataFrame({X: np.linspace(0, 4, 5), **lengths}))
    lines = [trace.x for trace in drawing.data if trace.name != "now"]
    for time in (0.0, 3.0):
        move_present(drawing, time)
        present = [trace for trace in drawing.data if trace.name == "now"]
        assert len(present) == 2 and all(set(trace.x) == {time} for trace in present)
    assert len(lines) == len(LINES) and all(line.tolist() == [0.0, 1.0, 2.0, 3.0, 4.0] for line in lines)
