"""Weights: kept beside the store by every trained run, outside of its hashes, and had again when they were dropped."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from lab.core.errors import RefusedError, StoreError, UnknownNameError
from lab.core.registry import open_shelf
from lab.families import Shape
from lab.runs.owner import identify_process
from lab.runs.record import hash_record, hash_result
from lab.runs.restoration import restore_weights
from lab.runs.runner import Result
from lab.runs.spec import RunSpec
from lab.runs.spool import Spool
from lab.runs.store import Store, StudyRecord, open_store
from lab.runs.weights import WeightsFolder, load_weights
from lab.runs.worker import run_trunk
from lab.training.evaluation import evaluate_net
from tests.cli.driving import Terminal
from tests.runners.test_train import FIELDS, Collector, make_spec
from tests.runs.drive import Here

WEIGHTS = {"body.0": np.eye(3, dtype=np.float32), "readout": np.zeros((2, 0), np.float32), "file": np.ones(1)}


@pytest.fixture
def trained(tmp_path: Path) -> tuple[Store, RunSpec]:
    """A store with one trained run, as a worker and a driver make it."""
    store, spec, me = open_store(tmp_path / "results" / "lab.db"), make_spec(), identify_process()
    store.register(StudyRecord("tiny", "tiny", "any"), [spec])
    store.claim([spec.key], me)
    store.spool.mkdir(parents=True)
    run_trunk("train", [spec.fields], store.folders, {})
    spooled = Spool(store.spool).read(spec.key)
    assert spooled is not None
    store.complete(spec.key, me, spooled.result, spooled.provenance)
    return store, spec


def test_they_are_those_of_the_cooled_net(trained: tuple[Store, RunSpec]) -> None:
    store, spec = trained
    weights = load_weights(store, spec.key[:6])
    family, source = open_shelf("families").load("transformer")(width=8), open_shelf("data").load("markov")(symbols=8)
    net = family.build(Shape(source.vocabulary, FIELDS["window"]))
    net.load_state_dict({name: torch.from_numpy(array) for name, array in weights.items()})
    count = FIELDS["evaluation_tokens"] // FIELDS["window"]
    losses = evaluate_net(net, source.heldout_windows(count, FIELDS["window"]), np.arange(count))
    assert losses.mean() == pytest.approx(store.run(spec.key).metrics["loss_nats"], abs=1e-6)


def test_a_trunk_keeps_each_branch_as_it_was_cooled() -> None:
    short, long = Collector(), Collector()
    specs = [make_spec(), make_spec(tokens=10240)]
    open_shelf("runners").load("train").run([spec.fields for spec in specs], long)
    open_shelf("runners").load("train").run([specs[0].fields], short)
    ours, alone = long.results[specs[0].key].weights, short.results[specs[0].key].weights
    assert ours.keys() == alone.keys() and all(np.array_equal(ours[name], alone[name]) for name in ours)


def test_they_are_no_part_of_a_result() -> None:
    result = Result("done", {"loss_nats": 1.0})
    assert hash_result(result) == hash_result(replace(result, weights=WEIGHTS))


def test_a_file_gives_back_what_was_put_and_says_when_it_cannot(tmp_path: Path) -> None:
    folder = WeightsFolder(tmp_path / "weights")
    assert folder.read("a") is None and folder.sizes() == {} and folder.drop(["a"]) == 0
    folder.put("a", WEIGHTS)
    read = folder.read("a")
    assert read is not None and all(np.array_equal(read[name], WEIGHTS[name]) for name in WEIGHTS)
    path = tmp_path / "weights" / "a.npz"
    np.savez(tmp_path / "weights" / "early.npz", readout=np.eye(2))
    assert folder.read("early") is not None and "readout" in folder.read("early"), (
        "as they were before they had a prefix"
    )
    folder.drop(["early"])
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(StoreError, match="damaged"):
        folder.read("a")
    assert folder.drop(["a", "b"]) > 0 and folder.sizes() == {}


def test_what_was_dropped_is_had_again_if_the_numbers_are_the_same(trained: tuple[Store, RunSpec]) -> None:
    store, spec = trained
    folder, before = WeightsFolder(store.folders.weights), load_weights(store, spec.key)
    folder.drop([spec.key])
    with pytest.raises(RefusedError, match=f"lab weights --restore {spec.key}"):
        load_weights(store, spec.key)
    assert restore_weights(store, spec.key[:8], Here()) == spec.key
    assert all(np.array_equal(before[name], array) for name, array in load_weights(store, spec.key).items())
    folder.drop([spec.key])
    with store._database.writing() as connection:
        connection.exec_driver_sql("UPDATE runs SET result_hash = 'another'")
        row = connection.exec_driver_sql("SELECT * FROM runs").one()._asdict()
        connection.exec_driver_sql(f"UPDATE runs SET record_hash = '{hash_record(row)}'")
    with pytest.raises(RefusedError, match="other numbers"):
        restore_weights(store, spec.key, Here())
    assert folder.sizes() == {}


def test_a_run_that_is_not_done_or_not_there_has_none(tmp_path: Path) -> None:
    store, spec = open_store(tmp_path / "lab.db"), make_spec()
    with pytest.raises(UnknownNameError):
        load_weights(store, spec.key)
    store.register(StudyRecord("tiny", "tiny", "any"), [spec])
    with pytest.raises(RefusedError, match="only a run that is done"):
        load_weights(store, spec.key)


def test_the_command_counts_drops_and_refuses(trained: tuple[Store, RunSpec], tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    counted = json.loads(terminal.run("weights", "--json").stdout)["studies"]
    assert counted[0]["kept"] == counted[0]["done"] == 1 and counted[0]["bytes"] > 4 * 1000
    assert "1 runs" in terminal.run("doctor").stdout
    assert "drops what one study has" in terminal.refuse("weights", "--drop")
    assert (
        json.loads(terminal.run("weights", "tiny", "--drop", "--json").stdout)["dropped_bytes"] == counted[0]["bytes"]
    )
    assert "freed" in terminal.run("weights", "tiny", "--drop").stdout
    assert "no run has a key" in terminal.refuse("weights", "--restore", "zzz")
