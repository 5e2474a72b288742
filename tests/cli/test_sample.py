"""`lab sample` as a person and a program drive it, on a store with two small nets trained for real."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import Mock

import pytest

from lab.core.errors import InputError
from lab.core.registry import open_shelf
from lab.runners.training.sampling import TextRequest, escape_controls, find_best
from lab.runs.owner import identify_process
from lab.runs.runner import Listener, Result
from lab.runs.spec import RunSpec
from lab.runs.store import Store, StudyRecord
from lab.runs.weights import WeightsFolder
from tests.cli.driving import Terminal

STUDY, SWEEP = "kaplan_language_models-smoke", "kaplan_language_models"
RECIPE = {"learning_rate": 0.02, "tokens": 5120, "batch_tokens": 256, "window": 16, "evaluation_tokens": 1024}
FAMILIES = ({"name": "lstm", "width": 8}, {"name": "multi_token_transformer", "width": 8, "foretold": 2})


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    (folder / "text.txt").write_text("".join(f"line {n}: the sum is {n * n}\n" for n in range(4000)))
    source = {"name": "bytes_text", "path": str(folder / "text.txt")}
    (folder / "results").mkdir()
    store, owner = Store(folder / "results" / "lab.db"), identify_process()
    for family in FAMILIES:
        spec, listener = RunSpec("train", {**RECIPE, "family": family, "source": source}), Listener()
        store.register(StudyRecord(STUDY, SWEEP, "smoke"), [spec])
        store.claim([spec.key], owner)
        open_shelf("runners").load("train").run([spec.fields], listener)
        _, result = listener.results[0]
        store.complete(spec.key, owner, result, {})
        WeightsFolder(store.folders.weights).put(spec.key, result.weights)
    return folder


@pytest.fixture
def terminal(place: Path) -> Terminal:
    return Terminal(place)


def find_key(place: Path, family: str) -> str:
    return next(r.key for r in Store(place / "results" / "lab.db").runs(STUDY) if r.columns["family"] == family)


def test_json_holds_samples_that_the_seed_decides(terminal: Terminal, place: Path) -> None:
    key = find_key(place, "lstm")
    store = Store(place / "results" / "lab.db", read_only=True)
    told = json.loads(
        terminal.run("sample", key[:8], "--prompt", "line 1", "--tokens", "20", "--samples", "2", "--json").stdout
    )
    assert (told["run"], told["family"], len(told["samples"])) == (key, "lstm", 2)
    for sample in told["samples"]:
        assert sample["prompt"] == "line 1" and len(sample["tokens"]) == 20
        assert bytes(sample["tokens"]).decode("utf-8", "replace") == sample["text"]
    same = TextRequest("line 1", 20, 2).run(store, key)
    assert [text.tokens.tolist() for text in same] == [sample["tokens"] for sample in told["samples"]]
    other = TextRequest("line 1", 20, 2, seed=1).run(store, key)
    assert [text.tokens.tolist() for text in other] != [text.tokens.tolist() for text in same]


def test_a_study_stands_for_its_best_run_and_a_person_sees_text(terminal: Terminal) -> None:
    done = terminal.run("sample", STUDY, "--tokens", "40", "--samples", "2")
    assert done.returncode == 0, done.stderr
    assert "----" in done.stdout and len(done.stdout) >= 80
    assert all(c.isprintable() or c in "\n\t" for c in done.stdout)


def test_the_best_of_a_study_is_the_best_on_the_source_most_of_its_runs_have() -> None:
    """The lowest loss of all is that of an easier source."""
    text, easy = {"name": "bytes_text"}, {"name": "bernoulli", "p": 0.1}
    told = (("a", text, 2.5), ("b", {**text, "training_bytes": 2**30}, 2.2), ("c", text, 2.4), ("d", easy, 0.5))
    runs = [
        SimpleNamespace(
            key=key, status="done", runner="train", fields={"source": source}, metrics={"bits_per_byte": bits}
        )
        for key, source, bits in told
    ]
    store = Mock(Store, studies=lambda: [StudyRecord(STUDY, SWEEP, "smoke")], runs=lambda name: runs)
    best, note = find_best(store, STUDY)
    assert best.key == "c" and note.startswith("The best run on bytes_text, which") and "bernoulli (p 0.1)" in note
    runs[1:] = [run for run in runs[1:] if run.fields["source"] == text]
    assert find_best(store, STUDY) == (runs[1], "")


def test_a_probed_net_is_sampled_as_the_net_of_its_training(place: Path, tmp_path: Path) -> None:
    trained = Store(place / "results" / "lab.db", read_only=True)
    run = trained.run(find_key(place, "lstm"))
    weights = WeightsFolder(trained.folders.weights).read(run.key)
    assert weights is not None
    probe, owner = RunSpec("probe", {**run.fields, "samples": 8}), identify_process()
    store = Store(tmp_path / "lab.db")
    store.register(StudyRecord(STUDY, SWEEP, "smoke"), [probe])
    store.claim([probe.key], owner)
    store.complete(probe.key, owner, Result("done", {"bits_per_byte": 2.0}), {})
    WeightsFolder(store.folders.weights).put(probe.key, weights)
    asked = TextRequest(prompt="line", tokens=20)
    assert [text.text for text in asked.run(store, probe.key)] == [text.text for text in asked.run(trained, run.key)]
    assert find_best(store, STUDY)[0].key == probe.key


def test_a_net_that_foretells_drafts_for_itself_and_writes_the_same(place: Path) -> None:
    store, key = Store(place / "results" / "lab.db", read_only=True), find_key(place, "multi_token_transformer")
    drafted = TextRequest("line", 60, temperature=0).run(store, key)[0]
    plain = TextRequest("line", 60, temperature=1, top_k=1).run(store, key)[0]
    assert drafted.mean_accepted is not None and 1 <= drafted.mean_accepted <= 2 and plain.mean_accepted is None
    assert drafted.text == plain.text


def test_weights_that_were_dropped_are_trained_again_when_asked(terminal: Terminal, place: Path) -> None:
    store, key = Store(place / "results" / "lab.db", read_only=True), find_key(place, "lstm")
    before = TextRequest("line", 10).run(store, key)[0].text
    WeightsFolder(store.folders.weights).drop([key])
    assert "--retrain" in terminal.refuse("sample", key)
    done = terminal.run("sample", key, "--prompt", "line", "--tokens", "10", "--retrain", "--json")
    assert json.loads(done.stdout)["samples"][0]["text"] == before


def test_what_steers_a_terminal_is_escaped() -> None:
    assert escape_controls("a\x1b[2J\x07\tb\n\u202ec\ufffd") == "a\\x1b[2J\\x07\tb\n\\u202ec\ufffd"


@pytest.mark.parametrize(("arguments", "said"), [(("zzz",), "no run has a key"), ((STUDY, "--top-p", "0"), "top_p")])
def test_what_cannot_be_sampled_is_refused(terminal: Terminal, arguments: tuple[str, ...], said: str) -> None:
    assert said in terminal.refuse("sample", *arguments)


@pytest.mark.parametrize("wrong", [{"tokens": 0}, {"samples": 0}, {"seed": -1}, {"samples": 9999, "tokens": 9999}])
def test_requests_for_nothing_or_for_too_much_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(InputError, match="sample"):
        TextRequest(**wrong)  # type: ignore[arg-type]


def test_the_tokens_of_a_source_without_text_are_numbers() -> None:
    markov = open_shelf("data").load("markov")(symbols=8)
    assert markov.spell(markov.encode("1 7 0")) == "1 7 0"
    for wrong in ("8", "-1", "one", "²"):
        with pytest.raises(InputError, match="from 0 to 7"):
            markov.encode(f"1 {wrong}")
