"""Reliability diagrams: the curve, and what each of the two bands holds."""

from __future__ import annotations

import numpy as np
import pytest

from lab.calibration.predictions import Predictions
from lab.calibration.reliability import Curve, trace_reliability
from lab.calibration.simulated import World

CURVES: list[Curve] = ["isotonic", "equal_width", "equal_mass"]


@pytest.mark.parametrize("curve", CURVES)
def test_each_band_holds_what_it_is_for(curve: Curve) -> None:
    """Of a miscalibrated model the truth lies in the one band, and much of the curve outside the other."""
    world = World().reach(0.079)
    r = trace_reliability(world.draw(6000, np.random.default_rng(0)), curve, replicates=100)
    truth = world.expect(r.confidence_P)
    assert np.average((r.low_P <= truth) & (truth <= r.high_P), weights=r.share_P) > 0.8
    assert np.average((r.consistent_low_P > r.frequency_P) | (r.consistent_high_P < r.frequency_P)) > 0.3
    assert r.share_P.sum() == pytest.approx(1) and np.all(np.diff(r.confidence_P) > 0)
    assert np.all(r.low_P <= r.high_P) and r.curve == curve


@pytest.mark.parametrize("curve", CURVES)
def test_a_calibrated_curve_lies_in_the_consistency_band(curve: Curve) -> None:
    r = trace_reliability(World().draw(3000, np.random.default_rng(1)), curve, replicates=100)
    inside = (r.consistent_low_P <= r.frequency_P) & (r.frequency_P <= r.consistent_high_P)
    assert np.average(inside, weights=r.share_P) > 0.8
    assert np.all((r.consistent_low_P <= r.confidence_P + 0.05) & (r.consistent_high_P >= r.confidence_P - 0.05))


def test_bins_hold_their_own_means() -> None:
    r = trace_reliability(Predictions.of_confidences([0.1, 0.1, 0.9, 1.0], [0, 1, 1, 1]), "equal_width", bins=2)
    assert r.confidence_P.tolist() == pytest.approx([0.1, 0.95]) and r.frequency_P.tolist() == [0.5, 1]
    assert r.share_P.tolist() == [0.5, 0.5]


def test_an_isotonic_curve_of_few_confidences_is_whole() -> None:
    r = trace_reliability(Predictions.of_confidences([0.2, 0.2, 0.4, 0.8], [1, 0, 0, 1]), replicates=20)
    assert r.confidence_P.tolist() == pytest.approx([0.2, 0.4, 0.8])
    assert r.frequency_P.tolist() == pytest.approx([1 / 3, 1 / 3, 1])


def test_documents_widen_the_confidence_band() -> None:
    p = World().draw(300, np.random.default_rng(2))
    repeated = np.tile(np.arange(300), 5)
    f, y = p.confidence_N[repeated], p.outcome_N[repeated]
    alone = trace_reliability(Predictions.of_confidences(f, y), "equal_mass", bins=5)
    whole = trace_reliability(Predictions.of_confidences(f, y, group=repeated), "equal_mass", bins=5)
    assert np.mean(whole.high_P - whole.low_P) > 1.5 * np.mean(alone.high_P - alone.low_P)
