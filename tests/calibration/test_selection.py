"""Risk and coverage against orders that are written out."""

from __future__ import annotations

import csv
from collections.abc import Callable
from itertools import permutations

import numpy as np
import pytest

from lab.calibration.cells import lay_grid
from lab.calibration.measures.augrc import measure as augrc
from lab.calibration.measures.aurc import measure as aurc
from lab.calibration.measures.e_aurc import measure as e_aurc
from lab.calibration.predictions import Predictions
from lab.calibration.selection import RiskCoverage, find_coverages, find_risks, measure_failure_auroc
from lab.core.errors import InputError
from lab.core.seeds import open_stream
from tests.truth import find_truth

CONFIDENCE = np.array([0.9, 0.8, 0.8, 0.8, 0.3, 0.3])
OUTCOME = np.array([1, 0, 1, 1, 0, 1])
PREDICTIONS = Predictions.of_confidences(CONFIDENCE, OUTCOME)


def draw(rows: int, levels: int, seed: int, weighted: bool = False) -> Predictions:
    rng = open_stream(seed, "selection")
    confidence_N = rng.integers(0, levels + 1, rows) / levels
    weight_N = rng.integers(1, 4, rows) if weighted else None
    return Predictions.of_confidences(confidence_N, rng.random(rows) < 0.3 + 0.6 * confidence_N, weight_N)


def judge_order(predictions: Predictions) -> float:
    return float(measure_failure_auroc(RiskCoverage.of(predictions))[0])


def list_orders() -> list[np.ndarray]:
    """The failures in every order that the confidences allow."""
    blocks = [OUTCOME[:1], OUTCOME[1:4], OUTCOME[4:]]
    return [
        1 - np.concatenate([blocks[0], *pair])
        for pair in ((a, b) for a in permutations(blocks[1]) for b in permutations(blocks[2]))
    ]


def test_ties_are_the_mean_over_every_order() -> None:
    counted = np.arange(1, 7)
    risks = np.mean([np.cumsum(failures) / counted for failures in list_orders()], axis=0)
    assert aurc.of(PREDICTIONS) == pytest.approx(risks.mean(), abs=1e-14)
    best = np.cumsum([0, 0, 0, 0, 1, 1]) / counted
    assert e_aurc.of(PREDICTIONS) == pytest.approx(risks.mean() - best.mean(), abs=1e-14)
    assert find_risks(RiskCoverage.of(PREDICTIONS), counted / 6)[0] == pytest.approx(risks)


@pytest.mark.parametrize("seed", range(8))
def test_identity_of_augrc(seed: int) -> None:
    predictions = draw(60, 5, seed, weighted=True)
    accuracy = float(np.average(predictions.outcome_N, weights=predictions.weight_N))
    known = (1 - judge_order(predictions)) * accuracy * (1 - accuracy) + (1 - accuracy) ** 2 / 2
    assert augrc.of(predictions) == pytest.approx(known, abs=1e-14)


def test_auroc_counts_pairs() -> None:
    right, wrong = CONFIDENCE[OUTCOME == 1], CONFIDENCE[OUTCOME == 0]
    wins = np.mean([(r > w) + (r == w) / 2 for r in right for w in wrong])
    assert judge_order(PREDICTIONS) == pytest.approx(wins)
    assert np.isnan(judge_order(Predictions.of_confidences([0.5, 0.6], [1, 1])))


@pytest.mark.parametrize(
    "measure", [aurc.of, e_aurc.of, augrc.of, judge_order], ids=["aurc", "e_aurc", "augrc", "auroc"]
)
def test_weights_are_rows_and_order_is_nothing(measure: Callable[[Predictions], float]) -> None:
    predictions = draw(80, 6, 3, weighted=True)
    index = np.repeat(np.arange(80), predictions.weight_N.astype(int))
    repeated = Predictions.of_confidences(predictions.confidence_N[index], predictions.outcome_N[index])
    shuffled = repeated.subset(open_stream(0, "order").permutation(len(repeated)))
    assert measure(predictions) == pytest.approx(measure(repeated), abs=1e-13)
    assert measure(predictions) == pytest.approx(measure(shuffled), abs=1e-13)


def test_all_right_all_wrong_one_row() -> None:
    assert aurc.of(Predictions.of_confidences([0.2, 1.0, 0.0], [1, 1, 1])) == 0
    assert aurc.of(Predictions.of_confidences([0.2, 1.0, 0.0], [0, 0, 0])) == pytest.approx(1)
    assert e_aurc.of(Predictions.of_confidences([0.2, 1.0, 0.0], [0, 0, 0])) == pytest.approx(0, abs=1e-15)
    wrong = Predictions.of_confidences([1.0], [0])
    assert (aurc.of(wrong), augrc.of(wrong)) == (1, 0.5)


def test_risk_and_coverage_are_each_others_inverse() -> None:
    curve = RiskCoverage.of(draw(400, 50, 1))
    risks = np.linspace(0.12, 0.3, 7)
    coverages = find_coverages(curve, risks)[0]
    inside = (coverages > 0) & (coverages < 1)
    assert inside.sum() >= 4 and (np.diff(coverages) >= 0).all()
    assert find_risks(curve, coverages[inside])[0] == pytest.approx(risks[inside])
    assert find_coverages(curve, np.array([1.0]))[0, 0] == 1
    half = RiskCoverage.of(Predictions.of_confidences([0.9, 0.9, 0.1], [1, 0, 0]))
    assert find_coverages(half, np.array([0.0, 0.2, 0.5]))[0] == pytest.approx([0, 0, 2 / 3])
    for bad in (0.0, 1.5, float("nan")):
        with pytest.raises(InputError, match="share that is answered"):
            find_risks(curve, np.array([bad]))
    with pytest.raises(InputError, match="share of failures"):
        find_coverages(curve, np.array([-0.1]))


def test_a_grid_loses_only_the_order_within_its_cells() -> None:
    fine = draw(20_000, 10**6, 2)
    cells = lay_grid(fine).cells
    assert len(cells.confidence_C) < 8_000
    for measure in (aurc, e_aurc, augrc):
        assert measure.of_cells(cells)[0] == pytest.approx(measure.of(fine), abs=2e-5)
    coarse = draw(5_000, 300, 2)
    assert augrc.of_cells(lay_grid(coarse).cells)[0] == pytest.approx(augrc.of(coarse), abs=1e-13)


def test_golden_values() -> None:
    """Ties in single precision are ties: the confidences are taken as they were stored."""
    with find_truth("calibration/golden_values.csv").open() as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        with np.load(find_truth(f"calibration/confidence/{row['name']}.npz")) as stored:
            if "probs" in stored:
                right = stored["probs"].argmax(axis=1) == stored["labels"]
                predictions = Predictions.of_confidences(stored["probs"].max(axis=1), right)
            else:
                predictions = Predictions.of_confidences(stored["confidence"], stored["correct"])
        found = (aurc.of(predictions), e_aurc.of(predictions), augrc.of(predictions))
        assert found == pytest.approx([float(row[name]) for name in ("aurc", "eaurc", "augrc")], abs=1e-12)
