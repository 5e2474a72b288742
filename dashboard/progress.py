"""Progress: how far a study of the store is, looked at again every few seconds while the rest of the page rests."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from dashboard.studies import list_everything, read_tables
from dashboard.text import escape_markdown
from lab.core.units import format_count, format_duration
from lab.runs.spool import Spool
from lab.runs.store import open_store
from lab.tables import Study

SECONDS_RUNNING, SECONDS_RESTING = 2.0, 15.0
ENDED = ("done", "diverged", "stopped", "failed")


def show_progress(study: Study) -> None:
    """The bar and the counts of a study of the store; the page is drawn anew when a run has ended."""
    if study.origin == "store":
        pace = SECONDS_RUNNING if study.counts.get("running") else SECONDS_RESTING
        st.fragment(_show, run_every=pace)(study)


def _show(shown: Study) -> None:
    study = next((each for each in list_everything().studies if each == shown), shown)
    if study.counts != shown.counts:
        st.rerun()
    runs = read_tables(study).runs
    shares = read_shares() if study.counts.get("running") else {}
    done, left = measure_progress(runs, shares)
    line = escape_markdown(describe_counts(study.counts, len(shares), left))
    if done < 1:
        st.progress(done, text=line)
    else:
        st.caption(line)
    for trunk, share in shares.items():
        at_work = runs[(runs["trunk_key"] == trunk) & ~runs["status"].isin(ENDED)]
        if len(at_work):
            st.progress(min(1.0, share), text=escape_markdown(describe_trunk(at_work.iloc[-1])))


def read_shares() -> dict[str, float]:
    """The share done of every trunk that is being trained."""
    folder = open_store(read_only=True).spool
    return Spool(folder).read_progress() if folder.is_dir() else {}


def measure_progress(runs: pd.DataFrame, shares: Mapping[str, float]) -> tuple[float, float | None]:
    """The share of the study's FLOP that is spent, in [0, 1], and the seconds left; None where that is unknown.

    Seconds left are the FLOP not yet spent at the CPU speed of the runs that ended, shared by the trunks at work.
    """
    work = runs["flops"].where(runs["flops"] > 0, 1.0).fillna(1.0)
    spent = work * runs["status"].isin(ENDED).where(lambda ended: ended, runs["trunk_key"].map(shares)).fillna(0.0)
    ended = runs[(runs["cpu_seconds"] > 0) & (runs["flops"] > 0)]
    share = float(spent.sum() / work.sum()) if len(runs) else 0.0
    if ended.empty or not shares:
        return share, None
    seconds_per_flop = ended["cpu_seconds"].sum() / ended["flops"].sum()
    return share, float((work.sum() - spent.sum()) * seconds_per_flop / len(shares))


def describe_counts(counts: Mapping[str, int], at_work: int, left: float | None) -> str:
    """'118 of 120 runs done, 2 to go, 1 trunk at work, about 3 min 20 s left'."""
    to_go = counts.get("pending", 0) + counts.get("running", 0)  # a driver claims all its runs at once
    parts = [f"{counts.get('done', 0):,} of {sum(counts.values()):,} runs done"]
    parts += [f"{n:,} {what}" for n, what in ((to_go, "to go"), *((counts.get(s, 0), s) for s in ENDED[1:])) if n]
    parts += [f"{at_work} {'trunk' if at_work == 1 else 'trunks'} at work"] if at_work else []
    return ", ".join([*parts, *([f"about {format_duration(left)} left"] if left else [])])


def describe_trunk(run: pd.Series) -> str:
    """One trunk at work: 'transformer of size 48, seed 1, rate 0.02, to 1.05 M tokens'."""
    return (
        f"{run['family']} of size {run['size']:g}, seed {run['seed']:g}, rate {run['learning_rate']:g}, "
        f"to {format_count(run['tokens'], 'tokens')}"
    )
