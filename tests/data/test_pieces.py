"""Byte-pair pieces: learned on the training split, lossless, the same each time, bits per byte comparable."""

from __future__ import annotations

import importlib.util
import re
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from lab.core.errors import InputError, MissingExtraError, RefusedError
from lab.core.seeds import open_stream
from lab.data.bytes_text import BytesText, list_files
from lab.data.texts import pieces
from lab.data.texts.pieces import learn_pieces
from tests.data.standins import make_documents

needs_tokenizers = pytest.mark.skipif(
    importlib.util.find_spec("tokenizers") is None, reason="the optional package tokenizers is not installed"
)


@pytest.fixture
def text(tmp_path: Path) -> BytesText:
    for number, document in enumerate(make_documents()):
        (tmp_path / f"{number}.txt").write_text(document)
    return BytesText(str(tmp_path), tokenizer="bpe", pieces=1200)


@needs_tokenizers
def test_any_bytes_come_back() -> None:
    rng = open_stream(0, "bytes")
    texts = ["Grüße, 世界\n\n  x\t".encode() * 20, rng.integers(256, size=3000).astype(np.uint8).tobytes(), b""]
    learned = learn_pieces(texts, 300)
    assert 256 < learned.vocabulary <= 300
    for document, tokens in zip(texts, learned.encode(texts), strict=True):
        assert learned.decode(tokens) == document
    assert len(learned.encode(texts)[0]) < len(texts[0])
    again = learn_pieces(texts, 300)
    assert again.digest == learned.digest
    assert learn_pieces(texts[:1], 300).digest != learned.digest


@needs_tokenizers
def test_pieces_are_learned_on_the_training_split_alone(text: BytesText, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = replace(text, tokenizer="bytes")
    learned = learn_pieces([plain.load_split()[0].tobytes()], 256 + 40)
    seen: list[bytes] = []

    def watch(documents: list[bytes], count: int) -> pieces.Pieces:
        seen.extend(documents)
        return learned

    monkeypatch.setattr("lab.data.texts.learn_pieces", watch)
    other = replace(text, pieces=300)
    other.load_split()
    assert b"".join(seen) == plain.load_split()[0].tobytes()


@needs_tokenizers
def test_bits_per_byte_mean_the_same_for_both(text: BytesText) -> None:
    plain = replace(text, tokenizer="bytes")
    (_, heldout, begins), (_, heldout_bytes, byte_begins) = text.load_split(), plain.load_split()
    assert len(heldout) * text.bytes_per_token == pytest.approx(len(heldout_bytes), rel=1e-12)
    assert text.bytes_per_token > 4 and plain.bytes_per_token == 1.0
    assert len(begins) == len(byte_begins) and 256 < text.vocabulary <= 1200
    assert heldout.max() < text.vocabulary
    assert text.content_hash() != plain.content_hash()
    assert text.training_windows(0, 0, 3, 64).dtype == np.int64
    words = make_documents(1)[0]
    assert text.spell(text.encode(words)) == plain.spell(plain.encode(words)) == words
    assert len(text.encode(words)) < len(plain.encode(words)) / 4


class TwoPieces:
    """What the package would have learned: the bytes, and the two pieces 'in' and 'er'."""

    pieces = (*map(chr, range(256)), "in", "er")

    def get_vocab_size(self) -> int:
        return len(self.pieces)

    def id_to_token(self, token: int) -> str:
        return self.pieces[token]

    def encode_batch(self, texts: list[str]) -> list[SimpleNamespace]:
        cut = (re.findall("in|er|.", text, re.DOTALL) for text in texts)
        return [SimpleNamespace(ids=[self.pieces.index(piece) for piece in pieces]) for pieces in cut]


def test_the_bytes_of_tokens_are_those_of_their_pieces(text: BytesText, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.data.texts.learn_pieces", lambda *_: pieces.Pieces(TwoPieces()))
    learned = replace(text, pieces=258)
    targets = learned.heldout_windows(40, 32)[:, 1:]
    counted = learned.count_bytes(targets)
    assert counted.shape == targets.shape and set(np.unique(counted)) == {1.0, 2.0}
    assert counted.sum() == len("".join(map(learned.spell, targets)))
    assert (replace(text, tokenizer="bytes").count_bytes(targets) == 1).all()


@needs_tokenizers
def test_less_training_text_is_fewer_bytes_for_both_and_the_same_heldout(text: BytesText) -> None:
    for used in (40_000, len(replace(text, tokenizer="bytes").load_split()[0])):
        plain = replace(text, tokenizer="bytes", training_bytes=used).load_split()
        learned = replace(text, training_bytes=used)
        said = [learned.spell(tokens).encode() for tokens in learned.load_split()[:2]]
        assert said == [tokens.tobytes() for tokens in plain[:2]]
    with pytest.raises(InputError, match="bytes to train on"):
        replace(text, training_bytes=10**9).load_split()


def test_without_the_package_bytes_remain(text: BytesText, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'scaling-lab\[bpe\]'"):
        replace(text, pieces=500).load_split()
    assert replace(text, tokenizer="bytes").vocabulary == 256


def test_dials_out_of_range_are_refused() -> None:
    for dials in ({"tokenizer": "words"}, {"pieces": 256}, {"library": "all"}):
        with pytest.raises(InputError, match="got"):
            BytesText(**dials)  # type: ignore[arg-type]


def test_the_library_with_its_tests_holds_the_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(120):
        (tmp_path / "test").mkdir(exist_ok=True)
        (tmp_path / "test" / f"test_{number}.py").touch()
    (tmp_path / "os.py").touch()
    monkeypatch.setattr("sysconfig.get_paths", lambda: {"stdlib": str(tmp_path)})
    assert [path.name for path in list_files("")] == ["os.py"]
    assert len(list_files("", "sources_and_tests")) == 121
    for number in range(100):
        (tmp_path / "test" / f"test_{number}.py").unlink()
    with pytest.raises(RefusedError, match=r"20 test files.*libpython3-testsuite"):
        list_files("", "sources_and_tests")
