"""Tables that can be read and are still wrong: each fault is named with its rows, and nothing ends in a traceback."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lab.analysis.laws.fits import fit_tokens
from lab.core.errors import InputError
from lab.runs.store import open_store
from lab.tables import Tables, import_runs, load_tables
from lab.tables.guards import name_rows
from lab.tables.importing import store_import
from tests.synthetic import chinchilla_loss
from tests.truth import find_truth


def make_runs(rows: int = 12, **columns: object) -> pd.DataFrame:
    """Runs of a known surface, no two alike; `columns` replace or add."""
    size = np.geomspace(1e6, 1e9, rows)
    tokens = 20 * size * np.linspace(1.0, 1.5, rows)
    loss = chinchilla_loss(size, tokens)
    given = {"params_total": size, "tokens": tokens, "loss_nats": loss, "seed": 0, "trunk_key": range(rows)}
    return pd.DataFrame({**given, **columns})


def read(folder: Path, frame: pd.DataFrame, **mapping: str) -> Tables:
    path = folder / "runs.csv"
    frame.to_csv(path, index=False)
    return import_runs(path, mapping)


def read_notes(folder: Path, frame: pd.DataFrame, **mapping: str) -> str:
    return "; ".join(note for note in read(folder, frame, **mapping).notes if "missing" not in note)


def test_a_sound_table_raises_no_doubt(tmp_path: Path) -> None:
    assert read_notes(tmp_path, make_runs()) == ""
    runs = make_runs()
    assert read_notes(tmp_path, runs.assign(flops=6.6 * runs["params_total"] * runs["tokens"])) == ""


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"params_total": np.linspace(1, 70, 12)}, "parameter counts below 1000"),
        ({"tokens": np.linspace(1, 300, 12)}, "tokens below 1000"),
        ({"tokens": [1.5, 2.0, *np.geomspace(1e9, 1e10, 10)]}, "tokens of rows 1–2 is a factor 5e+08"),
        ({"tokens": np.full(12, 5e15)}, "over a million tokens per parameter in rows 1–12"),
        ({"loss_nats": np.linspace(90, 30, 12)}, "above 20 in rows 1–12"),
        ({"loss_nats": np.linspace(0.2, 0.6, 12)}, "rises with params_total"),
        ({"loss_nats": [3.0] * 2 + [2.0] * 10, "params_total": 1e6, "tokens": [1e8, *np.linspace(1e8, 2e8, 11)],
          "note": list("abcdefghijkl")}, "same N, D and loss in rows 1–2"),
    ],
)  # fmt: skip
def test_a_doubt_names_its_rows(tmp_path: Path, columns: dict[str, object], words: str) -> None:
    assert words in read_notes(tmp_path, make_runs(**columns))


def test_compute_that_contradicts_size_and_tokens_is_named(tmp_path: Path) -> None:
    runs = make_runs()
    exact = 6 * runs["params_total"] * runs["tokens"]
    off = exact * np.where(runs.index == 4, 5.0, 1.0)
    assert "factor 3 in row 5 (up to ×5)" in read_notes(tmp_path, runs.assign(flops=off))
    for factor in (1e3, 1e6, 1e9, 1e-3):
        with pytest.raises(InputError, match=r"rows 1–12: flops is") as caught:
            read(tmp_path, runs.assign(flops=exact * factor))
        assert caught.value.next_step
    body = runs.assign(params_body=runs["params_total"] / 10, flops=exact / 10)
    assert "factor" not in read_notes(tmp_path, body), "the count of N that agrees is the one meant"


def test_compute_and_tokens_taken_for_each_other_are_refused(tmp_path: Path) -> None:
    runs = make_runs()
    with pytest.raises(InputError, match=r"rows 3–12.*training compute.*flops"):
        read(
            tmp_path, runs.assign(tokens=np.where(runs.index > 1, 6 * runs["params_total"] * runs["tokens"] * 1e3, 1e9))
        )
    with pytest.raises(InputError, match=r"rows 1–12.*less than one operation per parameter"):
        read(tmp_path, runs.drop(columns="tokens").assign(flops=runs["params_total"] / 2))


@pytest.mark.parametrize(
    ("name", "words"),
    [("val_ppl", "take its logarithm"), ("bpb", "multiply by ln 2"), ("accuracy", "in nats"), ("log_perplexity", "")],
)
def test_the_name_of_the_loss_is_read(tmp_path: Path, name: str, words: str) -> None:
    notes = read_notes(tmp_path, make_runs().rename(columns={"loss_nats": name}), loss_nats=name)
    assert words in notes if words else not notes


def test_missing_seeds_are_said(tmp_path: Path) -> None:
    runs = make_runs().drop(columns=["seed", "trunk_key"])
    assert "no seed column" in read_notes(tmp_path, runs)
    twice = pd.concat([runs, runs.iloc[2:4].assign(loss_nats=lambda rows: rows["loss_nats"] * 1.01)])
    assert "rows 3–4, 13–14 repeat the setting of another" in read_notes(tmp_path, twice)


def make_curves(sizes: tuple[float, ...] = (1e6, 1e7, 1e8), points: int = 20) -> pd.DataFrame:
    """Evenly spaced checkpoints of a few runs, without a word about which row belongs to which."""
    tokens = np.arange(1, points + 1) * 1e8
    pieces = [
        pd.DataFrame({"params_total": n, "tokens": tokens, "loss_nats": chinchilla_loss(np.full(points, n), tokens)})
        for n in sizes
    ]
    return pd.concat(pieces, ignore_index=True)


def test_checkpoints_of_one_run_do_not_count_as_runs(tmp_path: Path) -> None:
    curves = make_curves().assign(step=lambda rows: rows["tokens"] / 1e5)
    tables = read(tmp_path, curves)
    assert tables.runs["trunk_key"].nunique() == 3
    assert "rows 1–60 look like 3 training curves" in "; ".join(tables.notes)
    fit = fit_tokens(tables).fit
    assert fit.status == "refused" and "share a trunk" in fit.reason
    assert read(tmp_path, curves.assign(run_key=range(60))).runs["trunk_key"].nunique() == 60, "who says so is believed"
    assert "yet each has a run_key" in read_notes(tmp_path, curves.assign(run_key=range(60)))


@pytest.mark.parametrize("change", ["few", "noisy", "shuffled"])
def test_runs_that_are_no_curve_stay_independent(tmp_path: Path, change: str) -> None:
    runs = make_curves(points=5 if change == "few" else 12)
    rng = np.random.default_rng(0)
    if change == "noisy":  # neighbouring horizons in steps that noise reverses: runs of their own
        runs["loss_nats"] *= np.exp(0.1 * rng.standard_normal(len(runs)))
    if change == "shuffled":  # one text column that differs in every row
        runs["name"] = [f"run {i}" for i in range(len(runs))]
    assert read(tmp_path, runs).runs["trunk_key"].nunique() == len(runs)


def make_repeated(rows: int, copies: int) -> pd.DataFrame:
    """A table of curves of which the last `copies` rows repeat the first ones exactly."""
    runs = make_curves(points=rows // 3).assign(Model=[0.5, "6 Enc, 6 Dec", 4.0] * (rows // 3), Training=1)
    return pd.concat([runs, runs.iloc[:copies]], ignore_index=True)


def test_repeated_rows_are_counted_and_named(tmp_path: Path) -> None:
    notes = read(tmp_path, make_repeated(60, 17)).notes
    assert any("17 of 77 rows repeat an earlier one exactly, left out: rows 61–77" in note for note in notes)


def test_the_language_table_of_alabdulmohsin(tmp_path: Path) -> None:
    path = find_truth("laws/alabdulmohsin/benchmark.lang.csv")
    tables = import_runs(path, {"tokens": "Seen Examples", "loss_nats": "Loss"})
    assert len(tables.runs) == 712
    assert any("687 of 1399 rows repeat an earlier one exactly, left out: rows" in note for note in tables.notes)


def test_epochs_points_raise_no_alarm() -> None:
    path = find_truth("laws/epoch/epoch_chinchilla_svg_extracted_data.csv")
    tables = import_runs(path, {"params_total": "Model Size", "flops": "Training FLOP", "loss_nats": "loss"})
    assert len(tables.runs) == 245 and tables.runs["trunk_key"].nunique() == 245


def test_what_an_import_said_is_said_by_the_store_too(tmp_path: Path) -> None:
    tables = read(tmp_path, make_curves())
    store = open_store(tmp_path / "lab.db")
    store_import(store, tables)
    assert load_tables("runs", store).notes == tables.notes


def test_rows_are_named_in_ranges() -> None:
    assert name_rows([4]) == "row 5"
    assert name_rows([0, 1, 2, 6]) == "rows 1–3, 7"
    assert name_rows(range(0, 40, 2)) == "rows 1, 3, 5, 7, 9, 11 and 14 more"


CELLS = st.one_of(
    st.floats(),
    st.sampled_from(
        ["", "nan", "inf", "-1", "0", "1e400", "1e-400", "7B", "1,5", "\0", "é", "None", "0x10", "1_000", '"']
    ),
    st.integers(-(10**30), 10**30),
)
HEADS = st.lists(
    st.sampled_from(["params_total", "params_body", "tokens", "flops", "loss_nats", "seed", "run_key", "trunk_key",
                     "study", "status", "size", "learning_rate", "my own", "step", ""]),
    min_size=1, max_size=7,
)  # fmt: skip


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), head=HEADS, suffix=st.sampled_from([".csv", ".parquet", ".jsonl"]))
def test_a_broken_file_never_ends_in_a_traceback(
    tmp_path: Path, data: st.DataObject, head: list[str], suffix: str
) -> None:
    rows = data.draw(st.lists(st.lists(CELLS, min_size=len(head), max_size=len(head)), max_size=5))
    lines = [",".join(head), *(",".join(map(str, row)) for row in rows)]
    path = tmp_path / f"runs{suffix}"
    if suffix == ".csv":
        path.write_text("\n".join(lines))
    else:
        write(pd.DataFrame(rows, columns=head).astype(str).loc[:, ~pd.Index(head).duplicated()], path)
    attempt(path)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    at=st.floats(0, 1),
    junk=st.binary(max_size=8),
    cut=st.integers(0, 40),
    suffix=st.sampled_from([".csv", ".parquet", ".jsonl"]),
)
def test_a_damaged_file_never_ends_in_a_traceback(
    tmp_path: Path, at: float, junk: bytes, cut: int, suffix: str
) -> None:
    path, frame = tmp_path / f"runs{suffix}", make_runs(5)
    write(frame, path)
    content = path.read_bytes()
    place = int(at * len(content))
    path.write_bytes(content[:place] + junk + content[place + cut :])
    attempt(path)


@pytest.mark.parametrize("value", [[1, 2], {"a": 1}, True, pd.Timestamp("2026-01-01"), b"\xff", None, 2**70])
def test_a_cell_of_any_type(tmp_path: Path, value: object) -> None:
    frame = make_runs(4).astype(object)
    for column in (*frame.columns, "my own"):
        for cells in ([value] * 4, [value, *frame[column][1:]] if column in frame else [value] * 4):
            path = tmp_path / "runs.parquet"
            try:
                frame.assign(**{column: pd.Series(cells, dtype=object)}).to_parquet(path)
            except (ValueError, TypeError, OverflowError):  # Arrow has no such column
                continue
            attempt(path)


def write(frame: pd.DataFrame, path: Path) -> None:
    if path.suffix == ".csv":
        frame.to_csv(path, index=False)
    elif path.suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_json(path, orient="records", lines=True)


def attempt(path: Path) -> None:
    """A table, or one error with a next step."""
    try:
        tables = load_tables(path)
    except InputError as error:
        assert error.next_step and "\n" not in str(error).strip()
    else:
        assert len(tables.runs) and (tables.runs["loss_nats"] > 0).all()
