"""The contract of a data source."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest

from lab.core.errors import InputError
from lab.core.registry import open_shelf
from lab.data import Source
from tests.data.standins import keep_standin

WINDOW = 256
EVERY = pytest.mark.parametrize("name", open_shelf("data").names())


def make_source(name: str) -> Source:
    source: Source = open_shelf("data").load(name)()
    return source


@pytest.fixture(scope="module", autouse=True)
def standins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What would have to be fetched is there, in the form it is fetched in, with other words."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAB_DATA", str(tmp_path_factory.mktemp("data")))
        for name in open_shelf("data").names():
            if (holding := make_source(name).holding) is not None:
                keep_standin(holding)
        yield


def spread_last(windows_WT: np.ndarray, vocabulary: int) -> np.ndarray:
    """Every window once for each value of its last token, shape (W · V, T)."""
    spread_WT = np.repeat(windows_WT, vocabulary, axis=0)
    spread_WT[:, -1] = np.tile(np.arange(vocabulary), len(windows_WT))
    return spread_WT


@EVERY
def test_windows_are_tokens_of_its_vocabulary(name: str) -> None:
    source = make_source(name)
    for windows in (source.training_windows(0, 0, 50, WINDOW), source.heldout_windows(50, WINDOW)):
        assert windows.shape == (50, WINDOW + 1)
        assert windows.dtype == np.int64
        assert windows.min() >= 0
        assert windows.max() < source.vocabulary


@EVERY
def test_the_seed_and_the_index_decide_the_data(name: str) -> None:
    first, again = make_source(name), make_source(name)
    whole = first.training_windows(7, 90, 60, WINDOW)
    np.testing.assert_array_equal(whole[25:30], again.training_windows(7, 115, 5, WINDOW))
    assert not np.array_equal(whole, again.training_windows(8, 90, 60, WINDOW))
    np.testing.assert_array_equal(first.heldout_windows(20, WINDOW), again.heldout_windows(20, WINDOW))
    assert first.content_hash() == again.content_hash()


@EVERY
def test_training_and_heldout_are_disjoint(name: str) -> None:
    source = make_source(name)
    heldout = {row.tobytes() for row in source.heldout_windows(1024, WINDOW)}
    for seed in (0, 1):
        training = {row.tobytes() for row in source.training_windows(seed, 0, 1024, WINDOW)}
        if source.entropy_rate == 0.0:
            assert len(training) < 1024, "only a source of fewer words than windows may repeat them"
        else:
            assert not heldout & training


@EVERY
def test_a_draw_is_one_stretch_that_its_seed_decides(name: str) -> None:
    source = make_source(name)
    drawn = source.draw(3000, 5)
    assert drawn.shape == (3000,)
    assert drawn.dtype == np.int64
    assert drawn.min() >= 0
    assert drawn.max() < source.vocabulary
    assert source.draw(1, 0).shape == (1,)
    np.testing.assert_array_equal(drawn, make_source(name).draw(3000, 5))
    assert any(not np.array_equal(drawn, source.draw(3000, seed)) for seed in (6, 7, 8))
    for length, seed in ((0, 0), (10, -1)):
        with pytest.raises(InputError, match="draw"):
            source.draw(length, seed)


@EVERY
def test_a_draw_follows_the_true_model(name: str) -> None:
    """The windows it is cut into are as surprising as held-out ones (5 standard errors)."""
    source = make_source(name)
    cut_WT = source.draw(1000 * 33, 1).reshape(1000, 33)
    drawn_WT, heldout_WT = source.true_loss(cut_WT), source.true_loss(source.heldout_windows(1000, 32))
    if drawn_WT is None or heldout_WT is None:
        return
    assert np.isfinite(drawn_WT).all()
    assert_mean_is_zero(drawn_WT.mean(axis=1) - heldout_WT.mean(axis=1))


@EVERY
def test_it_says_what_is_known_of_it(name: str) -> None:
    source = make_source(name)
    assert source.known.endswith(".")
    memory = (source.excess_entropy, source.statistical_complexity)
    if source.entropy_rate is None:
        assert memory == (None, None), "what a source remembers is not known before its entropy rate"
    if None not in memory:
        assert 0 <= memory[0] <= memory[1] + 1e-9, "the past shares no more than the states hold"


@EVERY
def test_documents_and_unique_tokens_are_counted(name: str) -> None:
    source = make_source(name)
    assert source.heldout_documents(64, WINDOW).shape == (len(source.heldout_windows(64, WINDOW)),)
    unique = [source.count_unique(tokens, WINDOW) for tokens in (2**10, 2**16, 2**40)]
    assert unique == sorted(unique)
    assert unique[0] == 2**10
    assert unique[2] <= 2**40


@EVERY
def test_the_true_model_is_the_source(name: str) -> None:
    """Its probabilities sum to one, and the data are as surprising and as guessable as it says (5 standard errors)."""
    source = make_source(name)
    windows_WT = source.heldout_windows(1000, 32)
    loss_WT = source.true_loss(windows_WT)
    if loss_WT is None:
        assert source.entropy_rate is None, "a known entropy rate comes with a true model"
        return
    assert loss_WT.shape == (len(windows_WT), windows_WT.shape[1] - 1)
    spread = np.concatenate(
        [source.true_loss(spread_last(w, source.vocabulary))[:, -1] for w in np.split(windows_WT, 10)]
    )
    probability_WV = np.exp(-spread.reshape(len(windows_WT), source.vocabulary))
    np.testing.assert_allclose(probability_WV.sum(axis=1), 1.0, rtol=1e-9)
    expected_W = -(
        probability_WV * np.log(probability_WV, where=probability_WV > 0, out=np.zeros_like(probability_WV))
    ).sum(axis=1)
    assert_mean_is_zero(loss_WT[:, -1] - expected_W)
    likeliest_W = probability_WV.argmax(axis=1)
    assert_mean_is_zero((windows_WT[:, -1] == likeliest_W) - probability_WV.max(axis=1))


@EVERY
def test_the_entropy_rate_is_the_loss_far_into_a_window(name: str) -> None:
    source = make_source(name)
    if source.entropy_rate is None:
        assert source.true_loss(source.heldout_windows(4, 32)) is None, "a true model comes with its entropy rate"
        return
    loss_WT = source.true_loss(source.heldout_windows(1000, WINDOW))
    assert loss_WT is not None
    excess_WT = loss_WT - source.entropy_rate
    if source.excess_entropy == math.inf:  # the excess then has no finite sum: it falls to nothing no faster than 1/t
        early, late = excess_WT[:, : WINDOW // 8].mean(), excess_WT[:, WINDOW // 2 :].mean()
        assert 0 <= late < early / 4
    else:
        assert_mean_is_zero(excess_WT[:, WINDOW // 2 :].mean(axis=1))


def assert_mean_is_zero(values: np.ndarray) -> None:
    assert abs(values.mean()) < 5 * values.std() / np.sqrt(len(values)) + 1e-9
