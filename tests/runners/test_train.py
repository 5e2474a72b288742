"""The training runner: identity, description, refusals, and the same bits under any executor."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lab.core.errors import InputError, LabError
from lab.core.registry import ROOT, open_shelf
from lab.core.seeds import open_stream
from lab.runs.runner import Fields, Result
from lab.runs.spec import RunSpec

FIELDS: dict[str, Any] = {
    "family": {"name": "transformer", "width": 8},
    "source": {"name": "markov", "symbols": 8},
    "optimizer": "muon",
    "learning_rate": 0.02,
    "tokens": 5120,
    "batch_tokens": 256,
    "window": 16,
    "evaluation_tokens": 1024,
}


def make_spec(**changes: Any) -> RunSpec:
    return RunSpec("train", {**FIELDS, **changes})


def test_dials_at_their_default_do_not_change_the_key() -> None:
    spelled_out = make_spec(seed=0, cooldown=0.2, family={"name": "transformer", "width": 8, "expansion": 4})
    assert spelled_out.key == make_spec().key
    assert make_spec(seed=1).key != make_spec().key
    assert make_spec(family={"name": "transformer", "width": 8, "expansion": 2}).key != make_spec().key


def test_identity_holds_the_content_of_the_data_and_not_its_place(tmp_path: Path) -> None:
    text = open_stream(0, "text").integers(0, 256, 100_000).astype("uint8").tobytes()
    keys = []
    for name, content in (("a.txt", text), ("b.txt", text), ("c.txt", text[::-1])):
        (tmp_path / name).write_bytes(content)
        keys.append(make_spec(source={"name": "bytes_text", "path": str(tmp_path / name)}).key)
    assert keys[0] == keys[1] != keys[2]


def test_a_users_family_is_identified_by_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "families").mkdir()
    file = tmp_path / "families" / "mine.py"
    source = (ROOT / "lab" / "families" / "lstm.py").read_text()
    monkeypatch.setenv("LAB_PATH", str(tmp_path))
    file.write_text(source)
    family = {"name": "mine", "width": 8}
    identity = make_spec(family=family).identity["family"]
    assert len(identity["file"]) == 64
    assert "file" not in make_spec().identity["family"]


def test_horizon_alone_separates_branches() -> None:
    assert make_spec(tokens=10240).trunk_key == make_spec().trunk_key
    assert make_spec(tokens=10240).key != make_spec().key


def test_description_counts_every_convention() -> None:
    columns = make_spec().describe()
    assert columns["params_total"] == columns["params_body"] + columns["params_embedding"] + columns["params_readout"]
    assert columns["flops_6nd"] == 6 * columns["params_body"] * FIELDS["tokens"]
    assert columns["flops"] > columns["flops_6nd"]
    assert columns["entropy_rate"] > 0


def test_what_has_no_column_of_its_own_is_told_where_it_differs() -> None:
    plain, other = (make_spec(**more).describe()["settings"] for more in ({}, {"clip_norm": 0.0, "cooldown": 0.5}))
    assert {"cooldown 0.5", "clip_norm 0.0"} == set(other.split(", ")) - set(plain.split(", "))
    assert "evaluation_tokens 1024" in plain and "window" not in plain


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"family": {"name": "lsmt"}}, "did you mean 'lstm'"),
        ({"family": {"name": "transformer", "witdh": 8}}, "did you mean 'width'"),
        ({"family": {"width": 8}}, "names its entry"),
        ({"source": {"name": "markvo"}}, "did you mean 'markov'"),
        ({"optimiser": "muon"}, "did you mean 'optimizer'"),
        ({"optimizer": "adam"}, "did you mean 'adamw'"),
        ({"tokens": 5121}, "multiple of batch_tokens"),
        ({"tokens": 256}, "at least"),
        ({"learning_rate": 0}, "positive"),
        ({"learning_rate": "fast"}, "float"),
        ({"window": 24}, "multiple of the window"),
        ({"cooldown": 1.5}, "cooldown"),
        ({"seed": -1}, "negative"),
        ({"family": {"name": "transformer", "width": 7}}, "multiple of 2"),
    ],
)
def test_wrong_fields_are_refused_by_name(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        _ = make_spec(**changes).key


def test_estimate_counts_the_trunk_once() -> None:
    short, long = make_spec(), make_spec(tokens=10240)
    together, alone = short.estimate([short, long], 1e9), long.estimate([long], 1e9)
    assert alone.flops < together.flops < alone.flops + short.estimate([short], 1e9).flops
    assert alone.flops == pytest.approx(long.describe()["flops"])


class Collector:
    checkpoint = None

    def __init__(self) -> None:
        self.results: dict[str, Result] = {}
        self.shares: list[float] = []

    def emit(self, fields: Fields, result: Result) -> None:
        self.results[RunSpec("train", fields).key] = result

    def advance(self, done: float, total: float) -> None:
        self.shares.append(done / total)

    def note(self, text: str) -> None:
        raise AssertionError(text)


def test_a_run_fills_the_columns_of_the_glossary_and_reports_all_its_work() -> None:
    from lab.core.columns import COLUMNS

    collector, specs = Collector(), [make_spec(), make_spec(tokens=10240)]
    open_shelf("runners").load("train").run([spec.fields for spec in specs], collector)
    assert set(collector.results) == {spec.key for spec in specs}
    assert collector.shares[-1] == pytest.approx(1.0)
    for result in collector.results.values():
        assert result.status == "done"
        assert set(result.metrics) <= set(COLUMNS)
        assert {"loss_nats", "loss_se", "online_bits", "ece_top1", "floor_nats"} <= set(result.metrics)
        assert len(result.timings["cpu_seconds"]) == len(result.curve["tokens"])


PROGRAM = """
import json, sys
from lab.runs.driver import run_study
from lab.runs.executor import LocalExecutor
from lab.runs.store import open_store
from lab.tables import load_runs
if __name__ == "__main__":
    store, executor = open_store(sys.argv[1]), LocalExecutor(int(sys.argv[2]))
    run_study("tiny", "any", store, executor, lambda: load_runs(store, "tiny-any"))
    executor.shutdown()
    stored = store.runs("tiny-any")
    assert all(len(run.provenance["identity"]["source"]["content"]) == 64 for run in stored), "the data's content hash"
    print(json.dumps({run.key: run.result_hash for run in stored}), "torch" in sys.modules)
