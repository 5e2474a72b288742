"""How facts are told and asked: documents of fixed length for each form, and the right probability of every answer.

Forms, in tokens (e an entity, a an attribute, v one of its values; every document ends with `END`):

    state    SAYS e a v | OF a e v                            two paraphrases
    open     ASK e a IS v | WHICH a e IS v                    two paraphrases; the answer is a value
    choice   CHOOSE e a  A v  B v  C v  D v  IS letter        one of the four is right, three distract
    none     CHOOSE e a  A v  B v  C v  D NONE  IS letter     none of them is right a quarter of the times
    check    CHECK e a v IS yes | no                          v is right half of the times

With evidence a document follows a note, NOTE e a v, that may say anything: the answer is then what the note says.
Shapes: N documents, T tokens, K options, V values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from lab.data.facts import World, draw_rows

Form = Literal["state", "open", "choice", "none", "check"]
MARKS = ("END", "SAYS", "OF", "ASK", "WHICH", "CHOOSE", "CHECK", "NOTE", "IS", "NONE", "yes", "no", "A", "B", "C", "D")
END, SAYS, OF, ASK, WHICH, CHOOSE, CHECK, NOTE, IS, NONE, YES, NO, FIRST_LETTER = range(13)
LETTERS = len(MARKS) - FIRST_LETTER
NONE_IS_RIGHT = 1 / LETTERS


@dataclass(frozen=True)
class Documents:
    """N documents of one form, each with its answer.

    `tokens_NT`: whole documents; the answer is their last token but one. `options_NK`: the tokens that may be it;
    `right_NK`: the probability of each, given the question and the world; `answer_N`: which one it is, by that chance.
    `entity_N`, `attribute_N`: what it is about.
    """

    tokens_NT: np.ndarray
    options_NK: np.ndarray
    right_NK: np.ndarray
    answer_N: np.ndarray
    entity_N: np.ndarray
    attribute_N: np.ndarray

    @property
    def prompts(self) -> np.ndarray:
        """The documents up to their answer, (N, T − 2)."""
        return self.tokens_NT[:, :-2]


class Teller:
    """Writes documents about a world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.first_entity = len(MARKS)
        self.first_attribute = self.first_entity + world.shape[0]
        self.first_value = self.first_attribute + world.shape[1]

    @property
    def vocabulary(self) -> int:
        """Marks, entities, attributes, and the values of each attribute."""
        return self.first_value + self.world.shape[1] * self.world.shape[2]

    def tell(
        self, rng: np.random.Generator, form: Form, count: int, known: bool = True, evidence: bool = False
    ) -> Documents:
        """`count` documents of a form, about facts that are `known` or not; `evidence` stands before choices alone."""
        entity, attribute = self.world.draw_subjects(rng, count, known)
        return self.tell_of(rng, form, entity, attribute, evidence)

    def tell_of(
        self, rng: np.random.Generator, form: Form, entity: np.ndarray, attribute: np.ndarray, evidence: bool = False
    ) -> Documents:
        """A document of a form about each of these facts."""
        values = self.world.shape[2]
        truth_NV = self.world.truth_EAV[entity, attribute]
        if evidence:
            said = rng.integers(values, size=len(entity))
            truth_NV = np.eye(values)[said]
        answer = draw_rows(rng, truth_NV)
        names = self.first_entity + entity, self.first_attribute + attribute
        if form in ("state", "open"):
            question = self._ask_value(rng, form == "open", names, attribute, truth_NV, answer)
        elif form == "check":
            question = self._ask_whether(rng, names, attribute, truth_NV, answer)
        else:
            question = self._ask_which(rng, form == "none", names, attribute, truth_NV, answer)
        head = [np.full(len(entity), NOTE), *names, self._value(attribute, answer)] if evidence else []
        spoken = np.take_along_axis(question.options, question.answer[:, None], axis=1)[:, 0]
        tokens = np.stack([*head, *question.tokens, spoken, np.full(len(entity), END)], axis=1).astype(np.int64)
        return Documents(tokens, question.options, question.right, question.answer, entity, attribute)

    def check(self, entity: np.ndarray, attribute: np.ndarray, value: np.ndarray) -> np.ndarray:
        """Prompts that ask whether these are the values of these facts, (N, T)."""
        names = self.first_entity + entity, self.first_attribute + attribute
        marks = np.full(len(entity), CHECK), np.full(len(entity), IS)
        return np.stack([marks[0], *names, self._value(attribute, value), marks[1]], axis=1).astype(np.int64)

    def name(self, token: int) -> str:
        """A token in words."""
        if token < self.first_entity:
            return MARKS[token]
        if token < self.first_attribute:
            return f"e{token - self.first_entity}"
        if token < self.first_value:
            return f"a{token - self.first_attribute}"
        attribute, value = divmod(token - self.first_value, self.world.shape[2])
        return f"a{attribute}={value}"

    def _value(self, attribute: np.ndarray, value: np.ndarray) -> np.ndarray:
        tokens: np.ndarray = self.first_value + attribute * self.world.shape[2] + value
        return tokens

    def _ask_value(
        self,
        rng: np.random.Generator,
        asks: bool,
        names: Names,
        attribute: np.ndarray,
        truth_NV: np.ndarray,
        answer: np.ndarray,
    ) -> _Question:
        turned = rng.random(len(answer)) < 0.5
        first, second = (np.where(turned, *pair) for pair in (names[::-1], names))
        marks = (WHICH, ASK) if asks else (OF, SAYS)
        asked = [np.where(turned, *marks), first, second, *([np.full(len(answer), IS)] if asks else [])]
        values = np.arange(truth_NV.shape[1])
        return _Question(asked, self._value(attribute[:, None], values[None]), truth_NV, answer)

    def _ask_whether(
        self, rng: np.random.Generator, names: Names, attribute: np.ndarray, truth_NV: np.ndarray, answer: np.ndarray
    ) -> _Question:
        """The odds of yes for a value shown are p to (1 − p)/(V − 1), p its truth: it may be another's foil."""
        N, V = truth_NV.shape
        false: np.ndarray = rng.random((N,)) < 0.5
        shown = np.where(false, (answer + rng.integers(1, V, size=N)) % V, answer)
        truth_N = truth_NV[np.arange(N), shown]
        yes = truth_N / (truth_N + (1 - truth_N) / (V - 1))
        asked = [np.full(N, CHECK), *names, self._value(attribute, shown), np.full(N, IS)]
        options = np.tile(np.array([YES, NO]), (N, 1))
        return _Question(asked, options, np.stack([yes, 1 - yes], axis=1), false.astype(np.int64))

    def _ask_which(
        self,
        rng: np.random.Generator,
        with_none: bool,
        names: Names,
        attribute: np.ndarray,
        truth_NV: np.ndarray,
        answer: np.ndarray,
    ) -> _Question:
        """The answer at a random place among others drawn without replacement; or, `with_none`, perhaps not at all."""
        N, V = truth_NV.shape
        rows, K = np.arange(N), LETTERS - with_none
        foils = rng.random((N, V))
        foils[rows, answer] = np.inf
        shown: np.ndarray = foils.argsort(axis=1)[:, :K]
        place: np.ndarray = rng.integers(K, size=(N,))
        absent = (rng.random((N,)) < NONE_IS_RIGHT) & with_none
        shown[rows[~absent], place[~absent]] = answer[~absent]
        odds = np.take_along_axis(truth_NV, shown, axis=1)
        if with_none:
            missing = NONE_IS_RIGHT * (1 - odds.sum(axis=1)) / (V - K)
            odds = np.column_stack([odds * (1 - NONE_IS_RIGHT) / K, missing])
        letters = np.arange(FIRST_LETTER, FIRST_LETTER + LETTERS)
        tokens = [self._value(attribute, column) for column in shown.T] + [np.full(N, NONE)] * with_none
        listed = [part for letter, token in zip(letters, tokens, strict=True) for part in (np.full(N, letter), token)]
        asked = [np.full(N, CHOOSE), *names, *listed, np.full(N, IS)]
        right = odds / odds.sum(axis=1, keepdims=True)
        return _Question(asked, np.tile(letters, (N, 1)), right, np.where(absent, K, place))


Names = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class _Question:
    """`tokens` up to the answer, a column each (N,); what may be answered, how likely that is right, and the answer."""

    tokens: list[np.ndarray]
    options: np.ndarray
    right: np.ndarray
    answer: np.ndarray
