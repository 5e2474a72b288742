"""The page Estimators, with a small calibration that truly ran, and without one."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.core.registry import open_shelf
from lab.runs.owner import identify_process
from lab.runs.runner import Fields, Result
from lab.runs.spec import RunSpec
from lab.runs.store import Store, StudyRecord
from sweeps.estimator_calibration import Grid
from tests.dashboard.test_pages import open_page, read

STUDY = StudyRecord("estimator_calibration-smoke", "estimator_calibration", "smoke")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LAB_STORE", str(tmp_path / "lab.db"))
    monkeypatch.setenv("LAB_ARCHIVES", str(tmp_path))
    return tmp_path


def fill_store(folder: Path) -> None:
    store, owner = Store(folder / "lab.db"), identify_process()
    specs = Grid(({"name": "golden_mean"}, {"name": "prng"}), 2**11, 2).list_specs()
    store.register(STUDY, specs)
    trunks: dict[str, list[RunSpec]] = {}
    for spec in specs:
        trunks.setdefault(spec.trunk_key, []).append(spec)

    class Keeper:
        def emit(self, fields: Fields, result: Result) -> None:
            key = RunSpec("estimate", fields).key
            store.claim([key], owner)
            store.complete(key, owner, result, {"commit": "0" * 40, "machine": "a test"})

        def advance(self, done: float, total: float) -> None:
            assert done <= total

    for branches in trunks.values():
        open_shelf("runners").load("estimate").run([spec.fields for spec in branches], Keeper())


def test_without_a_study_it_measures_one_sequence_and_says_what_to_run(place: Path) -> None:
    page = open_page("estimators")
    sample, sources = (element.value for element in page.dataframe)
    golden = sample[(sample["quantity"] == "entropy rate, bits/symbol") & (sample["method"] == "order_k")].iloc[0]
    assert golden["truth"] == pytest.approx(2 / 3)
    assert abs(golden["off by"]) < 0.05
    assert set(sources["source"]) >= {"bernoulli", "thue_morse", "prng"}
    assert sources.set_index("source").loc["thue_morse", "excess entropy, bits"] == "diverges"
    assert "lab run estimator_calibration" in "".join(code.value for code in page.code)


def test_another_sequence_may_be_asked_for_in_the_address(place: Path) -> None:
    page = open_page("estimators", **{"sample.source": "Periodic", "sample.length": "256"})
    truths = page.dataframe[0].value.set_index("quantity")["truth"]
    assert truths["entropy rate, bits/symbol"].eq(0).all()


def test_with_a_calibration_it_says_from_which_length_on_and_draws_the_figures(place: Path) -> None:
    fill_store(place)
    page = open_page("estimators")
    trust = page.dataframe[2].value.set_index("method")
    assert list(trust.columns) == ["golden_mean"], "a source without a known truth has no column"
    assert set(trust["golden_mean"]) <= {"never", "256", "512", "1,024", "2,048"}
    assert "Bias against length" in read(page) and "stays within 0.05 bits/symbol" in read(page)
