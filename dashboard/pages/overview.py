"""Overview: what the lab asks, what the evidence says of it, and how far every study is."""

from __future__ import annotations

from typing import Literal

import pandas as pd
import streamlit as st

from dashboard.grid import show_grid
from dashboard.notices import contain_errors, show_hint
from dashboard.pages import Page
from dashboard.studies import FIRST_COMMAND, choose_evidence, list_everything, read_tables, read_verdicts
from dashboard.text import escape_markdown
from lab.core.registry import open_shelf
from lab.core.verdict import Outcome, Verdict
from lab.tables import Study

_MARKS: dict[Outcome, tuple[str, Literal["green", "orange", "red", "gray"]]] = {
    Outcome.SUPPORTED: ("check_circle", "green"),
    Outcome.NOT_SUPPORTED: ("cancel", "orange"),
    Outcome.REVERSED: ("swap_vert", "red"),
    Outcome.UNDERPOWERED: ("hourglass_empty", "gray"),
}


def render(study: Study | None) -> None:
    """The claims with their verdicts, then the studies."""
    studies = list_everything().studies
    st.title("Overview", anchor=False)
    st.markdown("How does learning scale, and how complex is what is learned?")
    if not studies:
        show_hint(
            "No runs yet",
            "A study is many small models trained at varying size, data and compute. The smallest takes a few minutes; "
            "runs you already have can be imported instead.",
            f"{FIRST_COMMAND}\nlab import runs.csv --map params_total=N,tokens=D,loss_nats=loss",
        )
    st.header("Claims", anchor="claims")
    evidence = {name: choose_evidence(name, study, studies) for name in open_shelf("sweeps").names()}
    for name in sorted(evidence, key=lambda name: evidence[name] is None):
        with st.container(border=True, key=f"sweep-{name}"), contain_errors():
            _show_sweep(name, evidence[name])
    if studies:
        st.header("Studies", anchor="studies")
        show_grid(pd.DataFrame([_describe_study(each) for each in studies]), column_config=_STUDY_COLUMNS)


def _show_sweep(name: str, evidence: Study | None) -> None:
    sweep = open_shelf("sweeps").load(name)
    st.subheader(escape_markdown(sweep.title), anchor=name)
    st.markdown(escape_markdown(sweep.question))
    if evidence is None:
        st.text("Nothing has been run for this question yet.")
        st.code(f"lab run {name} --preset smoke", language="bash", wrap_lines=True)
    else:
        for verdict in read_verdicts(name, read_tables(evidence)):
            _show_verdict(verdict)
            st.space("small")
    judged = f" Judged on {evidence.name}." if evidence else ""
    st.caption(escape_markdown(f"{sweep.citation}.{judged}"))


def _show_verdict(verdict: Verdict) -> None:
    icon, color = _MARKS[verdict.outcome]
    claim, numbers = st.columns([3, 2], gap="medium")
    with claim:
        with st.container(horizontal=True, gap="small"):
            st.badge(verdict.outcome.capitalize(), icon=f":material/{icon}:", color=color)
            for flag in verdict.flags:
                st.badge(escape_markdown(flag), color="gray")
        st.markdown(escape_markdown(verdict.statement))
        if verdict.reason:
            st.caption(escape_markdown(verdict.reason, limit=2000))
    with numbers:
        st.text(f"{verdict.estimate.name}\n{verdict.estimate}")
        estimate = verdict.estimate
        sentences = [f"Published: {verdict.published}."] if verdict.published else []
        sentences += [
            f"Smallest effect that matters: {verdict.margin:.3g}.",
            f"{estimate.level:.0%} interval from {estimate.n} independent units ({verdict.unit_of_evidence}),",
            f"{len(verdict.run_keys)} runs.",
        ]
        st.caption(escape_markdown(" ".join(sentences), limit=2000))


_STUDY_COLUMNS = {
    "study": st.column_config.TextColumn("Study", width="medium"),
    "origin": st.column_config.TextColumn("From", help="The store, an archive under results/, or an import"),
    "share": st.column_config.ProgressColumn("Done", min_value=0, max_value=100, format="%d %%"),
    "done": st.column_config.NumberColumn("Runs done"),
    "open": st.column_config.NumberColumn("Missing", help="Asked for and not yet run"),
    "failed": st.column_config.NumberColumn("Failed", help="`lab run` tries them again"),
    "diverged": st.column_config.NumberColumn("Diverged", help="The loss left the finite numbers; final, never fitted"),
    "stopped": st.column_config.NumberColumn("Stopped", help="Too far behind by the rule of its search; never fitted"),
}


def _describe_study(study: Study) -> dict[str, object]:
    total = sum(study.counts.values())
    return {
        "study": study.name,
        "origin": study.origin,
        "share": 100 * study.counts.get("done", 0) / max(total, 1),
        "done": study.counts.get("done", 0),
        "open": study.counts.get("pending", 0) + study.counts.get("running", 0),
        "failed": study.counts.get("failed", 0),
        "diverged": study.counts.get("diverged", 0),
        "stopped": study.counts.get("stopped", 0),
    }


page = Page(title="Overview", icon="home", order=0, render=render)