"""

SWEEP = """
\"\"\"A tiny sweep.\"\"\"
from lab.runs.spec import RunSpec

def specs(preset, table):
    return [
        RunSpec("train", {**FIELDS, "family": {"name": name, "width": 8}, "optimizer": optimizer, "tokens": tokens})
        for name, optimizer in (("transformer", "muon"), ("lstm", "adamw"))
        for tokens in (5120, 10240)
    ]

def judge(tables):
    return []
"""


def test_one_worker_or_two_give_bit_identical_curves_and_the_parent_loads_no_torch(tmp_path: Path) -> None:
    (tmp_path / "sweeps").mkdir()
    (tmp_path / "sweeps" / "tiny.py").write_text(SWEEP.replace("**FIELDS", f"**{FIELDS!r}"))
    (tmp_path / "drive.py").write_text(PROGRAM)
    answers = []
    for workers in (1, 2):
        command = [sys.executable, str(tmp_path / "drive.py"), str(tmp_path / str(workers) / "lab.db"), str(workers)]
        environment = {
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": str(ROOT),
            "LAB_PATH": str(tmp_path),
            "HOME": str(tmp_path),
        }
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stderr
        answers.append(done.stdout)
    assert answers[0] == answers[1]
    assert answers[0].rstrip().endswith("False"), "the parent process imported torch"
    assert answers[0].count(":") == 4


def test_errors_survive_the_way_between_processes() -> None:
    import pickle

    error = InputError("subject", 3, "the rule", "the next step")
    copy = pickle.loads(pickle.dumps(error))
    assert str(copy) == str(error) == "subject: got 3. the rule. the next step."
    assert isinstance(copy, LabError) and copy.exit_code == 2
