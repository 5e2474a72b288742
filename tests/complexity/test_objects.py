"""Files, folders and arrays as messages; what is hostile is answered rightly or refused, within its memory."""

from __future__ import annotations

import io
import itertools
import os
import socket
import subprocess
import sys
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lab.complexity import objects
from lab.complexity.bounds import bound_message
from lab.complexity.code import Message
from lab.complexity.codes.deflate import Deflate
from lab.complexity.integers import count_integer_bits
from lab.complexity.objects import (
    Described,
    describe_array,
    read_object,
    reshape_object,
    restrict_alphabet,
)
from lab.core.errors import InputError
from lab.core.registry import ROOT


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def bound(described: Described) -> float:
    return bound_message(described.message, told_bits=described.told_bits).count_bits()


def test_an_empty_file_and_one_byte(tmp_path: Path) -> None:
    assert bound(read_object(write(tmp_path / "empty", b""))) < 10
    assert bound(read_object(write(tmp_path / "one", b"x"))) < 30


def test_random_and_compressed_bytes_stay_as_long_as_they_are(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).bytes(20_000)
    described = read_object(write(tmp_path / "noise", noise))
    assert 8 * len(noise) < bound(described) < 8 * len(noise) + 200
    packed = Deflate().encode(b"".join(b"%d " % (n * n) for n in range(20_000)))
    assert 8 * 0.95 * len(packed) < bound(read_object(write(tmp_path / "packed", packed))) < 8 * len(packed) + 200


def test_a_bomb_is_a_file_like_any_other(tmp_path: Path) -> None:
    """Its bytes are described; nobody opens it."""
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name in range(20):
            archive.writestr(f"{name}", bytes(2**20))
    described = read_object(tmp_path / "bomb.zip")
    assert len(described.message) == (tmp_path / "bomb.zip").stat().st_size
    assert bound(described) < 8 * len(described.message) / 2


def test_an_array_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": "|u1", "fortran_order": False, "shape": (2**40,)})
    with zipfile.ZipFile(tmp_path / "bomb.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.npy", head.getvalue() + bytes(2**22))
    for path in (tmp_path / "bomb.npz", write(tmp_path / "bomb.npy", head.getvalue())):
        with pytest.raises(InputError, match="larger than"):
            read_object(path)


def test_what_is_no_plain_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        for path in (tmp_path / "pipe", tmp_path / "socket", Path("/dev/zero")):
            with pytest.raises(InputError, match="device"):
                read_object(path)
    with pytest.raises(InputError, match="links"):
        read_object(tmp_path / "loop")
    with pytest.raises(InputError, match="no such file"):
        read_object(tmp_path / "nowhere")
    with pytest.raises(InputError, match="null"):
        read_object(Path("a\0b"))


def test_what_cannot_be_read_says_so() -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_object(Path("/proc/self/mem"))  # a plain file, to its looks


def test_a_file_beyond_memory_is_refused_or_cut(tmp_path: Path) -> None:
    huge = tmp_path / "huge"
    with huge.open("wb") as file:
        file.truncate(2**40)  # sparse
    with pytest.raises(InputError, match="--length"):
        read_object(huge)
    described = read_object(huge, limit=1000)
    assert len(described.message) == 1000
    assert "first 1,000 bytes" in described.notes[0]


def test_a_folder_is_its_files_in_order(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    write(tmp_path / "b" / "x", b"second")
    write(tmp_path / "a", b"first")
    (tmp_path / "b" / "up").symlink_to(tmp_path)  # a loop, were it followed
    os.mkfifo(tmp_path / "pipe")
    described = read_object(tmp_path)
    assert described.message.sequence.tobytes() == b"firstsecond"
    assert described.told_bits > 0
    assert "2 links, pipes or devices" in described.notes[1]
    assert read_object(tmp_path, limit=7).message.sequence.tobytes() == b"firstse"
    (tmp_path / "nothing").mkdir()
    with pytest.raises(InputError, match="no plain file"):
        read_object(tmp_path / "nothing")


@pytest.mark.parametrize(
    ("array", "symbols", "alphabet"),
    [
        (np.array([True, False]), [1, 0], 2),
        (np.array([[0, 3], [1, 2]], dtype=np.uint8), [[0, 3], [1, 2]], 4),
        (np.array([-5, 1000, -5]), [0, 1, 0], 2),
        (np.array([2**64 - 1, 0], dtype=np.uint64), [1, 0], 2),
        (np.array([0.0, 0.5, 1.0]), [0, 128, 255], 256),
        (np.zeros((2, 0)), np.zeros((2, 0)), 256),
        (np.full(3, 7.5, dtype=np.float32), [0, 0, 0], 256),
    ],
)
def test_arrays_become_symbols(array: np.ndarray, symbols: list[int], alphabet: int, tmp_path: Path) -> None:
    for suffix, save in ((".npy", np.save), (".npz", np.savez_compressed)):
        save(tmp_path / f"a{suffix}", array)
        described = read_object(tmp_path / f"a{suffix}")
        np.testing.assert_array_equal(described.message.symbols, symbols)
        assert described.message.alphabet == alphabet
        assert (described.told_bits > 0) == (array.dtype != np.bool_)


def test_many_integers_are_quantised_and_it_is_said() -> None:
    described = describe_array(np.arange(1000), "ramp")
    assert np.bincount(described.message.sequence).tolist() == pytest.approx([1000 / 256] * 256, abs=1)
    assert "quantised" in described.notes[0]


@pytest.mark.parametrize("array", [np.array([np.nan]), np.array(["a"]), np.array([1j]), np.array([-1e308, 1e308])])
def test_arrays_that_are_no_numbers_are_refused(array: np.ndarray) -> None:
    with pytest.raises(InputError):
        describe_array(array, "array")


def test_an_array_of_several_is_named(tmp_path: Path) -> None:
    np.savez(tmp_path / "two.npz", first=np.zeros(3, dtype=bool), second=np.ones(4, dtype=bool))
    assert len(read_object(tmp_path / "two.npz", "second").message) == 4
    with pytest.raises(InputError, match="first, second"):
        read_object(tmp_path / "two.npz")
    with pytest.raises(InputError, match="first, second"):
        read_object(tmp_path / "two.npz", "third")
    with pytest.raises(InputError, match=r"only a \.npz"):
        read_object(write(tmp_path / "text", b""), "name")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 400), value=st.integers(0, 255), suffix=st.sampled_from([".npy", ".npz"]))
