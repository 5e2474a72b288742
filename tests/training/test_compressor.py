"""The neural compressor: any autoregressive family, read in a process of its own, damaged files refused."""

from __future__ import annotations

import json
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.complexity.arithmetic import SCALE, ByteReader, ByteWriter, close_writer, code_bit, open_writer
from lab.complexity.contexts import MOST_SLOTS
from lab.complexity.mixing import MixedReader
from lab.core.errors import InputError
from lab.core.registry import ROOT, open_shelf
from lab.data.bytes_text import list_files
from lab.families import Family, Shape
from lab.training.compressor import Learner, Recipe
from lab.training.container import (
    FRAME,
    HASH_BYTES,
    SPARED_BITS,
    Compressed,
    compress,
    decompress,
    name_arithmetic,
    read_head,
    seal,
)
from lab.training.head import LONGEST_TEXT, pack_head, unpack_head

DATA = list_files("")[0].read_bytes()[:4096]
SMALL = {"lstm": {"width": 24}}  # the others 16
KINDS = ("mixture", "network")
READ = """
import sys
from pathlib import Path
from lab.training.container import decompress
for path in map(Path, sys.argv[1:]):
    path.with_suffix(".again").write_bytes(decompress(path.read_bytes()))
"""


def is_autoregressive(name: str) -> bool:
    family: Family = open_shelf("families").load(name)()
    return hasattr(family.build(Shape(256, 8)), "advance")


def code(name: str, data: bytes = DATA, **dials: object) -> Compressed:
    family = {"name": name, **SMALL.get(name, {"width": 16})}
    return compress(data, Recipe(family, streams=8, block=16, window=32, **dials))  # type: ignore[arg-type]


def seal_head(head: object, rest: bytes) -> bytes:
    """A container with a right checksum, whatever its head says."""
    return seal(pack_head(json.dumps(head).encode()), rest)


def open_container(container: bytes) -> tuple[dict[str, object], bytes]:
    end = FRAME.size + FRAME.unpack_from(container)[2]
    return json.loads(unpack_head(container[FRAME.size : end])), container[end:]


@pytest.fixture(scope="module")
def coded() -> Compressed:
    return code("lstm")


def test_another_process_reads_every_family_bit_for_bit(tmp_path: Path) -> None:
    paths = []
    for name in filter(is_autoregressive, open_shelf("families").names()):
        for kind in KINDS:
            paths.append(tmp_path / f"{name}-{kind}.coded")
            paths[-1].write_bytes(code(name, DATA[:1024], code=kind).container)
    assert len(paths) >= 4
    subprocess.run([sys.executable, "-c", READ, *map(str, paths)], cwd=ROOT, check=True, timeout=300)
    for path in paths:
        assert path.with_suffix(".again").read_bytes() == DATA[:1024], path.name


@pytest.mark.parametrize("kind", KINDS)
def test_the_content_takes_the_online_area(kind: str) -> None:
    """To 0.05 %, and up to the words of 32 bits in which a range coder ends."""
    found = code("lstm", code=kind)
    assert abs(found.payload_bits - found.area_bits) < 5e-4 * found.area_bits + 64
    assert (found.area_bits == found.network_bits) == (kind == "network")
    assert 8 * len(found.container) - found.payload_bits < 8 * 80  # 0.05 % of what a mebibyte of text takes


def test_the_net_learns_and_the_mixture_is_better() -> None:
    alone = code("lstm", code="network", learning_rate=0.02)
    assert alone.area_bits < 7 * len(DATA)
    assert code("lstm").area_bits < 0.7 * alone.area_bits


def test_the_seed_and_the_dials_are_part_of_the_code(coded: Compressed) -> None:
    assert code("lstm").container == coded.container
    assert code("lstm", seed=1).network_bits != coded.network_bits


