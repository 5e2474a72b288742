"""Surrogates of what is hardly there."""

import numpy as np
import pytest

from lab.complexity.bounds import bound_message
from lab.complexity.code import Message
from lab.complexity.codes.order_k import OrderK
from lab.complexity.surrogates import choose_order, draw_surrogate, explain_surrogate, shuffle_symbols


def test_a_shuffle_keeps_the_counts_and_takes_what_cannot_be_written() -> None:
    symbols = np.frombuffer(b"abracadabra", np.uint8)
    shuffled = shuffle_symbols(Message(symbols), np.random.default_rng(0))
    assert sorted(shuffled.symbols) == sorted(symbols) and not np.array_equal(shuffled.symbols, symbols)
    empty = Message(np.frombuffer(b"", np.uint8))
    assert len(shuffle_symbols(empty, np.random.default_rng(0))) == 0
    assert bound_message(empty).count_bits() < 200


def test_a_chain_has_the_order_that_pays() -> None:
    """Noise over many symbols has counts of pairs by chance: a chain that kept them would be no null hypothesis."""
    rng = np.random.default_rng(0)
    flips = rng.random(20_000) < 0.1
    third = (np.cumsum(flips.reshape(-1, 2), axis=0) % 2).astype(np.uint8).ravel()  # each by the one before the last
    objects = {
        "noise": (Message(np.frombuffer(rng.bytes(20_000), np.uint8)), 0),
        "coins": (Message(rng.integers(2, size=20_000, dtype=np.uint8), 2), 0),
        "sticky": (Message((np.cumsum(flips) % 2).astype(np.uint8), 2), 1),
        "third": (Message(third, 2), 2),
    }
    for name, (message, order) in objects.items():
        assert choose_order(message) == order, name
        chain = draw_surrogate(message, "markov", rng)
        assert choose_order(chain) == order, f"{name}: its chain is what it was taken for"
        assert np.bincount(chain.sequence).argmax() < message.alphabet
        learned = [bound_message(m, {"order_k": OrderK(2)}).count_bits() for m in (message, chain)]
        if name != "noise":
            assert learned[1] == pytest.approx(learned[0], rel=0.03)
    kept = bound_message(draw_surrogate(objects["noise"][0], "markov", rng)).rate_bits()
    assert kept > 7.95, "the chain of noise is noise again"
    assert "order 2" in explain_surrogate(objects["third"][0], "markov")
    assert "'phases'" in explain_surrogate(objects["third"][0], "phases")