def test_a_damaged_array_is_read_or_refused(place: int, value: int, suffix: str, tmp_path: Path) -> None:
    buffer = io.BytesIO()
    (np.save if suffix == ".npy" else np.savez_compressed)(buffer, np.arange(40, dtype=np.uint8))
    data = bytearray(buffer.getvalue())
    data[place % len(data)] = value
    try:
        described = read_object(write(tmp_path / f"damaged{suffix}", bytes(data)))
    except InputError as refusal:
        assert f"damaged{suffix}" in str(refusal)
        return
    assert len(described.message) <= 40, "forty bytes hold no more symbols, whatever the head says of them"


def test_alphabet_and_shape_can_be_said(tmp_path: Path) -> None:
    described = read_object(write(tmp_path / "bits", b"0101" * 25))
    bits = restrict_alphabet(described, 2)
    assert bits.message.sequence.tolist() == [0, 1, 0, 1] * 25
    assert bits.told_bits == 25  # whether there are others, how many, which
    assert "48, 49 stand as" in bits.notes[0]
    assert reshape_object(bits, (10, 10)).message.symbols.shape == (10, 10)
    with pytest.raises(InputError, match="100 symbols"):
        reshape_object(bits, (9, 10))
    with pytest.raises(InputError, match="2 different"):
        restrict_alphabet(described, 1)


PEAK = """
import sys
from pathlib import Path
from lab.complexity.bounds import bound_message, load_codes
from lab.complexity.objects import read_object
for path in sys.argv[1:]:
    codes = {name: load_codes()[name] for name in ("deflate", "lzma", "kt")}
    bound_message(read_object(Path(path)).message, codes)
status = Path("/proc/self/status").read_text()  # ru_maxrss would hold what the process that started this one took
print(status.split("VmHWM:")[1].split()[0])
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of a process is read from /proc")
def test_memory_stays_small(tmp_path: Path) -> None:
    """4 MiB of zeros and of noise in a process of its own (10^8 zeros stand in benchmarks/codes.py)."""
    zeros = write(tmp_path / "zeros", bytes(2**22))
    noise = write(tmp_path / "noise", np.random.default_rng(0).bytes(2**22))
    done = subprocess.run(
        [sys.executable, "-c", PEAK, str(zeros), str(noise)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert int(done.stdout) * 1024 < 500e6


def test_what_the_symbols_stand_for_is_told_in_full() -> None:
    """One bit says whether values are told at all; 256 different ones can be counted."""
    plain = restrict_alphabet(Described("plain", Message(np.array([0, 1, 1], np.uint8))), 2)
    other = restrict_alphabet(Described("other", Message(np.array([48, 49, 49], np.uint8))), 2)
    assert (plain.told_bits, other.told_bits) == (1, 1 + 8 * 3)
    every = describe_array(np.arange(256, dtype=np.int64), "every")
    assert every.told_bits == pytest.approx(
        count_integer_bits(257) + 1 + count_integer_bits(1) + 255 * count_integer_bits(1)
    )


def trace_peak(work: Callable[[], object]) -> int:
    tracemalloc.start()
    work()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def test_numbering_takes_a_few_bytes_a_symbol(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "PIECE", 2**14)
    rng = np.random.default_rng(0)
    few = Described("few", Message(rng.choice(np.array([3, 7, 200], dtype=np.uint8), 2**20)))
    wide = rng.choice(np.array([-9, 5, 70_000], dtype=np.int64), 2**17)
    assert trace_peak(lambda: restrict_alphabet(few, 3)) < 4 * len(few.message)
    assert trace_peak(lambda: describe_array(wide, "wide")) < 4 * wide.nbytes
    numbered = restrict_alphabet(few, 3).message.sequence
    np.testing.assert_array_equal(np.array([3, 7, 200])[numbered], few.message.sequence)
    np.testing.assert_array_equal(np.array([-9, 5, 70_000])[describe_array(wide, "wide").message.sequence], wide)


def test_a_tree_without_end_is_refused_on_the_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def walk(path: Path, onerror: object) -> Iterator[tuple[str, list[str], list[str]]]:
        for place in itertools.count():
            assert place < 100, "nobody stops"
            yield str(path / str(place)), [], ["file"]

    monkeypatch.setattr(os, "walk", walk)
    monkeypatch.setattr(objects, "MOST_FILES", 20)
    with pytest.raises(InputError, match="more than 20 files"):
        read_object(tmp_path)


def test_a_file_gone_since_it_was_listed_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "_walk", lambda path: [path / "gone"])
    with pytest.raises(InputError, match="no such file"):
        read_object(tmp_path)
