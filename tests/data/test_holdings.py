"""What is fetched: kept with its hashes, refused when damaged or absent; packages and the hub behind stand-ins."""

from __future__ import annotations

import gzip
import io
import json
import struct
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from lab.core.errors import InputError, MissingExtraError, RefusedError
from lab.core.fingerprint import hash_bytes
from lab.core.registry import open_shelf
from lab.data.fineweb_edu import FinewebEdu
from lab.data.holdings import MANIFEST, Holding, find_cache
from lab.data.holdings.hub import take_bytes
from lab.data.holdings.packages import PackageHolding
from lab.data.images import mnist
from lab.data.king_james import KingJames
from lab.data.tiny_stories import TinyStories
from lab.data.wikitext import Wikitext, join_lines
from tests.data.standins import keep_standin, make_documents


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LAB_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@dataclass(frozen=True)
class Made(Holding):
    content: bytes = b"first"

    def download(self) -> Mapping[str, bytes]:
        return {"file": self.content}


def test_what_is_fetched_is_kept_and_replaced_whole(cache: Path) -> None:
    made = Made("made", "made")
    assert (made.is_kept, made.bytes_kept) == (False, 0)
    assert made.fetch() == cache / "made"
    assert made.read("file") == b"first"
    (cache / "made" / "stray").touch()
    replace(made, content=b"second").fetch()
    assert made.read("file") == b"second"
    assert sorted(path.name for path in cache.rglob("*")) == ["file", "made", MANIFEST]


def test_an_absent_or_a_changed_file_is_refused_with_the_next_step(cache: Path) -> None:
    made = Made("made", "made:dial=1")
    with pytest.raises(RefusedError, match=r"not fetched.*lab data fetch made:dial=1"):
        made.read("file")
    made.fetch()
    (cache / "made" / "file").write_bytes(b"other")
    with pytest.raises(RefusedError, match=r"not the one that was fetched.*lab data fetch"):
        made.read("file")
    (cache / "made" / MANIFEST).write_text("{")
    with pytest.raises(RefusedError, match=r"damaged.*lab data fetch"):
        made.read("file")


def test_the_cache_is_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LAB_DATA")
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    if sys.platform == "linux":
        assert find_cache() == Path("/somewhere/scaling-lab")