@pytest.mark.parametrize("length", [0, 1, 7, 9, 129])
def test_lengths_that_no_stream_divides(length: int) -> None:
    recipe = Recipe({"name": "lstm", "width": 8}, streams=8, block=4, window=8)
    assert decompress(compress(DATA[:length], recipe).container) == DATA[:length]


def test_a_net_keeps_the_last_bytes_alone() -> None:
    """What a net remembers is a few windows of every stream, however long the streams are."""
    recipe = Recipe({"name": "lstm", "width": 8}, "network", streams=8, block=4, window=8)
    learner = Learner(recipe)
    for position in range(40):
        learner.predict()
        learner.observe(np.full(8 if position < 30 else 5, position, np.uint8))
        assert learner._recent_ST.shape == (8, 17)
    recent = learner._read(32, 41)
    assert recent[0].tolist() == [*range(31, 40)] and not recent[5:].any()


@pytest.mark.parametrize("kind", KINDS)
def test_a_container_is_read_where_it_stands(kind: str) -> None:
    container = bytearray(code("lstm", DATA[:600], code=kind).container)
    assert decompress(container) == DATA[:600]


def test_every_damage_is_found_before_any_work(coded: Compressed) -> None:
    container = coded.container
    for cut in (0, 3, FRAME.size, FRAME.size + 20, len(container) - 1):
        with pytest.raises(InputError, match=r"damaged|begin"):
            read_head(container[:cut])
    for place in (4, 9, FRAME.size + 5, len(container) - HASH_BYTES, len(container) - 1):
        damaged = bytearray(container)
        damaged[place] ^= 16
        with pytest.raises(InputError, match="damaged"):
            read_head(bytes(damaged))


def test_another_arithmetic_is_refused_by_name(coded: Compressed) -> None:
    head, rest = open_container(coded.container)
    assert head["made"] == name_arithmetic() and torch.__version__ in name_arithmetic()
    with pytest.raises(InputError, match=r"torch 1\.0"):
        read_head(seal_head({**head, "made": "torch 1.0"}, rest))
    with pytest.raises(InputError, match="at most"):
        read_head(seal_head({**head, "length": 1 << 40}, rest))
    with pytest.raises(InputError, match="another layout"):
        read_head(b"LABZ" + coded.container[4:])


def test_content_that_is_not_that_of_its_hash_is_not_given_out(coded: Compressed) -> None:
    head, rest = open_container(coded.container)
    with pytest.raises(InputError, match="SHA-256"):
        decompress(seal_head(head, bytes(HASH_BYTES) + rest[HASH_BYTES:]))


def test_a_wrong_recipe_is_named() -> None:
    with pytest.raises(InputError, match="did you mean 'lstm'"):
        Recipe({"name": "lsmt"})
    with pytest.raises(InputError, match=r"compressor\.block"):
        Recipe({"name": "lstm"}, block=99)
    with pytest.raises(InputError, match="names its entry"):
        Recipe({})


KEYS = ("family", "name", "width", "layers", "streams", "window", "code")
VALUES_OF_ANY_KIND = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from([10**400, -1, 2]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=8,
)


def make_head(**changes: object) -> dict[str, object]:
    recipe = {"family": {"name": "lstm", "width": 8}}
    return {"recipe": recipe, "length": 40, "made": name_arithmetic(), **changes}


@settings(max_examples=300, deadline=None)
@given(
    VALUES_OF_ANY_KIND,
    st.sampled_from(["", "recipe", "length", "made", "family", "width", "layers", "streams", "learning_rate"]),
)
def test_a_sealed_head_of_any_kind_is_read_or_refused(value: object, place: str) -> None:
    """The checksum is right, what it seals is not."""
    head: object = make_head()
    if place == "":
        head = value
    elif place in ("recipe", "length", "made"):
        head = make_head(**{place: value})
    elif place in ("width", "layers"):
        head = make_head(recipe={"family": {"name": "lstm", place: value}})
    else:
        head = make_head(recipe={"family": {"name": "lstm"}, place: value})
    try:
        recipe, length = read_head(seal_head(head, bytes(HASH_BYTES + 100)))
    except InputError as refusal:
        assert len(str(refusal)) < 2000
    else:
        assert type(length) is int and isinstance(recipe, Recipe)


