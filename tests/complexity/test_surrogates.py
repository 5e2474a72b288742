"""Surrogates of what is hardly there."""

import numpy as np

from lab.complexity.bounds import bound_message
from lab.complexity.code import Message
from lab.complexity.surrogates import shuffle_symbols


def test_a_shuffle_keeps_the_counts_and_takes_what_cannot_be_written() -> None:
    symbols = np.frombuffer(b"abracadabra", np.uint8)
    shuffled = shuffle_symbols(Message(symbols), np.random.default_rng(0))
    assert sorted(shuffled.symbols) == sorted(symbols) and not np.array_equal(shuffled.symbols, symbols)
    empty = Message(np.frombuffer(b"", np.uint8))
    assert len(shuffle_symbols(empty, np.random.default_rng(0))) == 0
    assert bound_message(empty).count_bits() < 200
