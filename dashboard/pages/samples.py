"""Samples: text from the nets of the study, written while one waits."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard.notices import contain_errors, show_hint
from dashboard.pages import Page
from dashboard.studies import FIRST_COMMAND, read_tables
from dashboard.text import escape_markdown
from lab.core.units import format_count
from lab.runners.training.sampling import Text, TextRequest
from lab.runs.store import find_store, open_store
from lab.runs.weights import WeightsFolder
from lab.tables import Study

MOST_TOKENS, MOST_SAMPLES = 1024, 8  # of what a visitor may ask for


def render(study: Study | None) -> None:
    """The choice of a run and of a way of sampling, and what the net writes."""
    st.title("Samples", anchor=False)
    if study is None:
        show_hint("No study yet", "Nets are kept as their runs finish, and write here.", FIRST_COMMAND)
        return
    runs = _list_runs(study)
    if runs.empty:
        command = f"lab run {study.sweep} --preset {study.preset}" if study.sweep and study.preset else FIRST_COMMAND
        why = "Nets stand beside the store on the machine that trained them; an archive or a table holds none."
        show_hint("No net of this study is kept here", why, command)
        return
    labels = dict(zip(runs["run_key"], _label(runs), strict=True))
    key = st.selectbox("Run, lowest loss first", list(labels), format_func=lambda k: labels[k], key="sample.run")
    with contain_errors():
        _show_texts(key, _choose_request())


def _list_runs(study: Study) -> pd.DataFrame:
    if study.origin != "store":
        return pd.DataFrame()
    kept = WeightsFolder(open_store(read_only=True).folders.weights).sizes()
    runs = read_tables(study).runs
    return runs[runs["status"].eq("done") & runs["run_key"].isin(kept)].sort_values("loss_nats")


def _label(runs: pd.DataFrame) -> list[str]:
    return [
        f"{row['loss_nats']:.3f} nats · {row['family']} {row['size']:g}"
        f"{' (' + row['dials'] + ')' if row['dials'] else ''}"
        f" · {format_count(row['params_total'])} parameters · {format_count(row['tokens'])} tokens"
        f" · seed {row['seed']:g}"
        for row in runs.to_dict("records")
    ]


def _choose_request() -> TextRequest:
    prompt = st.text_input(
        "Prompt", key="sample.prompt", bind="query-params", placeholder="empty: a first token of held-out text"
    )
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        temperature = st.slider("Temperature", 0.0, 2.0, 0.8, 0.1, key="sample.temperature", width=220)
        tokens = st.number_input("Tokens", 1, MOST_TOKENS, 256, 64, key="sample.tokens", width=150)
        samples = st.number_input("Samples", 1, MOST_SAMPLES, 2, key="sample.samples", width=150)
        seed = st.number_input("Seed", 0, 2**31, 0, key="sample.seed", width=150)
    return TextRequest(prompt, int(tokens), int(samples), temperature, seed=int(seed))


def _show_texts(key: str, request: TextRequest) -> None:
    texts = write(key, request, str(find_store()))
    for text in texts:
        st.code(text.shown, language=None, wrap_lines=True)
    accepted = [text.mean_accepted for text in texts if text.mean_accepted is not None]
    if accepted:
        st.caption(f"{sum(accepted) / len(accepted):.2f} tokens a pass: the later heads draft, the first one verifies.")
    st.caption(escape_markdown(f"lab sample {key} writes the same text for the same options."))


@st.cache_data(
    hash_funcs={TextRequest: lambda request: repr(request)}, max_entries=64, show_spinner="The net is writing …"
)
def write(key: str, request: TextRequest, store: str) -> list[Text]:
    """What the net of a run of a store writes."""
    return request.run(open_store(store, read_only=True), key)


page = Page(title="Samples", icon="edit_note", order=4, render=render)
