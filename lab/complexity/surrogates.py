"""Messages that keep something of another and lose the rest: what a complexity is to be compared with.

A surrogate is a null hypothesis made data (Theiler et al. 1992, Physica D 58): what the object shares with it, the
hypothesis explains.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lab.complexity.code import Message, Symbols
from lab.complexity.mdl.multinomial import count_hindsight_bits, count_mixture_bits
from lab.core.errors import InputError, UnknownNameError

JEFFREYS = 0.5
MOST_FREE = 0.001  # of the bits of single symbols, that a chain may save by its counts without paying for them

Surrogate = Literal["rows", "markov", "phases"]


def make_constant(message: Message) -> Message:
    """The same shape and alphabet, every symbol 0."""
    return Message(np.zeros_like(message.symbols), message.alphabet)


def shuffle_symbols(message: Message, rng: np.random.Generator) -> Message:
    """Every symbol moved anywhere: the counts stay, all order goes."""
    shuffled = message.sequence[rng.permutation(len(message))]
    return Message(shuffled.reshape(message.symbols.shape), message.alphabet)


def choose_surrogate(message: Message) -> Surrogate:
    """What fits the kind of object: 'rows' for a plane or more, 'markov' for a sequence."""
    return "rows" if message.symbols.ndim > 1 else "markov"


def check_surrogate(name: str) -> Surrogate:
    """The surrogate called `name`; raises `UnknownNameError`."""
    for kind in _DRAW:
        if kind == name:
            return kind
    raise UnknownNameError.among("surrogate", name, _DRAW)


def draw_surrogate(message: Message, kind: Surrogate, rng: np.random.Generator) -> Message:
    """A structured surrogate: see the three functions below."""
    return _DRAW[kind](message, rng)


def shuffle_rows(message: Message, rng: np.random.Generator) -> Message:
    """Symbols moved within their row (the last axis): every row's counts stay, and so a profile across rows does."""
    if message.symbols.ndim < 2:
        raise InputError("surrogate", "rows", "needs an array with rows", "ask for 'markov' or 'phases'")
    return Message(rng.permuted(message.symbols, axis=-1), message.alphabet)


def draw_chain(message: Message, rng: np.random.Generator) -> Message:
    """A Markov chain of order 1 with the message's own counts of pairs: neighbours stay alike, what lies further goes.

    The end is joined to the beginning, so that every symbol that occurs is followed by one. Of a large alphabet it
    keeps chance too: see `explain_overfit`.
    """
    sequence = message.sequence
    if len(sequence) < 2:
        return message
    drawn = _walk_chain(np.cumsum(_count_pairs(message), axis=1), int(rng.choice(sequence)), rng.random(len(sequence)))
    return Message(drawn.reshape(message.symbols.shape), message.alphabet)


def explain_overfit(message: Message, kind: Surrogate) -> str:
    """Why a chain is no null hypothesis for this message: it repeats pairs that are there by chance; else ''.

    So it is where pairs are described in more bits than single symbols, counts learned on the way (Krichevsky and
    Trofimov 1981), although given the counts they take less, by more than a thousandth: a chain keeps its counts.
    """
    if kind != "markov" or len(message) < 2:
        return ""
    pairs = _count_pairs(message)
    singles = pairs.sum(axis=0, keepdims=True)
    learned, alone = count_mixture_bits(pairs, JEFFREYS), count_mixture_bits(singles, JEFFREYS)
    free = 1 - count_hindsight_bits(pairs) / max(count_hindsight_bits(singles), 1.0)
    if learned <= alone or free <= MOST_FREE:
        return ""
    return (
        f"the markov surrogate repeats chance: pairs are learned in {learned:,.0f} bits, single symbols in "
        f"{alone:,.0f}, yet it keeps counts of pairs that are worth {free:.1%}; compare with shuffled"
    )


def randomize_phases(message: Message, rng: np.random.Generator) -> Message:
    """The power spectrum (nearly) and the counts (exactly) of a sequence of numbers, without its phases.

    Amplitude-adjusted Fourier surrogate (Theiler et al. 1992, section 2.4.3): ranks to Gaussian, phases at random,
    ranks back to the message's own values.
    """
    sequence = message.sequence
    if len(sequence) < 2:
        return message
    order = np.argsort(sequence + rng.random(len(sequence)))  # symbols that are equal are ranked at random
    gaussian = np.empty(len(sequence))
    gaussian[order] = np.sort(rng.standard_normal(len(sequence)))
    spectrum = np.fft.rfft(gaussian)
    turned = spectrum * np.exp(2j * np.pi * rng.random(len(spectrum)))
    turned[0] = spectrum[0]
    smooth = np.fft.irfft(turned, len(sequence))
    drawn = np.empty_like(sequence)
    drawn[np.argsort(smooth)] = np.sort(sequence)
    return Message(drawn.reshape(message.symbols.shape), message.alphabet)


def _count_pairs(message: Message) -> NDArray[np.int64]:
    sequence = message.sequence
    pairs = sequence.astype(np.int64) * message.alphabet + np.roll(sequence, -1)
    return np.bincount(pairs, minlength=message.alphabet**2).reshape(message.alphabet, -1)


@njit(cache=True)
def _walk_chain(cumulative: NDArray[np.int64], start: int, chances: NDArray[np.float64]) -> Symbols:
    drawn = np.empty(len(chances), dtype=np.uint8)
    symbol = start
    for t in range(len(chances)):
        drawn[t] = symbol
        row = cumulative[symbol]
        symbol = min(np.searchsorted(row, chances[t] * row[-1], side="right"), len(row) - 1)
    return drawn


_DRAW: dict[Surrogate, Callable[[Message, np.random.Generator], Message]] = {
    "rows": shuffle_rows,
    "markov": draw_chain,
    "phases": randomize_phases,
}
