"""Forecasts: sealed only of runs that do not exist, graded only by runs that came after, scored without flattery."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t as student

from lab.analysis.forecasts.grading import Grade, calibrate, estimate_share, find_units, grade_forecasts
from lab.analysis.forecasts.outlook import LEVELS, Outlook, read_outlook
from lab.analysis.forecasts.sealing import check_unseen, foretell
from lab.core.errors import InputError, RefusedError
from lab.runs.ledger import Entry
from lab.runs.store import open_store
from lab.tables import Tables
from tests.synthetic import chinchilla_loss, make_tables

AT = {"params_total": 4e5, "tokens": 8e6}
SEALED = "2026-03-01T00:00:00Z"


@pytest.fixture(scope="module")
def tables() -> Tables:
    return make_tables(rates=(0.02,))


def seal(content: dict[str, object], number: int = 1) -> Entry:
    return Entry(number, SEALED, content, f"{number:064x}")


def arrive(tables: Tables, losses: list[float], time: str = "2026-04-01T00:00:00Z", **columns: object) -> Tables:
    """The study with runs `AT` stored at `time`."""
    rows = pd.concat([tables.runs.iloc[:1]] * len(losses), ignore_index=True)
    keys = [f"new-{i}" for i in range(len(losses))]
    rows = rows.assign(**AT, unique_tokens=AT["tokens"], run_key=keys, trunk_key=keys, size=99, seed=range(len(losses)))
    rows = rows.assign(loss_nats=losses, finished_at=time, stage="grid", **columns)
    return replace(tables, runs=pd.concat([tables.runs, rows], ignore_index=True))


def test_a_forecast_is_the_law_at_the_point(tables: Tables) -> None:
    foretold = foretell(tables, AT)
    low, high = foretold.outlook.bracket(0.95)
    truth = float(chinchilla_loss(np.array(AT["params_total"]), np.array(AT["tokens"])))
    assert low < truth < high and foretold.fits[0].fit.law == "chinchilla"
    x = {"size": AT["params_total"], "tokens": AT["tokens"]}
    run = foretold.fits[0].fit.predict_new_run(0.95, **x)
    mean = foretold.fits[0].fit.predict_mean(0.95, **x)
    assert [low, high] == pytest.approx([run.low[0], run.high[0]], rel=1e-9)
    first, second = foretold.outlook.estimate()
    assert [first.low, first.high] == pytest.approx([mean.low[0], mean.high[0]], rel=1e-9)
    assert second.low < first.low and second.name.endswith("one new run")
    many = foretell(tables, AT, runs=10_000).outlook
    assert many.error == pytest.approx(many.mean_error, rel=1e-2) and many.error < foretold.outlook.error


def test_a_law_of_one_variable_is_asked_where_the_other_was_trained(tables: Tables) -> None:
    horizon = {"params_total": 4e5, "tokens": 4.01e6}
    assert "at 4 M" in foretell(tables, horizon, "power").fits[0].title
    size = tables.runs["params_total"].max()
    assert foretell(tables, {"params_total": size, "tokens": 9e6}, "pure_power").fits[0].columns == ("tokens",)
    assert foretell(tables, {"flops": 1e15}, "pure_power").fits[0].columns == ("flops",)
    with pytest.raises(InputError, match="no run of the study has these tokens"):
        foretell(tables, AT, "power")
    with pytest.raises(InputError, match="needs tokens"):
        foretell(tables, {"params_total": 1e6})


@pytest.mark.parametrize("at", [{"params_total": -1.0, "tokens": 1e6}, {"params_total": np.nan, "tokens": 1e6}])
def test_a_point_is_positive(tables: Tables, at: dict[str, float]) -> None:
    with pytest.raises(InputError, match="positive number"):
        foretell(tables, at)


def test_too_few_runs_are_refused(tables: Tables) -> None:
    with pytest.raises(RefusedError):
        foretell(replace(tables, runs=tables.runs.iloc[:3]), AT)


def test_a_run_that_exists_is_not_foretold(tables: Tables) -> None:
    there = tables.runs.iloc[0]
    at = {"params_total": there["params_total"] * 1.005, "tokens": there["tokens"] * 0.995}
    with pytest.raises(InputError, match=str(there["run_key"])[:2]) as caught:
        check_unseen(foretell(tables, at), [])
    assert caught.value.received in {f"run {key}" for key in tables.runs["run_key"]}
    check_unseen(foretell(tables, AT), [tables])
    with pytest.raises(InputError, match="new-0"):
        check_unseen(foretell(tables, AT), [arrive(tables, [1.4])])
    check_unseen(foretell(tables, AT), [arrive(tables, [1.4], optimizer="adamw")])
    check_unseen(foretell(tables, AT), [arrive(tables, [1.4], status="pending")])


def test_the_run_that_comes_grades_the_forecast(tables: Tables) -> None:
    foretold = foretell(tables, AT)
    entry = seal(foretold.to_dict("a note"))
    (waiting,) = grade_forecasts([entry], [tables])
    assert (waiting.state, waiting.reason) == ("open", "waits for the run")
    loss = foretold.outlook.value * 1.01
    (grade,) = grade_forecasts([entry], [arrive(tables, [loss])])
    assert grade.state == "graded" and grade.run_keys == ("new-0",)
    assert grade.observed == pytest.approx(loss) and grade.error == pytest.approx(-loss / 101)
    fitted = foretold.fits[0].fit.find("E").value
    assert grade.error_reducible == pytest.approx(grade.error / (loss - fitted))
    assert grade.z == pytest.approx(np.log(1.01) / foretold.outlook.error)
    assert grade.holds(0.95) == (foretold.outlook.bracket(0.95)[1] >= loss)


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"time": "2026-02-01T00:00:00Z"}, "after the sealing"),
        ({"time": SEALED}, "after the sealing"),
        ({"time": ""}, "after the sealing"),
        ({"status": "diverged"}, "diverged"),
        ({"unique_tokens": 1e3}, "repeats its data"),
        ({"optimizer": "adamw"}, ""),
    ],
)
def test_a_run_that_does_not_count_is_named(tables: Tables, columns: dict[str, object], reason: str) -> None:
    entry = seal(foretell(tables, AT).to_dict())
    time = str(columns.pop("time", "2026-04-01T00:00:00Z"))
    (grade,) = grade_forecasts([entry], [arrive(tables, [1.4], time, **columns)])
    assert grade.state == "open" and reason in grade.reason
    assert ("new-0" in grade.reason) == bool(reason)


def test_a_mean_is_graded_on_the_first_that_come(tables: Tables) -> None:
    entry = seal(foretell(tables, AT, runs=2).to_dict())
    once = arrive(tables, [1.5])
    assert grade_forecasts([entry], [once])[0].reason == "waits for 1 of 2 runs"
    later = arrive(tables, [1.5, 1.6, 9.0])
    grade = grade_forecasts([entry], [later, later])[0]
    assert grade.run_keys == ("new-0", "new-1") and grade.observed == pytest.approx(np.sqrt(1.5 * 1.6))


def test_a_damaged_entry_is_not_graded(tables: Tables) -> None:
    entry = replace(seal(foretell(tables, AT).to_dict()), intact=False)
    (grade,) = grade_forecasts([entry], [arrive(tables, [1.4])])
    assert grade.state == "damaged" and grade.outlook is None and grade.to_dict()["z"] is None


def test_what_is_sealed_can_be_read_again(tables: Tables, tmp_path: Path) -> None:
    foretold = foretell(tables, AT)
    content = open_store(tmp_path / "lab.db").ledger.seal(foretold.to_dict("why")).content
    assert read_outlook(content["outlook"]) == foretold.outlook
    assert content["laws"][0]["data_hash"] == foretold.fits[0].fit.data_hash
    assert content["note"] == "why" and content["recipe"]["family"] == "transformer"
    assert set(content["outlook"]["intervals"]) == {f"{level:g}" for level in LEVELS}


def test_honest_forecasts_score_as_honest() -> None:
    """Observations drawn from the forecast itself: coverage is nominal, ranks uniform; narrow intervals score worse."""
    outlook = Outlook("loss_nats", "log", 0.4, 0.01, 0.02, 8.0, 13)
    rng, scores = np.random.default_rng(1), {}
    draws = np.exp(outlook.center + outlook.error * student.rvs(8, size=600, random_state=rng))
    for name, claimed in (("honest", outlook), ("bold", replace(outlook, mean_error=0.002, run_error=0.004))):
        grades = [
            Grade(
                seal({"outlook": claimed.to_dict(), "laws": [{"data_hash": f"data-{i}"}]}),
                "graded",
                "",
                (f"run-{i}",),
                z=claimed.standardize(y),
                rank=claimed.rank(y),
                score=claimed.score(y),
            )
            for i, y in enumerate(draws)
        ]
        scores[name] = {e.name: e for e in calibrate(grades)}
    honest, bold = scores["honest"], scores["bold"]
    for level in LEVELS:
        assert honest[f"coverage of the {level:.0%} interval"].contains(level)
        assert bold[f"coverage of the {level:.0%} interval"].high < level
    assert bold["mean z²"].low > 1.5
    assert honest["mean log score of loss_nats"].low > bold["mean log score of loss_nats"].high


def test_forecasts_that_share_a_run_or_a_fit_are_one_unit() -> None:
    def grade(run: str, data: str) -> Grade:
        return Grade(seal({"laws": [{"data_hash": data}]}), "graded", "", (run,))

    assert find_units([grade("a", "x"), grade("b", "y"), grade("a", "z"), grade("c", "y")]) == [0, 1, 0, 1]
    linked_late = [grade("a", "x"), grade("b", "y"), grade("c", "z"), grade("b", "x")]
    assert find_units(linked_late) == [0, 0, 2, 0]
    assert find_units([]) == []


def test_the_interval_of_a_share_is_exact() -> None:
    estimate = estimate_share("coverage", [1.0, 0.5])
    assert estimate.n == 2 and estimate.value == 0.75 and estimate.low < 0.2 and estimate.high < 1
    assert estimate_share("coverage", [1.0] * 20).low == pytest.approx(0.025 ** (1 / 20))
    assert np.isnan(estimate_share("coverage", []).value)


def test_an_accuracy_stays_between_zero_and_one() -> None:
    outlook = Outlook("accuracy_top1", "logit", 3.0, 0.5, 0.5, 5.0, 10)
    low, high = outlook.bracket(0.99)
    assert 0 < low < outlook.value < high < 1
    grid = np.linspace(1e-6, 1 - 1e-6, 20_001)
    assert np.trapezoid([np.exp(outlook.score(v)) for v in grid], grid) == pytest.approx(1, abs=1e-3), "a density"
