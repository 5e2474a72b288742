"""Equal content, equal hash; anything that is not a literal is refused."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.core.errors import InputError
from lab.core.fingerprint import canonical_json, canonicalize, hash_frame, hash_literal

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
LITERALS = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=12
)


@given(LITERALS)
def test_canonical_form_is_a_fixed_point(value: object) -> None:
    once = canonicalize(value)
    assert canonicalize(once) == once
    assert canonical_json(once) == canonical_json(value)


@given(st.dictionaries(st.text(), SCALARS, max_size=6), st.randoms())
def test_order_of_keys_does_not_count(table: dict[str, object], random: object) -> None:
    keys = list(table)
    random.shuffle(keys)  # type: ignore[attr-defined]
    assert hash_literal({k: table[k] for k in keys}) == hash_literal(table)


@given(st.integers(-(2**53) + 1, 2**53 - 1))
def test_a_whole_number_has_one_spelling(number: int) -> None:
    assert hash_literal(float(number)) == hash_literal(number)


@given(LITERALS, LITERALS)
def test_different_content_has_different_hashes(one: object, other: object) -> None:
    assert (hash_literal(one) == hash_literal(other)) == (canonical_json(one) == canonical_json(other))


def test_a_truth_is_not_a_number_and_a_number_no_text() -> None:
    assert len({hash_literal(v) for v in (True, 1, "1", [1], None, "None", False, 0)}) == 8


@pytest.mark.parametrize("value", [math.nan, math.inf, {1, 2}, np.zeros(2), len, b"bytes", object()])
def test_what_is_no_literal_is_refused_by_name(value: object) -> None:
    with pytest.raises(InputError, match=r"spec\.dials\[0\]"):
        canonicalize({"dials": [value]}, "spec")


def test_the_hash_is_the_same_on_every_machine() -> None:
    spec = {"runner": "train", "family": {"name": "lstm", "width": 32}, "learning_rate": 0.02}
    assert canonical_json(spec) == '{"family":{"name":"lstm","width":32},"learning_rate":0.02,"runner":"train"}'
    assert hash_literal(spec)[:16] == "c8ca23e8482ca86e"


def test_frames_differ_by_value_name_and_order_of_rows_and_not_by_index() -> None:
    frame = pd.DataFrame({"tokens": [1, 2], "family": ["lstm", "transformer"]})
    assert hash_frame(frame) == hash_frame(frame.set_axis([7, 9]))
    different = [frame[::-1], frame.rename(columns={"tokens": "flops"}), frame.assign(tokens=[1, 3]), frame[:1]]
    assert len({hash_frame(f) for f in [frame, *different]}) == 5
