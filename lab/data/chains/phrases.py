"""Streams of sentences of a context-free grammar with probabilities, and the exact law of the next token.

Rules are in Chomsky's normal form, A → C D or A → token. Inside probabilities P(A ⇒ w_i…w_k) are Baker's (1979),
prefix probabilities P(A ⇒ w_i…w_k …) those of Jelinek and Lafferty (1991, Computational Linguistics 17:315): with
Q = (1 − P)⁻¹ of the left corners P(A, C) = Σ_D p(A → C D),

    prefix(A; i, k) = Σ_B Q(A, B) [Σ p(B → C D) Σ_j inside(C; i, j) prefix(D; j + 1, k)],    lexical at i = k.

A stream seen from a random place begins within a sentence. What is left of that sentence is a language of the same
kind: up the spine from the leaf, A is the left child of B with odds e_B p(B → A D) / e_A, e being expected numbers in a
sentence, and leaves D and then what B leaves: one more rule, rest(A) → D rest(B). So the true loss of a stationary
window is exact too. Shapes: B sentences, T tokens, N symbols of the grammar, R rules.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from lab.data.chains.unifilar import measure_entropy

Rule = tuple[str, tuple[str, str] | int, float]
"""(parent, children or token, probability)."""
START, STOP, CUT = "sentence", "stop", "cut"
"""Symbols every grammar has: a sentence with its stop, the stop, and the rest of a sentence from a random leaf on."""
CHART_NUMBERS = 2**22


@dataclass(frozen=True)
class Totals:
    """Of one sentence with its stop: entropy of its derivation in nats, and expected tokens."""

    entropy: float
    tokens: float


class PhraseGrammar:
    """A proper, subcritical grammar over `tokens` tokens, of which the last one is the stop, closed to a stream.

    `rules` derive 'phrase'; the stop and the rest of a cut sentence are added here.
    """

    def __init__(self, rules: Sequence[Rule], tokens: int) -> None:
        rules = [(START, ("phrase", STOP), 1.0), (STOP, tokens - 1, 1.0), *rules]
        whole = _Tables(rules, tokens)
        counts = np.linalg.solve(np.eye(len(whole.names)) - whole.children.T, whole.unit(START))
        leaves = counts * whole.lexical_NV.sum(axis=1)
        entropies = np.linalg.solve(np.eye(len(whole.names)) - whole.children, whole.measure_choice())
        self.totals = Totals(float(entropies[whole.index[START]]), float(leaves.sum()))
        self._tables = _Tables([*rules, *_list_rests(whole, counts, leaves / leaves.sum())], tokens)

    def derive(self, rng: np.random.Generator, symbol: str, count: int) -> list[np.ndarray]:
        """Independent strings of a symbol, int64 each; all derivations advance together, leftmost symbol first."""
        tables = self._tables
        stack_BD = np.full((count, 16), tables.index[symbol])
        depth_B = np.ones(count, dtype=np.int64)
        lanes, emitted = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        alive = np.arange(count)
        while len(alive):
            depth_B[alive] -= 1
            top = stack_BD[alive, depth_B[alive]]
            choice = np.searchsorted(tables.steps, top + rng.random(len(alive)), side="right")
            choice = np.minimum(choice, tables.last_N[top])
            token, splits = tables.token_C[choice], tables.token_C[choice] < 0
            lanes.append(alive[~splits])
            emitted.append(token[~splits])
            grown, chosen = alive[splits], choice[splits]
            if len(grown) and depth_B[grown].max() + 2 > stack_BD.shape[1]:
                stack_BD = np.concatenate([stack_BD, np.zeros_like(stack_BD)], axis=1)
            stack_BD[grown, depth_B[grown]] = tables.right_C[chosen]
            stack_BD[grown, depth_B[grown] + 1] = tables.left_C[chosen]
            depth_B[grown] += 2
            alive = alive[depth_B[alive] > 0]
        lane, token = np.concatenate(lanes), np.concatenate(emitted)
        order = np.argsort(lane, kind="stable")
        return np.split(token[order], np.cumsum(np.bincount(lane, minlength=count))[:-1])

    def weigh_prefixes(self, symbol: str, strings: Sequence[np.ndarray]) -> list[np.ndarray]:
        """log P(symbol ⇒ w_1 … w_k …) for every k: a float64 array (T,) for each of the strings (T,)."""
        order = sorted(range(len(strings)), key=lambda i: len(strings[i]))
        found: dict[int, np.ndarray] = {}
        while order:
            longest = len(strings[order[-1]])
            at_once = max(1, CHART_NUMBERS // (longest**2 * len(self._tables.names)))
            chunk, order = order[-at_once:], order[:-at_once]
            padded_BT = np.stack([np.pad(strings[i], (0, longest - len(strings[i]))) for i in chunk])
            with np.errstate(divide="ignore"):
                logs_BT = np.log(self._fill_charts(padded_BT)[:, :, self._tables.index[symbol]].T)
            found |= {i: logs_BT[row, : len(strings[i])] for row, i in enumerate(chunk)}
        return [found[i] for i in range(len(strings))]

    def _fill_charts(self, tokens_BT: np.ndarray) -> np.ndarray:
        """Prefix probabilities of every symbol from the first token on, shape (T, B, N)."""
        tables, (batch, length) = self._tables, tokens_BT.shape
        inside_TTBN = np.zeros((length, length, batch, len(tables.names)))
        prefix_TTBN = np.zeros_like(inside_TTBN)
        for i in range(length - 1, -1, -1):
            lexical_BN = tables.lexical_NV.T[tokens_BT[:, i]]
            inside_TTBN[i, i], prefix_TTBN[i, i] = lexical_BN, lexical_BN @ tables.corners.T
            for k in range(i + 1, length):
                left_JBR = inside_TTBN[i, i:k][..., tables.left]
                for chart, close in ((inside_TTBN, None), (prefix_TTBN, tables.corners.T)):
                    split_BR = np.einsum("jbr,jbr->br", left_JBR, chart[i + 1 : k + 1, k][..., tables.right])
                    spans_BN = split_BR @ tables.parents
                    chart[i, k] = spans_BN if close is None else spans_BN @ close
        from_first: np.ndarray = prefix_TTBN[0]
        return from_first


def split_sentences(tokens: np.ndarray, stop: int) -> list[np.ndarray]:
    """A stretch of the stream cut after every stop, the last piece perhaps without one; none is empty."""
    pieces = np.split(tokens, np.flatnonzero(tokens == stop) + 1)
    return pieces if len(pieces[-1]) else pieces[:-1]


class _Tables:
    """Rules as arrays, by the index of a symbol."""

    def __init__(self, rules: Sequence[Rule], tokens: int) -> None:
        self.names = list(dict.fromkeys(rule[0] for rule in rules))
        self.index = {name: i for i, name in enumerate(self.names)}
        size = len(self.names)
        rules = sorted(rules, key=lambda rule: self.index[rule[0]])
        binary = [(self.index[a], self.index[c[0]], self.index[c[1]], p) for a, c, p in rules if isinstance(c, tuple)]
        self.lexical_NV = np.zeros((size, tokens))
        for name, token, chance in rules:
            if not isinstance(token, tuple):
                self.lexical_NV[self.index[name], token] += chance
        self.parent, self.left, self.right = (np.array([rule[i] for rule in binary], np.int64) for i in range(3))
        self.chance = np.array([rule[3] for rule in binary])
        self.parents = np.zeros((len(binary), size))  # (R, N): the rule's probability at its parent
        self.parents[np.arange(len(binary)), self.parent] = self.chance
        left_NN, right_NN = np.zeros((size, size)), np.zeros((size, size))
        np.add.at(left_NN, (self.parent, self.left), self.chance)
        np.add.at(right_NN, (self.parent, self.right), self.chance)
        self.children = left_NN + right_NN  # expected children
        self.corners = np.linalg.inv(np.eye(size) - left_NN)
        self._index_choices(rules)

    def _index_choices(self, rules: Sequence[Rule]) -> None:
        """Every rule a choice of its parent: symbol index + cumulative probability, so that one search draws a rule."""
        owner = np.array([self.index[rule[0]] for rule in rules])
        total = np.cumsum([rule[2] for rule in rules])
        self.last_N = np.searchsorted(owner, np.arange(len(self.names)), side="right") - 1
        before = np.concatenate([[0.0], total[self.last_N[:-1]]])
        self.steps = owner + np.minimum(total - before[owner], 1.0)
        self.steps[self.last_N] = np.arange(len(self.names)) + 1.0
        self.token_C = np.array([-1 if isinstance(made, tuple) else made for _, made, _ in rules])
        pairs = [made if isinstance(made, tuple) else (rules[0][0],) * 2 for _, made, _ in rules]
        self.left_C, self.right_C = np.array([[self.index[c], self.index[d]] for c, d in pairs]).T

    def unit(self, name: str) -> np.ndarray:
        """The unit vector of a symbol."""
        vector: np.ndarray = np.eye(len(self.names))[self.index[name]]
        return vector

    def measure_choice(self) -> np.ndarray:
        """H of every symbol's choice of rule, nats, (N,)."""
        binary = np.zeros((len(self.names), len(self.chance)))
        binary[self.parent, np.arange(len(self.chance))] = self.chance
        return measure_entropy(np.hstack([binary, self.lexical_NV]))