def make_archive(kind: str, members: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    if kind == "whl":
        with zipfile.ZipFile(buffer, "w") as wheel:
            for name, content in members.items():
                wheel.writestr(name, content)
    else:
        with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
            for name, content in members.items():
                entry = tarfile.TarInfo(name)
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["whl", "tar.gz"])
def test_a_package_is_unpacked_by_its_hashes_and_never_imported(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = make_archive(kind, {"pkg/__init__.py": b"raise RuntimeError", "pkg/data/text.txt": b"words"})
    holding = PackageHolding("made", "made", "pkg==1", hash_bytes(content), {"pkg/data/text.txt": hash_bytes(b"words")})

    def answer(command: list[str], **_: object) -> SimpleNamespace:
        wanted = Path(command[command.index("--requirement") + 1]).read_text()
        assert wanted == f"pkg==1 --hash=sha256:{hash_bytes(content)}\n"
        assert {"--no-deps", "--require-hashes"} < set(command)
        folder = Path(command[command.index("--dest") + 1])
        folder.mkdir()
        (folder / f"pkg-1.{kind}").write_bytes(content)
        return SimpleNamespace(returncode=0, stderr="")

    monkeypatch.setattr(subprocess, "run", answer)
    holding.fetch()
    assert holding.read("text.txt") == b"words"
    for wrong in (replace(holding, archive_hash="0" * 64), replace(holding, members={"pkg/data/text.txt": "0" * 64})):
        archive = tmp_path / f"pkg.{kind}"
        archive.write_bytes(content)
        with pytest.raises(RefusedError, match="the lab knows"):
            wrong.unpack(archive)


def test_a_package_without_an_index_says_what_pip_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    with pytest.raises(RefusedError, match=r"ERROR: No matching distribution.*lab data fetch king_james"):
        KingJames().holding.fetch()


def test_chapters_are_documents() -> None:
    verses = [("Genesis", 1, "In the beginning"), ("Genesis", 1, "And the earth"), ("Genesis", 2, "Thus")]
    lines = [json.dumps({"book": book, "chapter": chapter, "text": text}) for book, chapter, text in verses]
    KingJames().holding.keep({"kjv.jsonl": "\n".join(lines).encode()})
    assert KingJames().read_documents() == [b"In the beginning\nAnd the earth\n", b"Thus\n"]


def make_idx(array: np.ndarray) -> bytes:
    head = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return gzip.compress(head + array.astype(np.uint8).tobytes())


def test_digits_are_read_as_published() -> None:
    pixels = np.arange(3 * 28 * 28).reshape(3, 28, 28) % 256
    files = {
        f"{part}-{name}-ubyte.gz": make_idx(array)
        for part in ("train", "t10k")
        for name, array in (("images-idx3", pixels), ("labels-idx1", np.array([7, 0, 9])))
    }
    mnist.HOLDING.keep(files)
    for images, labels in mnist.images.load():
        np.testing.assert_array_equal(images, pixels)
        assert labels.tolist() == [7, 0, 9] and labels.dtype == np.int64
    with pytest.raises(InputError, match="unsigned bytes"):
        mnist.read_idx(gzip.compress(b"\0\0\x0d\x01\0\0\0\0"))


@pytest.mark.parametrize("name", open_shelf("images").names())
def test_every_set_of_images_says_what_it_is_before_it_is_fetched(name: str) -> None:
    images = open_shelf("images").load(name)
    assert images.classes > 1 and images.licence and images.extent
    if images.holding is not None:
        with pytest.raises(RefusedError, match=f"not fetched.*lab data fetch {name}"):
            images.load()


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """A module where `datasets` would be; it streams rows for ever and writes down what it was asked."""
    asked: list[tuple[object, ...]] = []

    def stream() -> Iterator[dict[str, str]]:
        while True:
            for text in make_documents():
                yield from ({"text": " = Words = \n"}, {"text": text})

    def load_dataset(dataset: str, config: str | None, *, split: str, streaming: bool) -> Iterator[dict[str, str]]:
        asked.append((dataset, config, split, streaming))
        return stream()

    monkeypatch.setitem(sys.modules, "datasets", SimpleNamespace(load_dataset=load_dataset))  # type: ignore[arg-type]
    return asked


def test_the_first_bytes_of_a_public_text_are_taken(hub: list[tuple[object, ...]]) -> None:
    source = TinyStories(megabytes=1)
    source.holding.fetch()
    assert hub == [("roneneldan/TinyStories", None, "train", True)]
    documents = source.read_documents()
    assert sum(map(len, documents)) == 10**6
    assert [text.decode() for text in documents[:2]] == [" = Words = \n", make_documents(1)[0]]
    first = source.content_hash()
    source.holding.fetch()
    assert source.content_hash() == first
    with pytest.raises(RefusedError, match="lab data fetch tiny_stories:megabytes=2"):
        TinyStories(megabytes=2).read_documents()


@pytest.mark.parametrize(("source", "config"), [(FinewebEdu(), "sample-10BT"), (Wikitext(), "wikitext-103-raw-v1")])
def test_each_asks_for_its_own_part(source: FinewebEdu | Wikitext, config: str, hub: list[tuple[object, ...]]) -> None:
    replace(source.holding, size=5000).fetch()
    assert hub == [(source.dataset, config, "train", True)]
    assert sum(map(len, source.read_documents())) == 5000
    with pytest.raises(InputError, match="megabytes"):
        replace(source, megabytes=0)


def test_lines_become_articles_and_a_cut_keeps_characters_whole() -> None:
    lines = ["", " = One = \n", " text \n", " = = Part = = \n", " more \n", " = Two = \n", " end \n"]
    assert list(join_lines(lines)) == ["", "".join(lines[1:5]), "".join(lines[5:])]
    assert list(take_bytes(["", "ab", "äöü", "c"], 5)) == ["ab", "ä"]


def test_without_the_client_or_the_network_the_next_step_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'scaling-lab\[hub\]'"):
        TinyStories().holding.fetch()

    def fail(*_: object, **__: object) -> None:
        raise ConnectionError("no route to host")

    monkeypatch.setitem(sys.modules, "datasets", SimpleNamespace(load_dataset=fail))  # type: ignore[arg-type]
    with pytest.raises(RefusedError, match=r"no route to host.*check the network, then lab data fetch tiny_stories"):
        TinyStories().holding.fetch()
    assert not TinyStories().holding.is_kept


def test_a_standin_is_read_like_the_text_itself() -> None:
    source = TinyStories(megabytes=3)
    keep_standin(source.holding)
    training, heldout, begins = source.load_split()
    assert training.dtype == np.uint8
    assert len(training) + len(heldout) == sum(map(len, {text.encode() for text in make_documents()}))
    assert 1 < len(begins) < 400 / 8
