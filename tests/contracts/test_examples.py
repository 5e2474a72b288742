"""The contract of a source of labelled examples."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from lab.core.errors import InputError
from lab.core.registry import open_shelf
from lab.core.seeds import open_stream
from lab.data.examples import ExampleSource
from tests.data.standins import keep_pictures

EVERY = pytest.mark.parametrize("name", open_shelf("examples").names())
COUNT = 200


def make_source(name: str) -> ExampleSource:
    source: ExampleSource = open_shelf("examples").load(name)()
    return source


@pytest.fixture(scope="module", autouse=True)
def standins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Where pictures would have to be fetched there are some, of noise."""
    rng = open_stream(0, "standin pictures")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAB_DATA", str(tmp_path_factory.mktemp("data")))
        for name in open_shelf("examples").names():
            source = make_source(name)
            if source.holding is not None:
                pixels = rng.integers(256, size=(400, *source.shape[1:]))
                keep_pictures(source.holding, pixels, np.arange(400) % source.classes)
        yield


@EVERY
def test_inputs_have_its_shape_and_labels_its_classes(name: str) -> None:
    source = make_source(name)
    for inputs, labels in (source.training(0, COUNT), source.heldout()):
        assert inputs.shape == (len(labels), *source.shape) and inputs.dtype == np.float32
        assert labels.dtype == np.int64 and set(labels.tolist()) == set(range(source.classes))
        assert np.isfinite(inputs).all()
        if source.holding is None:
            assert abs(inputs.mean()) < 0.1 and inputs.std() == pytest.approx(1, abs=0.1)


@EVERY
def test_the_seed_decides_and_more_examples_begin_with_the_same(name: str) -> None:
    source = replace(make_source(name), label_noise=0.3)
    few, many, other = (source.training(seed, count) for seed, count in ((3, 50), (3, COUNT), (4, COUNT)))
    for one, all_of_them, others in zip(few, many, other, strict=True):
        np.testing.assert_array_equal(one, all_of_them[:50])
        assert not np.array_equal(all_of_them, others)
    for one, again in zip(source.heldout(), make_source(name).heldout(), strict=True):
        np.testing.assert_array_equal(one, again)
    assert source.content_hash() == make_source(name).content_hash()


@EVERY
def test_training_and_heldout_are_disjoint(name: str) -> None:
    source = make_source(name)
    if source.holding is not None:
        pytest.skip("both parts are the same stand-ins here")
    heldout = {one.tobytes() for one in source.heldout().inputs}
    every = source.training(0, source.count_most() or 4000).inputs
    assert not heldout & {one.tobytes() for one in every}


@EVERY
def test_label_noise_replaces_its_share_and_leaves_the_heldout_labels(name: str) -> None:
    source, share = make_source(name), 0.4
    clean, noisy = source.training(1, COUNT), replace(source, label_noise=share).training(1, COUNT)
    np.testing.assert_array_equal(clean.inputs, noisy.inputs)
    wrong = (clean.labels != noisy.labels).mean()
    assert abs(wrong - share) < 4 * (share * (1 - share) / COUNT) ** 0.5
    np.testing.assert_array_equal(source.heldout().labels, replace(source, label_noise=share).heldout().labels)


@EVERY
@pytest.mark.parametrize("shift", ["translation", "rotation", "noise"])
def test_a_shift_is_of_the_heldout_inputs_alone_and_grows(name: str, shift: str) -> None:
    source = make_source(name)
    if shift == "rotation" and len(source.shape) < 3:
        with pytest.raises(InputError, match="cannot be turned"):
            replace(source, shift=shift)
        return
    plain, moved = source.heldout(), []
    for severity in (0.1, 1.0):
        shifted = replace(source, shift=shift, severity=severity)
        np.testing.assert_array_equal(shifted.training(0, 20).inputs, source.training(0, 20).inputs)
        inputs, labels = shifted.heldout()
        np.testing.assert_array_equal(labels, plain.labels)
        assert inputs.dtype == np.float32
        moved.append(float(np.abs(inputs - plain.inputs).mean()))
    assert 0 < moved[0] < moved[1]


@EVERY
def test_more_than_there_are_and_dials_out_of_range_are_refused(name: str) -> None:
    source = make_source(name)
    for count in [0, *([source.count_most() + 1] if source.count_most() else [])]:
        with pytest.raises(InputError, match="examples"):
            source.training(0, count)
    for wrong in ({"label_noise": 1.0}, {"severity": 0.0}):
        with pytest.raises(InputError):
            replace(source, **wrong)
