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

from lab.complexity.code import Message
from lab.complexity.mdl.multinomial import count_mixture_bits
from lab.core.errors import InputError, UnknownNameError

JEFFREYS = 0.5
MOST_ORDER = 3
MOST_CELLS = 2**20

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


def draw_chosen_chain(message: Message, rng: np.random.Generator) -> Message:
    """A Markov chain of the order of `choose_order`, with the message's own counts: what lies further off goes."""
    return draw_chain(message, choose_order(message), rng)


def draw_chain(message: Message, order: int, rng: np.random.Generator) -> Message:
    """A Markov chain of this order with the message's own counts, be they there by law or by chance.

    The end is joined to the beginning, so that every context that occurs is followed by a symbol.
    """
    length = len(message)
    if length < 2:
        return message
    values, places = np.unique(message.sequence, return_inverse=True)
    start = np.take(places, int(rng.choice(length)) + np.arange(max(order, 1)), mode="wrap")
    cumulative = np.cumsum(_count_contexts(places, len(values), order), axis=1)
    drawn = values[_walk_chain(cumulative, start, rng.random(length))]
    return Message(drawn.reshape(message.symbols.shape), message.alphabet)


def choose_order(message: Message) -> int:
    """The order, 0 to 3, whose chain describes the message in fewest bits, its counts learned on the way.

    The mixture of Krichevsky and Trofimov 1981 over the symbols that occur pays ½ log2 n for each count, as the
    criterion of Schwarz 1978 does: a chain of counts that are there by chance is longer, not shorter. A large message
    is judged by its first 2^20 symbols, and no order is tried whose table has more than 2^20 cells.
    """
    values, places = np.unique(message.sequence[:MOST_CELLS], return_inverse=True)
    kinds, bits = max(1, len(values)), []
    for order in range(MOST_ORDER + 1):
        if len(places) <= order or kinds ** (order + 1) > MOST_CELLS:
            break
        bits.append(count_mixture_bits(_count_contexts(places, kinds, order), JEFFREYS))
    return int(np.argmin(bits)) if bits else 0


def explain_surrogate(message: Message, kind: Surrogate) -> str:
    """What a surrogate of the kind keeps of this very message."""
    if kind != "markov":
        return f"the surrogate is of the kind '{kind}'"
    order = choose_order(message)
    kept = "single symbols" if order == 0 else f"{order + 1} symbols in a row"
    return f"the surrogate is a Markov chain of order {order}: it keeps the counts of {kept}, and no order pays better"


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


def _count_contexts(places: NDArray[np.intp], kinds: int, order: int) -> NDArray[np.int64]:
    """How often each symbol follows each context, (kinds^order, kinds), the end joined to the beginning."""
    cells = np.zeros(len(places), dtype=np.int64)
    for back in range(order, -1, -1):
        cells = cells * kinds + np.roll(places, back)
    return np.bincount(cells, minlength=kinds ** (order + 1)).reshape(-1, kinds)


@njit(cache=True)
def _walk_chain(
    cumulative: NDArray[np.int64], start: NDArray[np.intp], chances: NDArray[np.float64]
) -> NDArray[np.intp]:
    """Places of symbols: those of `start`, then one by one by the row of the context before it."""
    drawn = np.empty(len(chances), dtype=np.intp)
    contexts, kinds = cumulative.shape
    context, symbol = 0, start[0]
    for t in range(len(chances)):
        drawn[t] = start[t] if t < len(start) else symbol
        context = (context * kinds + drawn[t]) % contexts
        row = cumulative[context]
        symbol = min(np.searchsorted(row, chances[t] * row[-1], side="right"), kinds - 1)
    return drawn


_DRAW: dict[Surrogate, Callable[[Message, np.random.Generator], Message]] = {
    "rows": shuffle_rows,
    "markov": draw_chosen_chain,
    "phases": randomize_phases,
}
