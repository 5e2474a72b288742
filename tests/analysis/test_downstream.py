"""The chain from size and tokens over the loss to an accuracy: exact without noise, honest with it."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from scipy import stats
from scipy.special import expit

from lab.analysis.forecasts.downstream import fit_chain, foretell_measure
from lab.analysis.forecasts.grading import grade_forecasts
from lab.analysis.forecasts.sealing import LAWS
from lab.core.errors import InputError, RefusedError
from lab.runs.ledger import Entry
from lab.tables import Tables, load_tables
from tests.synthetic import chinchilla_loss, make_tables

AT = {"params_total": 6e5, "tokens": 8e6}
SIGMOID = (-0.7, 0.95, 4.0, 2.3)  # a, b, k, L_0: the losses of the study lie on both sides of L_0


def follow(loss: np.ndarray) -> np.ndarray:
    a, b, k, middle = SIGMOID
    return a * expit(k * (loss - middle)) + b


@cache
def make_blank() -> Tables:
    return make_tables(widths=(12, 16, 24, 32, 48, 64), rates=(0.02,), noise=0.0, trunk_noise=0.0)


def make_study(seed: int = 0, loss_noise: float = 0.01, task_noise: float = 0.003) -> Tables:
    """Independent runs whose losses scatter, and whose accuracies scatter about what their losses say."""
    rng, runs = np.random.default_rng(seed), make_blank().runs
    losses = draw_losses(rng, runs["params_total"].to_numpy(float), runs["tokens"].to_numpy(float), loss_noise)
    accuracy = follow(losses) + task_noise * rng.standard_normal(len(losses))
    rows = runs.assign(loss_nats=losses, accuracy_top1=accuracy, trunk_key=runs["run_key"])
    return replace(make_blank(), runs=rows)


def draw_losses(rng: np.random.Generator, size: np.ndarray, tokens: np.ndarray, noise: float) -> np.ndarray:
    return np.asarray(chinchilla_loss(size, tokens) * np.exp(noise * rng.standard_normal(np.shape(size))))


TRUTH = float(follow(chinchilla_loss(np.array(AT["params_total"]), np.array(AT["tokens"]))))


def test_without_noise_it_is_exact() -> None:
    chain = fit_chain(make_study(loss_noise=1e-10, task_noise=0.0), AT, "accuracy_top1", ["chinchilla"])
    assert chain.look_ahead(AT).value == pytest.approx(TRUTH, rel=1e-7)
    assert chain.task.fit.theta == pytest.approx(SIGMOID, rel=1e-5)
    outlook = chain.look_ahead(AT)
    assert outlook.error < 1e-5 and outlook.runs == 1


def test_both_steps_errors_are_carried() -> None:
    quiet_loss = fit_chain(make_study(1, loss_noise=1e-5), AT, "accuracy_top1", LAWS).look_ahead(AT)
    quiet_task = fit_chain(make_study(1, task_noise=1e-5), AT, "accuracy_top1", LAWS).look_ahead(AT)
    both = fit_chain(make_study(1), AT, "accuracy_top1", LAWS).look_ahead(AT)
    joined = math.hypot(quiet_loss.error, quiet_task.error)
    assert both.error == pytest.approx(joined, rel=0.35)
    assert min(quiet_loss.error, quiet_task.error) > 0.2 * both.error, "neither step is negligible here"
    assert both.mean_error < both.error and 0 < both.bracket(0.95)[0] < both.bracket(0.95)[1] < 1


def test_intervals_hold_what_they_say() -> None:
    """95 % intervals of the mean and of one new run hold in as many independent studies as such intervals would."""
    count, held = 60, np.zeros(2)
    for seed in range(count):
        outlook = fit_chain(make_study(seed), AT, "accuracy_top1", ["chinchilla"]).look_ahead(AT)
        rng = np.random.default_rng(10_000 + seed)
        loss = draw_losses(rng, np.array(AT["params_total"]), np.array(AT["tokens"]), 0.01)
        run = float(follow(loss) + 0.003 * rng.standard_normal())
        mean, new = outlook.estimate()
        held += [mean.contains(TRUTH), new.contains(run)]
    least, most = stats.binom.ppf([0.01, 0.99], count, 0.95)
    assert ((held >= least) & (held <= most)).all(), f"{held} of {count}; {least:g} to {most:g} in 98 of 100 cases"


def test_what_is_sealed_is_graded_by_the_accuracy() -> None:
    tables = make_study()
    content = foretell_measure(tables, AT, "accuracy_top1", LAWS, "params_total").to_dict()
    assert [law["law"] for law in content["laws"]] == ["chinchilla", "downstream_sigmoid"]
    run = tables.runs.iloc[:1].assign(**AT, unique_tokens=AT["tokens"], run_key="new", accuracy_top1=TRUTH)
    arrived = replace(tables, runs=run.assign(finished_at="2026-05-01T00:00:00Z"))
    (grade,) = grade_forecasts([Entry(1, "2026-04-01T00:00:00Z", content, "f" * 64)], [tables, arrived])
    assert grade.state == "graded" and grade.observed == pytest.approx(TRUTH) and abs(grade.z) < 4
    assert math.isnan(grade.error_reducible), "an accuracy has no floor"
    without = replace(arrived, runs=arrived.runs.drop(columns="accuracy_top1"))
    assert grade_forecasts([grade.entry], [without])[0].state == "open"


def test_where_the_ends_of_the_sigmoid_do_not_show_they_are_taken_as_known() -> None:
    """The reference study, whose accuracy is a straight line of the loss."""
    tables = load_tables("kaplan_language_models-standard")
    chain = fit_chain(tables, {"params_total": 2e6, "tokens": 8.4e6}, "accuracy_top1", LAWS)
    assert chain.task.fit.law == "downstream_logistic"
    rows = chain.task.rows_used
    slope, offset = np.polyfit(rows["loss_nats"], rows["accuracy_top1"], 1)
    assert chain.look_ahead({"params_total": 2e6, "tokens": 8.4e6}).value == pytest.approx(
        offset + slope * 1.137, abs=0.01
    )


def test_a_measure_that_is_no_share_is_refused() -> None:
    tables = make_study()
    with pytest.raises(InputError, match="share between 0 and 1"):
        fit_chain(replace(tables, runs=tables.runs.assign(points=50.0)), AT, "points", LAWS)
    with pytest.raises(InputError, match="no run of the study has it"):
        fit_chain(tables, AT, "hellaswag", LAWS)
    with pytest.raises(RefusedError):
        fit_chain(replace(tables, runs=tables.runs.assign(accuracy_top1=0.6)), AT, "accuracy_top1", LAWS)
