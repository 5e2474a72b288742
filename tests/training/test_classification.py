"""Training of classifiers: every example once in an epoch, and evaluation that leaves the net as it was."""

from __future__ import annotations

import numpy as np
import torch

from lab.data.examples.digits import Digits
from lab.families.classifiers import ExampleShape
from lab.families.classifiers.resnet import ResNet
from lab.training.classification import PredictionObserver, draw_batch, evaluate_classifier
from lab.training.evaluation import CalibrationObserver


def test_batches_walk_through_all_examples_before_any_comes_again() -> None:
    whole = draw_batch(3, 50, 0, 150)
    for epoch in range(3):
        assert sorted(whole[50 * epoch : 50 * (epoch + 1)]) == list(range(50))
    assert not np.array_equal(whole[:50], whole[50:100])
    pieces = np.concatenate([draw_batch(3, 50, start, 15) for start in range(0, 150, 15)])
    np.testing.assert_array_equal(pieces, whole)
    assert not np.array_equal(draw_batch(4, 50, 0, 50), whole[:50])


def test_a_net_that_is_lost_has_a_loss_that_is_no_number_and_no_confidence() -> None:
    net = ResNet(width=2).build(ExampleShape((1, 8, 8), 10))
    with torch.no_grad():
        net.readout.weight.fill_(torch.nan)
    calibration = CalibrationObserver(1)
    assert np.isnan(evaluate_classifier(net, Digits().heldout(), [calibration])).all()
    assert np.isnan(calibration.metrics()["ece_top1"])


def test_an_evaluation_moves_no_statistic_of_a_norm_and_sees_every_example() -> None:
    torch.manual_seed(0)
    net = ResNet(width=2).build(ExampleShape((1, 8, 8), 10))
    before = {key: value.clone() for key, value in net.state_dict().items()}
    heldout, kept = Digits().heldout(), PredictionObserver()
    losses = evaluate_classifier(net, heldout, [kept])
    np.testing.assert_allclose(losses, np.log(10), rtol=1e-6)  # its readout starts at zero
    assert net.training
    assert all(torch.equal(before[key], value) for key, value in net.state_dict().items())
    np.testing.assert_array_equal(kept.arrays()["heldout_labels"], heldout.labels)
    np.testing.assert_allclose(np.exp(kept.arrays()["heldout_log_probabilities"]).sum(axis=1), 1, rtol=1e-5)
