"""Complexity: how short a file, an array or a stretch of a source can be said, and how far apart files are."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import pandas as pd
import streamlit as st

from dashboard.controls import choose_options
from dashboard.distances import show_distances
from dashboard.exhibit import show_topics
from dashboard.grid import offer_csv, show_grid
from dashboard.notices import contain_errors, show_hint
from dashboard.pages import Page
from dashboard.studies import read_tables
from dashboard.text import escape_markdown
from lab.analysis.complexity.code_bounds import compare_object, tabulate_comparisons
from lab.analysis.complexity.objects import draw_object
from lab.complexity.baselines import Comparison
from lab.complexity.bounds import ENSEMBLE
from lab.complexity.objects import Described, read_object
from lab.complexity.surrogates import explain_surrogate
from lab.core.registry import open_shelf
from lab.figures import Range, draw_figure
from lab.tables import Study

COMMAND = "lab run kolmogorov_bounds --preset standard"
QUICK = ("deflate", "bz2", "lzma", "zstd", "ppmd", "kt", "order_k", "context_tree")
BASELINES = 3
MOST_SYMBOLS = 2**14
LARGEST_UPLOAD = 2**24


@dataclass(frozen=True)
class Stretch:
    """What is described where no file is: `length` symbols of a source with its dials at their defaults."""

    source: Literal[
        "golden_mean", "even_process", "bernoulli", "markov", "periodic", "thue_morse", "elementary", "prng"
    ] = "golden_mean"
    length: Literal[256, 1024, 4096, 16384] = 4096
    seed: Annotated[int, Range(0, 20, 1)] = 0


def render(study: Study | None) -> None:
    """An object of one's own, its bounds and baselines; then what the study found."""
    st.title("Complexity", anchor=False)
    st.header("How short can it be said?", anchor="bounds")
    with contain_errors():
        st.fragment(_show_bounds)()
    st.header("How far apart are they?", anchor="distances")
    st.fragment(show_distances)()
    tables = read_tables(study) if study is not None else None
    if study is None or tables is None or ("baseline" not in tables.runs and "ncd" not in tables.runs):
        why = "A study of codes says how they behave on what is known; the chosen one holds none."
        show_hint("No descriptions here", why, COMMAND)
        return
    st.header("What the study found", anchor="study")
    show_topics("complexity", study, tables)


def _show_bounds() -> None:
    file = st.file_uploader("A file of your own, any kind; .npy is read as an array", key="complexity.file")
    if file is None:
        described, comparison = compare_stretch(**choose_options("stretch", Stretch))
    else:
        described, comparison = compare_file(file.name, file.getvalue())
    bound = comparison.object
    best = bound.choose()
    with st.container(horizontal=True, gap="medium"):
        st.metric("Upper bound", f"{bound.count_bits():,.0f} bits", border=True)
        st.metric("A symbol", f"{bound.rate_bits():.4f} bits" if bound.symbols else "–", border=True)
        st.metric("Shortest code", best.code, border=True)
        normalised = comparison.normalize()
        st.metric("Of its shuffle", f"{normalised.value:.1%}" if normalised.n else "–", border=True)
    tables = tabulate_comparisons(described.name, [(described, comparison)])
    _, drawing = draw_figure("code_lengths", tables, {})
    st.plotly_chart(drawing, theme=None, key="complexity-live", config={"displaylogo": False})
    rate = "" if described.entropy_rate is None else f", entropy rate {described.entropy_rate:.4f} bits a symbol"
    facts = f"{described.name}: {bound.symbols:,} symbols of {bound.alphabet}, {bound.raw_bits:,.0f} bits raw{rate}"
    kept = explain_surrogate(described.message, comparison.kind)
    for note in (facts, *described.notes, kept[0].upper() + kept[1:]):
        st.caption(escape_markdown(f"{note}.", limit=1000))
    frame = tabulate_codes(comparison)
    show_grid(frame)
    offer_csv(frame, described.name, "code_bounds")
    st.caption("`lab complexity OBJECT` takes objects up to 134 MB, every code, and more seeds.")


@st.cache_data(max_entries=64, show_spinner="Describing …")
def compare_stretch(source: str, length: int, seed: int) -> tuple[Described, Comparison]:
    """A stretch of a source by the quick codes, with its baselines."""
    return _compare(draw_object({"name": source}, length, seed))


@st.cache_data(max_entries=16, show_spinner="Describing …")
def compare_file(name: str, content: bytes) -> tuple[Described, Comparison]:
    """The first 16,384 symbols of a file by the quick codes, with its baselines; raises `InputError`."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"object{Path(name).suffix}"
        path.write_bytes(content[:LARGEST_UPLOAD])
        described = read_object(path, limit=MOST_SYMBOLS)
    return _compare(Described(name, described.message, described.told_bits, None, described.notes))


def _compare(described: Described) -> tuple[Described, Comparison]:
    shelf = open_shelf("codes")
    return described, compare_object(described, {name: shelf.load(name)() for name in QUICK}, BASELINES)


def tabulate_codes(comparison: Comparison) -> pd.DataFrame:
    """A row per code, shortest first: bits, where from, and the baselines' means."""
    bound = comparison.object
    return pd.DataFrame(
        [
            {
                "code": name,
                "bits": bound.count_bits(name),
                "bits a symbol": bound.rate_bits(name),
                "way": f"{bound.choose(name).packing}, {bound.choose(name).scan}",
                "constant": comparison.estimate_constant(name).value,
                "shuffled": comparison.estimate_shuffled(name).value,
                "surrogate": comparison.estimate_surrogate(name).value,
                "normalised": comparison.normalize(name).value,
                "low": comparison.normalize(name).low,
                "high": comparison.normalize(name).high,
            }
            for name in sorted((ENSEMBLE, *comparison.codes), key=bound.count_bits)
        ]
    )


page = Page(title="Complexity", icon="compress", order=5, render=render)