@pytest.mark.parametrize("head", [b"", b"{", b"\xff", b"[" * 60_000, b"[]", b"{}", b"9" * 5000, b'{"length": 1}'])
def test_a_head_that_is_no_table_is_refused(head: bytes) -> None:
    with pytest.raises(InputError):
        read_head(seal(pack_head(head), bytes(HASH_BYTES)))


@pytest.mark.parametrize("packed", [b"", b"\xff" * 9, pack_head(b"{}")[:-1], pack_head(b"{}") + b"\0"])
def test_a_head_that_is_not_deflated_is_refused(packed: bytes) -> None:
    with pytest.raises(InputError, match="no JSON"):
        read_head(seal(packed, bytes(HASH_BYTES)))


def test_a_head_that_grows_without_bound_is_refused_unread() -> None:
    bomb = pack_head(b'{"made":"' + bytes(50_000_000))
    assert len(bomb) < 1 << 16
    tracemalloc.start()
    with pytest.raises(InputError, match="no JSON"):
        read_head(seal(bomb, bytes(HASH_BYTES)))
    assert tracemalloc.get_traced_memory()[1] < 16 * LONGEST_TEXT
    tracemalloc.stop()


@pytest.mark.parametrize("length", [5.5, 5.0, True, "5", None, -1])
def test_a_length_is_a_whole_number(length: object) -> None:
    with pytest.raises(InputError):
        read_head(seal_head(make_head(length=length), bytes(HASH_BYTES + 100)))


@pytest.mark.parametrize(
    "dials",
    [
        {"family": {"name": "lstm", "width": 100_000}},
        {"family": {"name": "transformer", "width": 4, "layers": 10**12}},
        {"family": {"name": "rnn", "width": 1, "layers": 100_000}, "streams": 1, "window": 2, "block": 1},
        {"family": {"name": "lstm", "width": 8}, "streams": 1024, "window": 4096},
        {"family": {"name": "transformer", "width": 16, "layers": 5000}, "streams": 16, "window": 4096},
    ],
)
def test_a_head_cannot_ask_for_a_net_that_does_not_fit(dials: dict[str, object]) -> None:
    with pytest.raises(InputError, match="memory to train it"):
        read_head(seal_head(make_head(recipe=dials), bytes(HASH_BYTES + 100)))


def test_a_large_net_leaves_the_contexts_a_quarter_of_their_slots() -> None:
    slots = [Recipe({"name": "lstm", "width": width}).most_slots for width in (128, 512)]
    assert slots == [MOST_SLOTS, MOST_SLOTS // 4]


@pytest.mark.parametrize("kind", KINDS)
def test_a_content_longer_than_its_payload_can_tell_is_refused(kind: str) -> None:
    head = make_head(length=1 << 26, recipe={"family": {"name": "lstm"}, "code": kind})
    with pytest.raises(InputError, match="are coded in 50"):
        read_head(seal_head(head, bytes(HASH_BYTES + 50)))


@pytest.mark.parametrize("kind", KINDS)
def test_no_byte_costs_less_than_the_least(kind: str) -> None:
    """The surest prediction there is, always right."""
    n = 20_000
    data, counts = np.zeros(n, np.uint8), np.ones((1, 256), np.int64)
    counts[0, 0] = (1 << 24) - 255
    if kind == "network":
        writer = ByteWriter(data)
        writer.code(np.arange(n), np.repeat(counts, n, axis=0))
        payload, least = writer.finish(), ByteReader.least_bits
    else:
        interval = open_writer(n)
        for _ in range(8 * n):
            code_bit(interval, SCALE - SCALE // 2**18, 1)
        payload, least = close_writer(interval), MixedReader.least_bits
    assert n * least <= 8 * len(payload) + SPARED_BITS
