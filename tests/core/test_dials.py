"""Dials: built from literals, checked by type, left out of the identity at their default."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.core.dials import build_from_dials, changed_dials
from lab.core.errors import InputError, UnknownNameError


@dataclass(frozen=True)
class Dials:
    width: int
    rate: float = 0.1
    kind: Literal["plain", "gated"] = "plain"
    layers: int | None = None
    powers: tuple[int, ...] = (1,)
    tied: bool = False
    folder: str = field(default="", metadata={"identity": False})


@given(
    st.fixed_dictionaries(
        {"width": st.integers()},
        optional={
            "rate": st.floats(allow_nan=False, allow_infinity=False),
            "kind": st.sampled_from(["plain", "gated"]),
            "layers": st.none() | st.integers(),
            "powers": st.lists(st.integers()).map(tuple),
            "tied": st.booleans(),
        },
    )
)
def test_changed_dials_rebuild_the_instance(dials: dict[str, object]) -> None:
    built = build_from_dials(Dials, dials, "dials")
    changed = changed_dials(built)
    assert build_from_dials(Dials, changed, "dials") == built
    defaults = Dials(width=0)
    assert all(name == "width" or value != getattr(defaults, name) for name, value in changed.items())


def test_a_default_written_out_is_no_identity() -> None:
    assert changed_dials(build_from_dials(Dials, {"width": 8, "rate": 0.1, "folder": "/x"}, "dials")) == {"width": 8}


@pytest.mark.parametrize(
    ("dials", "named"),
    [
        ({"width": 8, "wdith": 1}, "wdith"),
        ({}, "width"),
        ({"width": "8"}, "dials.width"),
        ({"width": 8.5}, "dials.width"),
        ({"width": True}, "dials.width"),
        ({"width": 8, "rate": "fast"}, "dials.rate"),
        ({"width": 8, "kind": "gatd"}, "did you mean 'gated'"),
        ({"width": 8, "kind": 3}, "dials.kind"),
        ({"width": 8, "layers": "two"}, "dials.layers"),
        ({"width": 8, "powers": [1, "2"]}, "dials.powers"),
        ({"width": 8, "tied": 1}, "dials.tied"),
    ],
)
def test_a_wrong_dial_is_named(dials: dict[str, object], named: str) -> None:
    with pytest.raises(InputError, match=named):
        build_from_dials(Dials, dials, "dials")


def test_an_unknown_dial_suggests_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'width'"):
        build_from_dials(Dials, {"widht": 1}, "dials")
