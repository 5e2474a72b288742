"""What is fetched: kept with its hashes, refused when damaged or absent; packages and the hub behind stand-ins."""

from __future__ import annotations

import gzip
import io
import json
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
from lab.data.examples import mnist
from lab.data.fineweb_edu import FinewebEdu
from lab.data.holdings import MANIFEST, Holding, find_cache
from lab.data.holdings.hub import COMMIT, take_bytes
from lab.data.holdings.index import list_indexes
from lab.data.holdings.packages import PackageHolding
from lab.data.king_james import KingJames
from lab.data.tiny_stories import TinyStories
from lab.data.wikitext import Wikitext, join_lines
from tests.data.standins import keep_pictures, keep_standin, make_documents


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


def test_an_interruption_at_the_last_step_leaves_what_was_there(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made, rename = Made("made", "made"), Path.rename
    made.fetch()

    def interrupt(path: Path, target: Path) -> Path:
        if target == made.folder and not path.name.endswith("former"):
            raise KeyboardInterrupt
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", interrupt)
    with pytest.raises(KeyboardInterrupt):
        replace(made, content=b"second").fetch()
    assert made.read("file") == b"first"
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


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of an index of one's own, the only one that pip is set up for."""
    for name in ("PIP_NO_INDEX", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_INDEX_URL", (tmp_path / "index").as_uri())
    return tmp_path / "index"


@pytest.mark.parametrize("kind", ["whl", "tar.gz"])
def test_a_package_is_unpacked_by_its_hashes_and_none_of_it_is_run(kind: str, index: Path, tmp_path: Path) -> None:
    setup = f"import pathlib; pathlib.Path({str(tmp_path / 'ran')!r}).touch()".encode()
    members = {"pkg/setup.py": setup, "pkg/__init__.py": setup, "pkg/data/text.txt": b"words"}
    content, name = make_archive(kind, members), f"a_pkg-1.{kind}"
    (index / "a-pkg").mkdir(parents=True)
    (index / "a-pkg" / "index.html").write_text(f'<a href="other-{name}">x</a><a href="../files/{name}#sha256=0">x</a>')
    (index / "files").mkdir()
    (index / "files" / name).write_bytes(content)
    hashes = {"pkg/data/text.txt": hash_bytes(b"words")}
    holding = PackageHolding("made", "made", "A_pkg", name, hash_bytes(content), hashes)
    holding.fetch()
    assert holding.read("text.txt") == b"words" and not (tmp_path / "ran").exists()
    for wrong in (replace(holding, archive_hash="0" * 64), replace(holding, members={"pkg/data/text.txt": "0" * 64})):
        with pytest.raises(RefusedError, match="the lab knows"):
            wrong.fetch()
    with pytest.raises(RefusedError, match=r"does not offer it.*lab data fetch made"):
        replace(holding, archive="a_pkg-2.whl").fetch()
    assert holding.read("text.txt") == b"words"


def test_a_package_without_an_index_says_so_and_what_to_do(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "https://me:secret@localhost:1/simple")
    with pytest.raises(RefusedError, match=r"//localhost:1/simple: .*lab data fetch king_james") as caught:
        KingJames().holding.fetch()
    assert "secret" not in str(caught.value)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(RefusedError, match=r"no index.*lab data fetch king_james"):
        KingJames().holding.fetch()


def test_indexes_are_those_of_pip_in_its_order() -> None:
    assert list_indexes({}) == ["https://pypi.org/simple"]
    assert list_indexes({"index-url": "one", "extra-index-url": "two three"}) == ["one", "two", "three"]


def test_chapters_are_documents() -> None:
    verses = [("Genesis", 1, "In the beginning"), ("Genesis", 1, "And the earth"), ("Genesis", 2, "Thus")]
    lines = [json.dumps({"book": book, "chapter": chapter, "text": text}) for book, chapter, text in verses]
    KingJames().holding.keep({"kjv.jsonl": "\n".join(lines).encode()})
    assert KingJames().read_documents() == [b"In the beginning\nAnd the earth\n", b"Thus\n"]


def test_digits_are_read_as_published() -> None:
    pixels = np.arange(3 * 28 * 28).reshape(3, 28, 28) % 256
    keep_pictures(mnist.HOLDING, pixels, np.array([7, 0, 9]))
    for inputs, labels in mnist.source().load_split():
        np.testing.assert_allclose(inputs[:, 0], (pixels / 255 - 0.1307) / 0.3081, atol=1e-6)
        assert labels.tolist() == [7, 0, 9] and labels.dtype == np.int64
    with pytest.raises(InputError, match="unsigned bytes"):
        mnist.read_idx(gzip.compress(b"\0\0\x0d\x01\0\0\0\0"))


@pytest.mark.parametrize("name", open_shelf("examples").names())
def test_every_source_of_examples_says_what_it_is_before_it_is_fetched(name: str) -> None:
    source = open_shelf("examples").load(name)()
    assert source.classes > 1 and source.licence and source.extent
    if source.holding is not None:
        with pytest.raises(RefusedError, match=f"not fetched.*lab data fetch {name}"):
            source.heldout()


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """A module where `datasets` would be; it streams rows for ever and writes down what it was asked."""
    asked: list[tuple[object, ...]] = []

    def stream() -> Iterator[dict[str, str]]:
        while True:
            for text in make_documents():
                yield from ({"text": " = Words = \n"}, {"text": text})

    def load_dataset(
        dataset: str, config: str | None, *, revision: str, split: str, streaming: bool
    ) -> Iterator[dict[str, str]]:
        asked.append((dataset, config, revision, split, streaming))
        return stream()

    def dataset_info(dataset: str, *, revision: str) -> SimpleNamespace:
        return SimpleNamespace(sha=f"commit of {revision}")

    monkeypatch.setitem(sys.modules, "datasets", SimpleNamespace(load_dataset=load_dataset))  # type: ignore[arg-type]
    api = SimpleNamespace(HfApi=lambda: SimpleNamespace(dataset_info=dataset_info))
    monkeypatch.setitem(sys.modules, "huggingface_hub", api)  # type: ignore[arg-type]
    return asked


def test_the_first_bytes_of_a_public_text_are_taken(hub: list[tuple[object, ...]]) -> None:
    source = TinyStories(megabytes=1)
    source.holding.fetch()
    assert hub == [("roneneldan/TinyStories", None, "commit of main", "train", True)]
    assert source.holding.read(COMMIT) == b"commit of main"
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
    assert hub == [(source.dataset, config, "commit of main", "train", True)]
    replace(source.holding, size=5000, revision="v2").fetch()
    assert hub[-1][2] == "commit of v2" == source.holding.read(COMMIT).decode()
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

    monkeypatch.setitem(sys.modules, "datasets", SimpleNamespace())  # type: ignore[arg-type]
    monkeypatch.setitem(sys.modules, "huggingface_hub", SimpleNamespace(HfApi=fail))  # type: ignore[arg-type]
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