def _list_rests(whole: _Tables, counts: np.ndarray, leaves: np.ndarray) -> Iterator[Rule]:
    """The rules of a cut sentence: a leaf by its share, then what each symbol of the spine above it leaves."""
    size, stop, start = len(whole.names), whole.index[STOP], whole.index[START]
    climbs = np.zeros((size, size))  # A is the right child of B: it leaves what B leaves
    shares = counts[whole.parent] * whole.chance
    np.add.at(climbs, (whole.right, whole.parent), shares / counts[whole.right])
    climbs[stop] = 0.0
    reach = np.linalg.inv(np.eye(size) - climbs)
    for a in range(size):
        name = whole.names[a]
        if a in (start, stop):
            continue
        for rule, (b, left, right) in enumerate(zip(whole.parent, whole.left, whole.right, strict=True)):
            odds = float(reach[a, left] * shares[rule] / counts[left])
            if odds > 0:
                made = int(whole.lexical_NV.shape[1] - 1) if b == start else (whole.names[right], f"{whole.names[b]}′")
                yield (f"{name}′", made, odds)
        if leaves[a] > 0:
            yield (CUT, (f"{name}°", f"{name}′"), float(leaves[a]))
            mass = whole.lexical_NV[a].sum()
            yield from (
                (f"{name}°", int(v), float(whole.lexical_NV[a, v] / mass)) for v in np.flatnonzero(whole.lexical_NV[a])
            )
    yield (CUT, int(whole.lexical_NV.shape[1] - 1), float(leaves[stop]))
