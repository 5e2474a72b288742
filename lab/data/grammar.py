"""Sentences of a context-free grammar with probabilities, one after another, with the exact law of the next token.

Three languages, each unambiguous, so that the entropy of a sentence is that of its derivation (Grenander 1967) and
h = H(sentence) / E[tokens] in closed form:

- palindromes: even ones of random symbols; where the middle lies shows only at the end, so the law of the next token
  is a sum over parses, and no stack machine without guesses knows it;
- brackets: balanced ones of several kinds (Dyck's language, Chomsky and Schützenberger 1963);
- expressions: ( variable operator variable ) with nested ones in place of variables.

The true loss is by inside and prefix probabilities (Jelinek and Lafferty 1991), `lab.data.chains.phrases`. What a
context-free grammar needs of a learner beyond statistics of neighbours: Allen-Zhu and Li 2023, arXiv 2305.13673.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, get_args

import numpy as np

from lab.core.errors import InputError, UnknownNameError
from lab.core.fingerprint import hash_literal
from lab.core.seeds import open_stream
from lab.data.chains import Process
from lab.data.chains.phrases import CUT, START, PhraseGrammar, Rule, split_sentences

Language = Literal["palindromes", "brackets", "expressions"]
SENTENCES_AT_ONCE = 1024
MOST_RECURSION = 0.4  # at 0.5 brackets and expressions have no mean length


@dataclass(frozen=True)
class Grammar(Process):
    """`language`: which grammar; `symbols`: letters, kinds of brackets or variables; `recursion`: odds to go deeper.

    The last token of the vocabulary is the stop after every sentence.
    """

    language: Language = "palindromes"
    symbols: int = 3
    recursion: float = 0.3
    known = "The law of the next token and h = H(derivation) / E[tokens]; E and C_μ are not worked out."

    def __post_init__(self) -> None:
        if self.language not in get_args(Language):
            raise UnknownNameError.among("grammar.language", self.language, get_args(Language))
        if not 2 <= self.symbols <= 16:
            raise InputError("grammar.symbols", self.symbols, "lies in 2 … 16")
        if not 0 < self.recursion <= MOST_RECURSION:
            raise InputError("grammar.recursion", self.recursion, f"lies above 0 and at most at {MOST_RECURSION}")

    @property
    def vocabulary(self) -> int:
        """The language's tokens and the stop."""
        return {"palindromes": self.symbols, "brackets": 2 * self.symbols, "expressions": self.symbols + 4}[
            self.language
        ] + 1

    @property
    def entropy_rate(self) -> float:  # type: ignore[override]
        """Nats per token, exact: sentences are independent and each has one derivation."""
        totals = _make_grammar(self).totals
        return totals.entropy / totals.tokens

    def list_rules(self) -> list[Rule]:
        """The rules that derive a phrase, in Chomsky's normal form."""
        if self.language == "expressions":
            return list(_list_expressions(self.symbols, self.recursion))
        return list(_list_pairs(self.symbols, self.recursion, self.language == "brackets"))

    def content_hash(self) -> str:
        """SHA-256 of the dials and the version: they determine every symbol."""
        return hash_literal(["grammar", self.version, self.language, self.symbols, self.recursion])

    def open_windows(self, seed: int, block: int) -> np.random.Generator:
        """A stream of this source's own."""
        return open_stream(seed, "grammar", self.language, "windows", block)

    def draw_windows(self, rng: np.random.Generator, count: int, window: int) -> np.ndarray:
        """Independent windows, each from a random token of the stream on."""
        sentences = self._derive_sentences(rng)
        heads = _make_grammar(self).derive(rng, CUT, count)
        return np.stack([_fill(head, sentences, window + 1) for head in heads])

    def _draw(self, length: int, seed: int) -> np.ndarray:
        rng = open_stream(seed, "grammar", self.language, "draw")
        return _fill(_make_grammar(self).derive(rng, CUT, 1)[0], self._derive_sentences(rng), length)

    def _derive_sentences(self, rng: np.random.Generator) -> Iterator[np.ndarray]:
        while True:
            yield from _make_grammar(self).derive(rng, START, SENTENCES_AT_ONCE)

    def true_loss(self, windows_WT: np.ndarray) -> np.ndarray:
        """Exact: the first piece is the rest of a cut sentence, every other one begins a sentence."""
        pieces = [split_sentences(window, self.vocabulary - 1) for window in windows_WT]
        heads = self._price({window[0].tobytes(): window[0] for window in pieces}, CUT)
        whole = self._price({piece.tobytes(): piece for window in pieces for piece in window[1:]}, START)
        rows = [
            np.concatenate([heads[window[0].tobytes()], *(whole[piece.tobytes()] for piece in window[1:])])
            for window in pieces
        ]
        return np.stack(rows)[:, 1:]

    def _price(self, pieces: dict[bytes, np.ndarray], symbol: str) -> dict[bytes, np.ndarray]:
        """−log P(token | those before it in the piece) of different pieces, infinite from the impossible on."""
        logs = _make_grammar(self).weigh_prefixes(symbol, list(pieces.values()))
        with np.errstate(invalid="ignore"):
            steps = [-np.diff(log, prepend=0.0) for log in logs]
        return {key: np.where(np.isnan(step), np.inf, step) for key, step in zip(pieces, steps, strict=True)}


source = Grammar


def _list_expressions(variables: int, recursion: float) -> Iterator[Rule]:
    for variable in range(variables):
        yield ("phrase", variable, (1 - recursion) / variables)
    yield ("phrase", ("(", "sum"), recursion)
    yield ("sum", ("phrase", "tail"), 1.0)
    yield ("tail", ("operator", "end"), 1.0)
    yield ("end", ("phrase", ")"), 1.0)
    yield from [("(", variables, 1.0), (")", variables + 1, 1.0)]
    yield from [("operator", variables + 2, 0.5), ("operator", variables + 3, 0.5)]


def _list_pairs(kinds: int, recursion: float, chained: bool) -> Iterator[Rule]:
    """Pairs around nothing or a phrase. Chained, a phrase is one or more pairs, each closed by a token of its own."""
    pair = "pair" if chained else "phrase"
    for kind in range(kinds):
        opening, closing, inner = f"{kind}", f"{kind})" if chained else f"{kind}", f"{kind} inner"
        yield (opening, kind, 1.0)
        yield (inner, ("phrase", closing), 1.0)
        made = [((opening, closing), (1 - recursion) / kinds), ((opening, inner), recursion / kinds)]
        yield from ((pair, children, chance) for children, chance in made)
        if chained:
            yield (closing, kinds + kind, 1.0)
            yield from (("phrase", children, (1 - recursion) * chance) for children, chance in made)
    if chained:
        yield ("phrase", (pair, "phrase"), recursion)


def _fill(head: np.ndarray, sentences: Iterator[np.ndarray], length: int) -> np.ndarray:
    """The head and sentences after it, cut to a length."""
    pieces, have = [head], len(head)
    while have < length:
        pieces.append(next(sentences))
        have += len(pieces[-1])
    return np.concatenate(pieces)[:length]


@lru_cache(maxsize=8)
def _make_grammar(dials: Grammar) -> PhraseGrammar:
    return PhraseGrammar(dials.list_rules(), dials.vocabulary)
