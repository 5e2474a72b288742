"""The fact world: its answers are right as often as it says, form by form; recent facts are never told."""

from __future__ import annotations

import numpy as np
import pytest

from lab.core.errors import InputError
from lab.core.seeds import open_stream
from lab.data.fact_world import SHARES, FactWorld
from lab.data.facts.forms import END, IS, LETTERS, NONE, Documents, Form

WORLD = FactWorld(entities=16, skew=0.5, disputed=0.5)
FORMS: tuple[Form, ...] = ("state", "open", "choice", "none", "check")


def ask(form: Form, count: int = 20_000, **options: bool) -> Documents:
    return WORLD.teller.tell(open_stream(3, "test", form), form, count, **options)


@pytest.mark.parametrize("form", FORMS)
def test_an_answer_is_right_as_often_as_is_said(form: Form) -> None:
    asked = ask(form)
    assert asked.right_NK.sum(axis=1) == pytest.approx(1.0)
    rows = np.arange(len(asked.answer_N))
    for option in range(asked.options_NK.shape[1]):
        said, happened = asked.right_NK[:, option], asked.answer_N == option
        error = np.sqrt((said * (1 - said)).mean() / len(rows))
        assert abs((happened - said).mean()) < 4 * error + 1e-12
        weighed = said - said.mean()  # the same among those of higher probability
        error = np.sqrt((weighed**2 * said * (1 - said)).mean() / len(rows))
        assert abs((weighed * (happened - said)).mean()) < 4 * error + 1e-12
    assert (asked.tokens_NT[:, -1] == END).all()
    assert (asked.tokens_NT[:, -2] == asked.options_NK[rows, asked.answer_N]).all()


def test_evidence_is_what_counts_whatever_is_true() -> None:
    asked = ask("choice", known=False, evidence=True)
    rows = np.arange(len(asked.answer_N))
    assert (asked.right_NK[rows, asked.answer_N] == 1).all()
    letters_values = asked.tokens_NT[:, 4 + 3 : -3].reshape(len(rows), LETTERS, 2)
    assert (letters_values[rows, asked.answer_N, 1] == asked.tokens_NT[:, 3]).all(), "the answer is what the note said"
    true = WORLD.world.truth_EAV[asked.entity_N, asked.attribute_N].argmax(axis=1)
    said = asked.tokens_NT[:, 3] - WORLD.teller.first_value - asked.attribute_N * WORLD.values
    assert 0.05 < (true == said).mean() < 0.25, "a note says anything"


def test_a_choice_shows_four_different_values_and_the_last_may_be_none() -> None:
    for form, shown in (("choice", LETTERS), ("none", LETTERS - 1)):
        values = ask(form, 500).tokens_NT[:, 4:-3:2]  # type: ignore[arg-type]
        assert all(len(set(row)) == LETTERS for row in values)
        assert (values[:, shown:] == NONE).all()
        assert (ask(form, 500).tokens_NT[:, -3] == IS).all()  # type: ignore[arg-type]


def test_recent_facts_are_never_told_and_popular_entities_more_often() -> None:
    world, teller = WORLD.world, WORLD.teller
    for form, evidence in SHARES:
        asked = teller.tell(open_stream(0, "test"), form, 5000, evidence=evidence)
        assert world.known_EA[asked.entity_N, asked.attribute_N].all()
    recent = teller.tell(open_stream(0, "test"), "open", 500, known=False)
    assert not world.known_EA[recent.entity_N, recent.attribute_N].any()
    windows = WORLD.training_windows(0, 0, 200, 64)
    said = windows[(windows >= teller.first_entity) & (windows < teller.first_attribute)] - teller.first_entity
    counts = np.bincount(said, minlength=16) / len(said)
    assert np.abs(counts - world.popularity_E).max() < 0.05


def test_words_are_spelled_and_read() -> None:
    window = WORLD.training_windows(0, 0, 1, 64)[0]
    words = WORLD.spell(window)
    assert (WORLD.encode(words) == window).all() and " END " in words
    with pytest.raises(InputError, match="no word of this world"):
        WORLD.encode("ASK e99 a0 IS")


@pytest.mark.parametrize("dial", [{"values": 4}, {"recent": 0.95}, {"number": -1}, {"entities": 2}])
def test_a_wrong_dial_is_refused(dial: dict[str, float]) -> None:
    with pytest.raises(InputError, match="fact_world"):
        FactWorld(**dial)  # type: ignore[arg-type]
