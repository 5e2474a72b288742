"""Block decomposition against published values and against a plain count of blocks."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest

from lab.complexity.code import Message
from lab.complexity.decomposition import decompose, read_table
from lab.core.errors import InputError, RefusedError
from lab.core.registry import open_shelf

BDM = open_shelf("codes").load("block_decomposition")


def make_message(text: str) -> Message:
    return Message(np.array(list(map(int, text)), np.uint8), 2)


def draw_bits(*shape: int, seed: int = 0) -> Message:
    return Message(np.random.default_rng(seed).integers(0, 2, shape, dtype=np.uint8), 2)


def count_plainly(cells: np.ndarray, side: int, step: int) -> tuple[float, int]:
    """A dictionary of blocks, those that fit; the table is the library's."""
    table = read_table(cells.ndim)
    steps = [range(0, length - side + 1, step) for length in cells.shape]
    starts = [(i,) for i in steps[0]] if cells.ndim == 1 else [(i, j) for i in steps[0] for j in steps[1]]
    blocks = Counter("".join(map(str, cells[tuple(slice(i, i + side) for i in at)].ravel())) for at in starts)
    return sum(table[int(block, 2)] + math.log2(seen) for block, seen in blocks.items()), len(blocks)


@pytest.mark.parametrize(
    ("text", "bits"),
    [
        ("0" * 24, 26.610413747641715),
        ("0" * 12 + "1" * 12, 51.22082749528343),
        ("0" * 6 + "1" * 12 + "0" * 18 + "1" * 12, 114.06151272200972),
        ("0" * 12, 25.610413747641715),
        ("1" * 12, 25.610413747641715),
    ],
)
def test_published_values(text: str, bits: float) -> None:
    assert BDM().count_bits(make_message(text)) == pytest.approx(bits, abs=1e-12)


def test_published_value_of_a_plane() -> None:
    assert BDM().count_bits(Message(np.zeros((4, 4), np.uint8), 2)) == pytest.approx(22.006706292292176, abs=1e-12)


def test_tables_keep_their_symmetries() -> None:
    strings, planes = read_table(1), read_table(2)
    assert strings.size == 4096 and planes.size == 65536 and (strings == strings[::-1]).all()
    cells = np.arange(65536)[:, None] >> np.arange(15, -1, -1) & 1
    turned = cells.reshape(-1, 4, 4).transpose(0, 2, 1).reshape(-1, 16) @ (1 << np.arange(15, -1, -1))
    assert (planes == planes[turned]).all() and (planes == planes[::-1]).all()
    assert planes.argmin() == 0 and strings.argmin() in (0, 4095)


@pytest.mark.parametrize("shape", [(12,), (600,), (5000,), (4, 4), (40, 88), (200, 200)])
@pytest.mark.parametrize("blocks", ["apart", "sliding"])
def test_a_plain_count_agrees(shape: tuple[int, ...], blocks: str) -> None:
    message = draw_bits(*shape)
    side = {1: 12, 2: 4}[len(shape)]
    bits, distinct = count_plainly(message.symbols, side, side if blocks == "apart" else 1)
    assert BDM("drop", blocks).count_bits(message) == pytest.approx(bits, abs=1e-8)
    assert decompose(message, side if blocks == "apart" else 1, False).distinct == distinct


@pytest.mark.parametrize(("shape", "uncovered"), [((30,), 6), ((10, 9), 26)])
def test_ragged_edges_are_covered_or_counted_as_left_out(shape: tuple[int, ...], uncovered: int) -> None:
    message = draw_bits(*shape, seed=1)
    side = {1: 12, 2: 4}[len(shape)]
    dropped, covered = (decompose(message, side, covers) for covers in (False, True))
    assert (dropped.uncovered, covered.uncovered) == (uncovered, 0)
    assert covered.blocks == {(30,): 3, (10, 9): 9}[shape] and covered.bits > dropped.bits
    last = message.symbols[-12:] if len(shape) == 1 else message.symbols[-4:, -4:]
    assert covered.counts[int("".join(map(str, last.ravel())), 2)] >= 1


def test_the_published_ratios_of_fair_bits() -> None:
    ratios = {n: decompose(draw_bits(n), 12, False).bits / n for n in (1200, 12_000, 120_000, 1_200_000)}
    assert ratios == pytest.approx({1200: 2.70, 12_000: 2.45, 120_000: 1.05, 1_200_000: 0.127}, rel=0.03)
    planes = {n: decompose(draw_bits(n, n), 4, False).bits / n**2 for n in (40, 1000)}
    assert planes == pytest.approx({40: 1.88, 1000: 1.24}, rel=0.03)


def test_a_message_past_saturation_is_refused() -> None:
    assert BDM().count_bits(draw_bits(120_000)) > 120_000
    with pytest.raises(RefusedError, match="of 4096 blocks"):
        BDM().count_bits(draw_bits(200_000))
    with pytest.raises(RefusedError, match="of 65536 blocks"):
        BDM().count_bits(draw_bits(1600, 1600))


def test_a_source_of_few_words_is_doubted_by_what_its_blocks_used() -> None:
    """Words without '11': 377 of 12 symbols. Their order is worth most of the message once all have been seen."""
    golden = open_shelf("data").load("golden_mean")()
    drawn = [Message(golden.draw(n, 0).astype(np.uint8), 2) for n in (6000, 60_000)]
    assert BDM().find_doubt(drawn[0]) == ""
    assert "of 3" in BDM().find_doubt(drawn[1]) and "orders" in BDM().find_doubt(drawn[1])
    assert BDM().find_doubt(draw_bits(60_000)) == "" != BDM().find_doubt(draw_bits(200_000))
    assert "tables exist" in BDM().find_doubt(Message(np.zeros(24, np.uint8), 3))
    assert decompose(make_message("0" * 24 + "1" * 12), 12, False).order_bits == pytest.approx(math.log2(3))


def test_no_message_is_given_more_than_the_ceiling() -> None:
    every = (np.arange(4096)[:, None] >> np.arange(11, -1, -1) & 1).astype(np.uint8).ravel()
    for symbols in (every, np.tile(every, 2), draw_bits(6000).symbols):
        found = decompose(Message(symbols, 2), 12, False)
        assert found.bits <= found.ceiling + 1e-6
    full = decompose(Message(np.tile(every, 2), 2), 12, False)
    assert full.bits == pytest.approx(full.ceiling, rel=1e-12)


@pytest.mark.parametrize(
    "message",
    [
        Message(np.zeros(24, np.uint8), 3),
        Message(np.zeros((4, 4, 4), np.uint8), 2),
        Message(np.zeros(11, np.uint8), 2),
        Message(np.zeros((3, 40), np.uint8), 2),
    ],
)
def test_what_no_table_covers_is_said(message: Message) -> None:
    with pytest.raises(InputError, match="block decomposition"):
        BDM().count_bits(message)
