"""The page of samples: a stored net writes, the same text for the same options; without one it says what to run."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from streamlit.testing.v1 import AppTest

from dashboard.notices import FAULT, REFUSAL
from lab.runners.training.fields import check_fields
from lab.runners.training.sampling import TextRequest
from lab.runs.store import Store
from lab.runs.weights import WeightsFolder
from tests.dashboard.content import PRESET, STUDY, SWEEP, fill_store


def draw_page() -> None:
    from dashboard.pages.samples import render
    from lab.tables import find_study, list_studies

    render(find_study("kaplan_language_models-smoke", list_studies()))


def read(page: AppTest) -> str:
    kinds = ("title", "markdown", "text", "caption", "code")
    return "\n".join(str(element.value) for kind in kinds for element in page.get(kind))


def open_page() -> AppTest:
    page = AppTest.from_function(draw_page, default_timeout=120)
    page.run()
    assert not page.exception and FAULT not in read(page) and REFUSAL not in read(page)
    return page


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    for name, value in fill_store(tmp_path).items():
        monkeypatch.setenv(name, value)
    return Store(tmp_path / "lab.db")


def keep_net(store: Store) -> str:
    """Weights beside the store for its first finished run, as drawn and not trained; gives the run's key."""
    run = next(run for run in store.runs(STUDY) if run.status == "done")
    fields = check_fields(run.fields)
    torch.manual_seed(0)
    weights = fields.net_family.build(fields.shape).state_dict()
    WeightsFolder(store.folders.weights).put(run.key, {name: tensor.numpy() for name, tensor in weights.items()})
    return run.key


def test_a_study_without_nets_says_what_to_run(store: Store) -> None:
    page = open_page()
    assert "No net of this study is kept here" in read(page)
    assert f"lab run {SWEEP} --preset {PRESET}" in [code.value for code in page.code]


def test_a_stored_net_writes_what_the_same_request_writes(store: Store) -> None:
    key = keep_net(store)
    page = open_page()
    assert len(page.selectbox(key="sample.run").options) == 1 and "nats" in page.selectbox(key="sample.run").options[0]
    page.number_input(key="sample.tokens").set_value(8)
    page.text_input(key="sample.prompt").set_value("def \x1b[2J").run()
    written = [code.value for code in page.code]
    expected = TextRequest("def \x1b[2J", 8, 2, 0.8).run(store, key)
    assert written == [text.shown for text in expected] and written[0].startswith("def \\x1b[2J")
    page.slider(key="sample.temperature").set_value(0.0).run()
    again = [code.value for code in page.code]
    assert again[0] == again[1] != written[0]
    assert f"lab sample {key}" in read(page).replace("\\", "")
