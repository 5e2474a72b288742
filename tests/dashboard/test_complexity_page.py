"""The page of bounds: a stretch of a source at once, a file of one's own, a file that is no array."""

from __future__ import annotations

import io

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.distances import compare_files, tabulate_pairs
from dashboard.pages.complexity import compare_file, tabulate_codes
from lab.core.errors import InputError, RefusedError
from lab.core.seeds import open_stream
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


def make_files() -> tuple[tuple[str, bytes], ...]:
    """Two texts of one vocabulary, two of another; the last two have one name."""
    chance = open_stream(0, "page", "files")
    words = [[bytes(chance.integers(97, 123, 6, dtype=np.uint8)) for _ in range(60)] for _ in range(2)]
    return tuple(
        (name, b" ".join(words[group][k] for k in chance.integers(0, 60, 600)))
        for name, group in (("a.txt", 0), ("b.txt", 0), ("c.txt", 1), ("c.txt", 1))
    )


def test_files_are_compared_and_the_alike_are_near() -> None:
    compared = compare_files(make_files(), "lzma", 16384, 4)
    pairs = tabulate_pairs(compared.tables)
    nearest = {tuple(pair) for pair in pairs[["x", "y"]].to_numpy()[:2]}
    assert nearest == {("a.txt", "b.txt"), ("c.txt #3", "c.txt #4")}, "a name that two files have is told apart"
    assert len(pairs) == 6 and pairs["NCD"].iloc[1] + 0.1 < pairs["NCD"].iloc[2]
    assert (pairs["low"] < pairs["NCD"]).all() and (pairs["NCD"] < pairs["high"]).all()
    assert compared.reach < 0.1


def test_a_window_shorter_than_a_pair_is_refused_on_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    noise = [open_stream(0, "page", k).bytes(2**16) for k in range(2)]
    files = tuple((f"{k}.bin", content) for k, content in enumerate(noise))
    with pytest.raises(RefusedError, match="seen again, costs"):
        compare_files(files, "deflate", 65536, 0)
    with pytest.raises(InputError, match="at most 16"):
        compare_files(files * 9, "lzma", 65536, 0)

    class Sent:
        def __init__(self, name: str, content: bytes) -> None:
            self.name, self.getvalue = name, lambda: content

    def show() -> None:
        from dashboard.distances import show_distances

        show_distances()

    sent: list[Sent] = []
    monkeypatch.setattr("dashboard.distances.st.file_uploader", lambda *_, **__: sent)
    page = AppTest.from_function(show, default_timeout=60)
    assert "lab ncd FILES" in [code.value for code in page.run().code]
    sent += [Sent(*file) for file in make_files()]
    page.slider(key="distances.halves").set_value(3).run()
    assert not page.exception and len(page.dataframe[0].value) == 6 and len(page.get("plotly_chart")) == 2
    sent[:] = [Sent(*file) for file in files]
    page.selectbox(key="distances.code").select("deflate")
    page.selectbox(key="distances.first_symbols").select(65536).run()
    assert REFUSAL in read(page) and "lzma" in read(page)
