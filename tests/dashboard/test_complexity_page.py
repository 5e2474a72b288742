"""The page of bounds: a stretch of a source at once, a file of one's own, a file that is no array."""

from __future__ import annotations

import io

import numpy as np
import pytest

from dashboard.pages.complexity import compare_file, tabulate_codes
from lab.core.errors import InputError
from tests.dashboard.test_pages import REFUSAL, empty_place, open_page, read

__all__ = ["empty_place"]  # the fixture: a store and archives of its own


def test_a_stretch_is_described_without_a_study() -> None:
    page = open_page("complexity", **{"stretch.source": "Even process", "stretch.length": "1024"})
    assert REFUSAL not in read(page)
    codes = page.dataframe[0].value.set_index("code")
    assert codes["bits"].is_monotonic_increasing
    assert {"ensemble", "context_tree", "deflate"} <= set(codes.index)
    assert 2 / 3 < codes.loc["ensemble", "bits a symbol"] < 0.8
    assert (codes["low"] <= codes["normalised"]).all() and (codes["normalised"] <= codes["high"]).all()
    assert "even_process: 1,024 symbols of 2" in read(page).replace("\\", "")


def test_a_file_is_read_as_what_it_is() -> None:
    buffer = io.BytesIO()
    np.save(buffer, np.indices((40, 40)).sum(axis=0) % 2 == 0)
    described, comparison = compare_file("board.npy", buffer.getvalue())
    assert (described.name, described.message.symbols.shape, comparison.kind) == ("board.npy", (40, 40), "rows")
    assert tabulate_codes(comparison)["bits"].iloc[0] < 200
    text, _ = compare_file("words.txt", b"word " * 10_000)
    assert len(text.message) == 2**14 and "first 16,384 bytes" in text.notes[0]
    with pytest.raises(InputError, match="not an array"):
        compare_file("wrong.npy", b"no array")
