"""MNIST-1D by its published law, step by step, and what shifts do to a picture that is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.interpolate import interp1d
from sklearn.datasets import load_digits

from lab.data.examples import Examples, ExampleSource, mnist_1d
from lab.data.examples.digits import Digits
from lab.data.examples.mnist_1d import Mnist1D


def test_the_digits_are_those_of_scikit_learn_each_in_one_part() -> None:
    pixels, labels = load_digits(return_X_y=True)
    parts = Digits().load_split()
    ours = np.concatenate([part.inputs.reshape(-1, 64) for part in parts])
    theirs = ((pixels / 16 - 0.305) / 0.376).astype(np.float32)
    order, same = np.lexsort(ours.T), np.lexsort(theirs.T)
    np.testing.assert_array_equal(ours[order], theirs[same])
    np.testing.assert_array_equal(np.concatenate([part.labels for part in parts])[order], labels[same])
    assert [len(part.labels) for part in parts] == [1297, 500]


def test_a_template_is_stretched_as_published() -> None:
    """Zeros behind it, then linear interpolation to 72 places, by scipy's own."""
    template, padding = mnist_1d.make_templates()[3], 41
    padded = np.concatenate([template, np.zeros(padding)])
    expected = interp1d(np.linspace(0, 1, len(padded)), padded)(np.linspace(0, 1, mnist_1d.PADDED))
    signals, covered = mnist_1d._stretch(template[None], np.array([padding]))
    np.testing.assert_allclose(signals[0], expected, atol=1e-12)
    np.testing.assert_array_equal(signals[0, ~covered[0]], 0.0)
    assert covered[0].sum() == pytest.approx(mnist_1d.PADDED * mnist_1d.TEMPLATE / (mnist_1d.TEMPLATE + padding), abs=1)


def test_without_chance_a_signal_is_its_template(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SCALE", "SHEAR", "SMOOTH_NOISE", "WHITE_NOISE"):
        monkeypatch.setattr(mnist_1d, name, 0.0)
    monkeypatch.setattr(mnist_1d, "MOST_MOVED", 1)
    inputs, labels = Mnist1D().training(0, 60)
    signals = inputs[:, 0] * mnist_1d.DEVIATION + mnist_1d.MEAN
    templates = mnist_1d.make_templates()
    np.testing.assert_allclose(signals.max(axis=1), templates.max(axis=1)[labels], atol=0.08)
    np.testing.assert_allclose(signals[:, 0], 0.0, atol=1e-6)
    assert (np.bincount(labels) == 6).all()


def test_a_spot_goes_where_it_is_moved() -> None:
    class Spot(Digits):
        def load_heldout(self) -> Examples:
            picture = np.zeros((50, 1, 8, 8), dtype=np.float32)
            picture[:, 0, 3, 4] = 1.0
            return Examples(picture, np.zeros(50, dtype=np.int64))

    source: ExampleSource = Spot(shift="translation", severity=2.0)
    places = {tuple(np.argwhere(one[0] == 1.0)[0]) for one in source.heldout().inputs}
    assert places == {(1, 2), (1, 6), (5, 2), (5, 6)}
    turned = Spot(shift="rotation", severity=90.0).heldout().inputs
    assert {tuple(np.argwhere(one[0] > 0.9)[0]) for one in turned} == {(3, 3), (4, 4)}
