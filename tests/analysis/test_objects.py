"""Objects by name: paths before sources before runs, with what the decoder must be told of each."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from lab.analysis.complexity.objects import DRAWN, open_object
from lab.core.errors import InputError, UnknownNameError
from lab.runs.owner import identify_process
from lab.runs.runner import Result
from lab.runs.spec import RunSpec, parse_entry
from lab.runs.store import Store, StudyRecord, open_store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(tmp_path / "lab.db")


def store_run(store: Store) -> str:
    spec = RunSpec("imported", {"columns": {"loss_nats": 1.0, "tokens": 10.0}})
    owner = identify_process()
    store.register(StudyRecord("study", "", ""), [spec])
    store.claim([spec.key], owner)
    arrays = {"cells": np.array([[0, 1], [1, 1]], dtype=np.uint8)}
    store.complete(spec.key, owner, Result("done", {}, {"loss_nats": [3.0, None, 1.0]}, arrays), {})
    return spec.key


def test_a_source_with_dials_is_drawn() -> None:
    described = open_object("bernoulli:p=0.1", 500, seed=3)
    assert described.name == "bernoulli (p 0.1)"
    assert described.message.symbols.shape == (500,)
    assert described.message.alphabet == 2
    assert described.entropy_rate == pytest.approx(-0.1 * math.log2(0.1) - 0.9 * math.log2(0.9))
    again, other = open_object("bernoulli:p=0.1", 500, seed=3), open_object("bernoulli:p=0.1", 500, seed=4)
    np.testing.assert_array_equal(described.message.symbols, again.message.symbols)
    assert not np.array_equal(described.message.symbols, other.message.symbols)
    assert len(open_object("golden_mean").message) == DRAWN


def test_a_path_comes_before_a_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "golden_mean").write_bytes(b"ab" * 8)
    np.savez(tmp_path / "two.npz", a=np.zeros(4, dtype=bool), b=np.ones((3, 3), dtype=bool))
    monkeypatch.chdir(tmp_path)
    laid_out = open_object("golden_mean", alphabet=2, shape=(4, 4))
    assert laid_out.message.symbols.tolist() == [[0, 1, 0, 1]] * 4
    assert open_object("two.npz:b").message.symbols.shape == (3, 3)
    assert open_object(str(tmp_path / "golden_mean"), 5).message.symbols.tolist() == [97, 98, 97, 98, 97]


def test_a_run_gives_its_arrays_and_its_curve(store: Store) -> None:
    key = store_run(store)
    assert open_object(f"{key}:cells", store=store).message.symbols.tolist() == [[0, 1], [1, 1]]
    curve = open_object(f"{key[:8]}:loss_nats", store=store)
    assert curve.message.symbols.tolist() == [255, 0]
    assert "quantised" in curve.notes[0]
    with pytest.raises(UnknownNameError, match="cells, loss_nats"):
        open_object(key, store=store)
    with pytest.raises(UnknownNameError, match="no run"):
        open_object("0123456789abcdef:x", store=store)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("golden_maen", "golden_mean"),
        ("markov:order=x", "order"),
        ("markov:ordr=1", "order"),
        ("markov:order", "dial=value"),
        ("markov:symbols=300,order=1", "256 symbols"),
        ("nowhere.npz:a", "FILE.npz"),
        ("", "name a file"),
    ],
)
def test_what_names_nothing_is_refused(name: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        open_object(name)


def test_no_symbol_is_no_stretch() -> None:
    with pytest.raises(InputError, match="--length"):
        open_object("golden_mean", 0)


def test_dials_have_the_type_their_entry_asks_for() -> None:
    assert parse_entry("data", "bernoulli: p=.25") == {"name": "bernoulli", "p": 0.25}
    word = parse_entry("data", "periodic:word=0110")
    assert word == {"name": "periodic", "word": "0110"}
    assert parse_entry("codes", "order_k") == {"name": "order_k"}


def test_a_source_is_not_drawn_beyond_what_memory_holds() -> None:
    with pytest.raises(InputError, match="at most"):
        open_object("markov", length=10**12)
