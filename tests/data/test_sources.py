"""Sources: order, split, identity, and the true model of a Markov chain."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lab.core.errors import InputError
from lab.core.seeds import open_stream
from lab.data.bytes_text import BytesText
from lab.data.markov import Markov


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    rng = open_stream(0, "corpus")
    for index in range(40):
        (tmp_path / f"{index}.txt").write_bytes(rng.integers(97, 123, 5_000).astype(np.uint8).tobytes())
    return tmp_path


def test_an_epoch_visits_every_window_once_and_the_next_is_cut_elsewhere(corpus: Path) -> None:
    source = BytesText(str(corpus))
    per_epoch = source.count_unique(10**9, 64) // 64
    first = source.training_windows(0, 0, per_epoch, 64)
    assert len(np.unique(first, axis=0)) == per_epoch
    second = source.training_windows(0, per_epoch, per_epoch, 64)
    assert not {row.tobytes() for row in first} & {row.tobytes() for row in second}


def test_windows_do_not_depend_on_how_they_are_asked_for(corpus: Path) -> None:
    for source in (BytesText(str(corpus)), Markov(symbols=8)):
        whole = source.training_windows(3, 500, 40, 32)
        parts = [source.training_windows(3, start, 8, 32) for start in range(500, 540, 8)]
        np.testing.assert_array_equal(whole, np.concatenate(parts))
        assert not np.array_equal(whole, source.training_windows(4, 500, 40, 32))


def test_split_is_disjoint_and_identity_is_content(corpus: Path) -> None:
    source = BytesText(str(corpus))
    training, heldout, begins = source.load_split()
    assert len(heldout) / (len(heldout) + len(training)) == pytest.approx(1 / 16, abs=0.03)
    assert all(heldout[b : b + 200].tobytes() not in training.tobytes() for b in begins)
    moved = corpus.parent / "moved"
    corpus.rename(moved)
    assert BytesText(str(moved)).content_hash() == source.content_hash()
    (moved / "new.txt").write_text("another file " * 100)
    assert BytesText(str(moved) + "/").content_hash() != source.content_hash()


def test_identical_files_are_taken_once(corpus: Path) -> None:
    (corpus / "copy.txt").write_bytes((corpus / "0.txt").read_bytes())
    training, heldout, _ = BytesText(str(corpus)).load_split()
    assert len(training) + len(heldout) == 40 * 5_000


@pytest.mark.parametrize("content", [b"", b"too short"])
def test_a_corpus_too_small_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file.txt").write_bytes(content)
    with pytest.raises(InputError, match="corpus"):
        BytesText(str(tmp_path)).content_hash()


def test_a_single_file_is_split_by_pieces(tmp_path: Path) -> None:
    file = tmp_path / "book.txt"
    file.write_bytes(open_stream(0, "book").integers(0, 256, 500_000).astype(np.uint8).tobytes())
    training, heldout, _ = BytesText(str(file)).load_split()
    assert len(training) + len(heldout) == 500_000
    assert len(heldout) > 20_000


def test_default_corpus_is_this_python_and_large() -> None:
    training, heldout, _ = BytesText().load_split()
    assert len(training) > 5_000_000
    assert len(heldout) > 262_144
    assert BytesText().heldout_windows(2048, 128).shape == (2048, 129)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_true_loss_tends_to_the_entropy_rate(order: int) -> None:
    source = Markov(symbols=6, order=order)
    loss = source.true_loss(source.heldout_windows(1500, 128))
    settled = loss[:, order:]
    error = settled.mean(axis=1).std() / np.sqrt(len(settled))
    assert abs(settled.mean() - source.entropy_rate) < 4 * error
    if order > 1:  # less context is known at the start
        assert loss[:, 0].mean() > settled.mean()


def test_entropy_rate_of_a_two_state_chain_in_closed_form() -> None:
    source = Markov(symbols=2, order=1)
    windows = source.training_windows(0, 0, 4000, 64)
    p01 = np.mean(windows[:, 1:][windows[:, :-1] == 0])
    p10 = 1 - np.mean(windows[:, 1:][windows[:, :-1] == 1])
    binary = lambda p: -p * np.log(p) - (1 - p) * np.log(1 - p)  # noqa: E731
    stationary = p10 / (p01 + p10)
    assert source.entropy_rate == pytest.approx(stationary * binary(p01) + (1 - stationary) * binary(p10), rel=0.02)


@pytest.mark.parametrize("dials", [{"symbols": 1}, {"order": 0}, {"symbols": 256, "order": 3}, {"concentration": 0.0}])
def test_impossible_chains_are_refused(dials: dict) -> None:
    with pytest.raises(InputError, match="markov"):
        Markov(**dials)


def test_less_training_text_leaves_the_heldout_text_as_it_is(corpus: Path) -> None:
    whole, some = BytesText(str(corpus)), BytesText(str(corpus), training_bytes=20_000)
    training, heldout, documents = whole.load_split()
    np.testing.assert_array_equal(some.load_split()[0], training[:20_000])
    for kept, all_of_it in zip(some.load_split()[1:], (heldout, documents), strict=True):
        np.testing.assert_array_equal(kept, all_of_it)
    assert some.count_unique(10**6, 100) == 19_800 < whole.count_unique(10**6, 100)
    with pytest.raises(InputError, match="bytes to train on"):
        BytesText(str(corpus), training_bytes=10**9).load_split()
    with pytest.raises(InputError, match="at least"):
        BytesText(str(corpus), training_bytes=10)


def test_a_window_that_the_text_does_not_hold_twice_is_refused_with_both_numbers(corpus: Path) -> None:
    source = BytesText(str(corpus), training_bytes=16_384)
    assert source.training_windows(0, 0, 3, 8_191).shape == (3, 8_192)
    for ask in (lambda: source.training_windows(0, 0, 1, 8_192), lambda: source.count_unique(10**6, 8_192)):
        with pytest.raises(InputError, match=r"8192.*16384 tokens \(16384 bytes\)"):
            ask()
    with pytest.raises(InputError, match="held-out text has"):
        source.heldout_windows(4, 100_000)
