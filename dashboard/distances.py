"""Distances between files that a visitor brings: the table of their pairs, the map and the tree of `lab ncd`."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import pandas as pd
import streamlit as st

from dashboard.controls import choose_options
from dashboard.grid import offer_csv, show_grid
from dashboard.notices import contain_errors, show_hint
from dashboard.text import escape_markdown
from lab.analysis.complexity.distances import tabulate_distances
from lab.analysis.complexity.objects import name_apart
from lab.complexity.code import Message
from lab.complexity.distances import FARTHEST_SELF, measure_distances
from lab.complexity.information import load_conditional, measure_information
from lab.complexity.objects import read_object
from lab.core.errors import InputError
from lab.core.registry import open_shelf
from lab.figures import Range, draw_figure
from lab.tables import Tables

FIGURES = ("ncd_map", "ncd_tree")
MOST_FILES = 16
SLOW = ("context_mixing", "context_tree")  # seconds for a hundred pairs; `lab ncd` waits for them
PAIR = {
    "object": "x",
    "other_object": "y",
    "ncd": "NCD",
    "ncd_low": "low",
    "ncd_high": "high",
    "conditional_bits": "K(x|y) ≤",
    "other_conditional_bits": "K(y|x) ≤",
    "mutual_bits": "mutual bits",
}

File = tuple[str, bytes]


@dataclass(frozen=True)
class Comparing:
    """How files are compared: the code, how many symbols of each, and of how many random halves the intervals are."""

    code: Literal["lzma", "ppmd", "zstd", "brotli", "bz2", "deflate"] = "lzma"
    first_symbols: Literal[4096, 16384, 65536] = 16384
    halves: Annotated[int, Range(0, 20, 1)] = 10


@dataclass(frozen=True)
class Compared:
    """The pairs of some files as a study, the `reach` of the code over the largest of them, and what is to be said."""

    tables: Tables
    reach: float
    notes: tuple[str, ...]


def show_distances() -> None:
    """A place for files, and what they have in common; refused where the code does not see both files of a pair."""
    label = f"Two to {MOST_FILES} files of any kind; .npy is read as an array"
    files = st.file_uploader(label, accept_multiple_files=True, key="distances.files")
    options = choose_options("distances", Comparing)
    if len(files) < 2:
        show_hint("Nothing to compare yet", "Files that share much are near 0, strangers near 1.", "lab ncd FILES")
        return
    with contain_errors():
        compared = compare_files(tuple((file.name, file.getvalue()) for file in files), **options)
        _show_compared(compared, options["code"])


def _show_compared(compared: Compared, code: str) -> None:
    seen = f"{code} sees both files of the largest pair: seen again, the pair costs {compared.reach:.2g} of its length"
    for note in (f"{seen} (at most {FARTHEST_SELF:g}, or it is refused)", *compared.notes):
        st.caption(escape_markdown(f"{note}.", limit=1000))
    pairs = tabulate_pairs(compared.tables)
    show_grid(pairs)
    offer_csv(pairs, "files", "distances")
    for name in FIGURES:
        frame, drawing = draw_figure(name, compared.tables, {})
        figure = open_shelf("figures").load(name)
        st.subheader(figure.title, anchor=False)
        st.plotly_chart(drawing, theme=None, key=f"live-{name}", alt=figure.title, config={"displaylogo": False})
        st.caption(escape_markdown(figure.caption(frame, compared.tables), limit=4000))


@st.cache_data(max_entries=16, show_spinner="Comparing …")
def compare_files(files: Sequence[File], code: str, first_symbols: int, halves: int) -> Compared:
    """The distances of all pairs of files, with intervals of random halves.

    Raises `InputError` for too many files or for one that is empty or of another alphabet, `RefusedError` for a code
    whose window is shorter than the largest pair.
    """
    if len(files) > MOST_FILES:
        raise InputError("files", len(files), f"at most {MOST_FILES} are compared here", "lab ncd takes any number")
    names = name_apart([name for name, _ in files], [name for name, _ in files])
    messages, notes = [], []
    with tempfile.TemporaryDirectory() as folder:
        for place, (name, (own, content)) in enumerate(zip(names, files, strict=True)):
            path = Path(folder) / f"{place}{Path(own).suffix.lower()}"
            path.write_bytes(content)
            described = read_object(path, limit=first_symbols)
            messages.append(Message(described.message.sequence, described.message.alphabet))
            notes += [f"{name}: {note}" for note in described.notes]
    found = measure_distances(names, messages, open_shelf("codes").load(code)(), halves)
    quick = {name: one for name, one in load_conditional().items() if name not in SLOW}
    information = measure_information(messages, quick)
    if found.silence:
        notes.append(f"No intervals: {found.silence}")
    notes.append(f"K(x|y) by {', '.join(quick)}; lab ncd has {' and '.join(SLOW)} too")
    return Compared(tabulate_distances(found, information, messages, code, "your files"), found.reach, tuple(notes))


def tabulate_pairs(tables: Tables) -> pd.DataFrame:
    """A row per pair of different files, the nearest first."""
    runs = tables.runs
    return runs.loc[runs["object"] != runs["other_object"], list(PAIR)].sort_values("ncd").rename(columns=PAIR)
