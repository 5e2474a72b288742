"""Surrogates of what is hardly there."""

import numpy as np

from lab.complexity.bounds import bound_message
from lab.complexity.code import Message
from lab.complexity.surrogates import draw_surrogate, explain_overfit, shuffle_symbols


def test_a_shuffle_keeps_the_counts_and_takes_what_cannot_be_written() -> None:
    symbols = np.frombuffer(b"abracadabra", np.uint8)
    shuffled = shuffle_symbols(Message(symbols), np.random.default_rng(0))
    assert sorted(shuffled.symbols) == sorted(symbols) and not np.array_equal(shuffled.symbols, symbols)
    empty = Message(np.frombuffer(b"", np.uint8))
    assert len(shuffle_symbols(empty, np.random.default_rng(0))) == 0
    assert bound_message(empty).count_bits() < 200


def test_a_chain_of_noise_over_many_symbols_repeats_chance_and_says_so() -> None:
    rng = np.random.default_rng(0)
    noise, coins = (
        Message(np.frombuffer(rng.bytes(20_000), np.uint8)),
        Message(rng.integers(2, size=20_000, dtype=np.uint8), 2),
    )
    sticky = Message((np.cumsum(rng.random(20_000) < 0.1) % 2).astype(np.uint8), 2)
    assert "repeats chance" in explain_overfit(noise, "markov") and not explain_overfit(noise, "phases")
    assert not explain_overfit(coins, "markov") and not explain_overfit(sticky, "markov")
    chain = draw_surrogate(noise, "markov", rng)
    assert not explain_overfit(chain, "markov"), "what was chance is a law by now"
