"""What the pages read: studies, their tables and verdicts, each cached by the content it was read from."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.notices import show_error
from dashboard.uploads import offer_upload
from lab.analysis.forecasts.grading import Grade, grade_forecasts
from lab.core.errors import LabError
from lab.core.registry import open_shelf
from lab.core.verdict import Verdict
from lab.runs.archive import read_archive
from lab.runs.store import StoredRun, find_store, open_store
from lab.tables import Study, Tables, list_archives, list_stored, load_tables

BY_HASH: dict[str | type[Any], Callable[[Any], Any]] = {Tables: lambda tables: tables.hash}
FIRST_COMMAND = "lab run kaplan_language_models --preset smoke"
SECONDS_UNSEEN = 10.0  # a database server has no file whose change we could see


@dataclass(frozen=True)
class Listing:
    """The studies there are, and why there may be more that could not be read."""

    studies: Sequence[Study]
    problems: Sequence[LabError] = ()


def list_everything() -> Listing:
    """All studies of the store and the archives; a store or an archive that cannot be read is a problem, not an end."""
    found: dict[str, Study] = {}
    problems: list[LabError] = []
    for read in (list_stored, list_archives):
        try:
            for study in read():
                found.setdefault(study.name, study)
        except LabError as error:
            problems.append(error)
    return Listing(sorted(found.values(), key=_is_without_nets), problems)


def _is_without_nets(study: Study) -> bool:
    """Whether its sweep's figures all stand on pages of their own: such studies stand behind those of nets."""
    if study.sweep not in open_shelf("sweeps").names():
        return False
    figures = [open_shelf("figures").load(name) for name in open_shelf("sweeps").load(study.sweep).figures]
    return bool(figures) and all(figure.page != "scaling" for figure in figures)


def choose_study() -> Study | None:
    """The study all pages show, chosen here and kept in the address, or the visitor's own file; None while there is
    none.
    """
    listing = list_everything()
    own = offer_upload()
    studies = {study.name: study for study in [*([own] if own else []), *listing.studies]}
    name: str | None
    if own:  # what its visitor wants to see first; no address leads there for anybody else
        name = st.selectbox("Study", list(studies), key=f"study of {own.path}")
    else:
        name = st.selectbox("Study", list(studies), key="study", bind="query-params") if studies else None
    for problem in listing.problems:
        show_error(problem)
    return studies.get(name) if name else None


def choose_evidence(sweep: str, chosen: Study | None, studies: Sequence[Study]) -> Study | None:
    """The study a sweep's claims are judged on: the chosen one where it is of that sweep, else the fullest."""
    if chosen is not None and chosen.sweep == sweep:
        return chosen
    ours = [study for study in studies if study.sweep == sweep and study.counts.get("done")]
    return max(ours, key=lambda study: study.counts["done"], default=None)


def find_evidence(chosen: Study | None, *sweeps: str) -> Study | None:
    """What a page of some sweeps shows: the chosen study where it is of one of them, else the fullest of the first of
    them that has any, else the chosen one.
    """
    if chosen is not None and chosen.sweep in sweeps:
        return chosen
    studies = list_everything().studies
    found = (choose_evidence(sweep, chosen, studies) for sweep in sweeps)
    return next((study for study in found if study is not None), chosen)


def read_tables(study: Study) -> Tables:
    """The tables of a study, read again once its file has changed."""
    return _read_tables(study.path or study.name, _stamp_file(study))


def read_ledger() -> list[Grade]:
    """Every sealed forecast with what came of it; none where there is no store."""
    place = find_store()
    if "://" not in str(place) and not Path(place).exists():
        return []
    entries = open_store(read_only=True).ledger.entries()
    return grade_forecasts(entries, [read_tables(study) for study in list_stored()]) if entries else []


def read_run(study: Study, key: str) -> StoredRun:
    """One run with its specification and provenance."""
    if study.path is not None:
        return _read_archived(study.path, _stamp_file(study))[key]
    return open_store(read_only=True).run(key)


@st.cache_data(max_entries=16, show_spinner="Reading the runs …")
def _read_tables(place: Path | str, stamp: object) -> Tables:
    return load_tables(place)


@st.cache_data(max_entries=2, show_spinner="Reading the archive …")
def _read_archived(path: Path, stamp: object) -> dict[str, StoredRun]:
    return {run.key: run for run in read_archive(path).runs}


@st.cache_data(hash_funcs=BY_HASH, max_entries=32, show_spinner="Judging …")
def read_verdicts(sweep: str, tables: Tables) -> list[Verdict]:
    """The verdicts on a sweep's claims."""
    verdicts: list[Verdict] = open_shelf("sweeps").load(sweep).judge(tables)
    return verdicts


def _stamp_file(study: Study) -> object:
    place = study.path or find_store()
    if "://" in str(place):
        return time.time() // SECONDS_UNSEEN
    files = (Path(place), Path(f"{place}-wal"))
    return [(file.stat().st_mtime_ns, file.stat().st_size) for file in files if file.exists()]
