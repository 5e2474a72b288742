"""Runs that a visitor brings: a file becomes a study beside the stored ones, for this visitor and this session only."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

import streamlit as st

from dashboard.notices import contain_errors
from dashboard.text import name_download
from lab.tables import Study, import_runs
from lab.tables.importing import read_file

KINDS = ("csv", "tsv", "parquet", "jsonl", "ndjson")
NEEDED = {
    "loss_nats": "Loss L (nats)",
    "params_total": "Parameters N",
    "tokens": "Tokens D",
    "flops": "Compute C (FLOP)",
    "trunk_key": "Run or trunk",
    "seed": "Seed",
}
_NONE = "–"
_USUAL = {
    "loss_nats": ("loss", "l", "eval_loss", "val_loss"),
    "params_total": ("n", "params", "parameters", "n_params", "model size"),
    "tokens": ("d", "n_tokens", "train_tokens"),
    "flops": ("c", "compute", "training flop", "train_flops"),
    "trunk_key": ("run", "run_id", "trunk", "run_key"),
    "seed": ("seed",),
}


def offer_upload() -> Study | None:
    """A place to drop a file of runs, and selects that say which of its columns is what; the study it makes."""
    with st.expander("Your own runs", icon=":material/upload_file:"):
        file = st.file_uploader("CSV, Parquet or JSON lines, one row per run", type=KINDS, key="upload")
        study = None
        if file is not None:
            with contain_errors():
                study = _read(file.name, file.getvalue())
        return study


def _read(name: str, content: bytes) -> Study:
    path = _keep(name, content)
    columns = [str(column) for column in read_file(path).columns]
    return _open(path, {ours: theirs for ours in NEEDED if (theirs := _choose(ours, columns)) is not None})


def _choose(ours: str, names: list[str]) -> str | None:
    """The file's column for one of the lab's: chosen, its own by that name, or none."""
    usual = (ours, *_USUAL[ours])
    guess = next((name for name in names if name.strip().lower() in usual), _NONE)
    choices = [_NONE, *names]
    label = NEEDED[ours]
    chosen = st.selectbox(label, choices, index=choices.index(guess), key=f"upload.{ours}")
    return None if chosen in (_NONE, None) else chosen


def _open(path: Path, mapping: dict[str, str]) -> Study:
    """The study of a file whose columns are named; raises `LabError` for one that is no table of runs."""
    renamed = path.parent / _digest(repr(sorted(mapping.items())).encode()) / f"{path.stem}.parquet"
    if not renamed.exists():
        renamed.parent.mkdir(exist_ok=True)
        import_runs(path, mapping)  # checked as it was sent, so that a message names the file's own rows and columns
        frame = read_file(path).rename(columns={theirs: ours for ours, theirs in mapping.items()})
        frame.to_parquet(renamed)
    return Study(f"yours: {path.stem}", origin="import", path=renamed)


def _keep(name: str, content: bytes) -> Path:
    """The content on disk, under a name of its own that no other visitor's file has."""
    folder = Path(_open_folder().name) / _digest(content)
    path = folder / name_download(Path(name).stem)
    path = path.with_name(path.name + Path(name).suffix.lower())
    if not path.exists():
        folder.mkdir(exist_ok=True)
        path.write_bytes(content)
    return path


@st.cache_resource
def _open_folder() -> tempfile.TemporaryDirectory[str]:
    """A folder that goes when the server does."""
    return tempfile.TemporaryDirectory(prefix="lab-uploads-")


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
