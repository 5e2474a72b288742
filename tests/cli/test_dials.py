"""Options of a figure as texts of the command line."""

from dataclasses import dataclass
from typing import Annotated, Literal

import pytest

from lab.cli.console.arguments import parse_assignments, parse_column_map
from lab.cli.console.dials import describe_dials, parse_dials, read_flags
from lab.core.errors import InputError


@dataclass(frozen=True)
class Options:
    convention: Literal["params_total", "params_body"] = "params_total"
    band: bool = True
    level: Annotated[float, "0.5 to 0.99"] = 0.95
    bins: int = 10
    tokens: int | None = None


def test_flags_are_options_with_dashes_for_underscores() -> None:
    texts = read_flags(["--convention", "params_body", "--level=0.9", "--band", "--no-grid-lines", "--x", "1"])
    assert texts == {"convention": "params_body", "level": "0.9", "band": "true", "grid_lines": "false", "x": "1"}


def test_a_word_without_a_flag_is_refused() -> None:
    with pytest.raises(InputError, match="--study"):
        read_flags(["my-study"])


def test_texts_become_the_types_the_options_ask_for() -> None:
    texts = {"convention": "params_body", "band": "no", "level": "0.9", "bins": "7", "tokens": "2000000"}
    parsed = parse_dials(Options, texts, "figure")
    assert parsed == {"convention": "params_body", "band": False, "level": 0.9, "bins": 7, "tokens": 2_000_000}
    assert parse_dials(Options, {"tokens": "none"}, "figure") == {"tokens": None}


@pytest.mark.parametrize(
    ("texts", "message"),
    [({"levle": "1"}, "did you mean 'level'"), ({"bins": "many"}, "must be a int"), ({"band": "perhaps"}, "bool")],
)
def test_a_wrong_option_is_named(texts: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_dials(Options, texts, "figure")


def test_options_describe_themselves() -> None:
    assert list(describe_dials(Options))[:2] == ["convention=params_total (or params_body)", "band=True"]


def test_column_map_takes_symbols_and_names() -> None:
    assert parse_column_map("N=n_params, tokens=D,L=val") == {
        "params_total": "n_params",
        "tokens": "D",
        "loss_nats": "val",
    }
    assert parse_column_map("N=n", "params_body") == {"params_body": "n"}


@pytest.mark.parametrize("text", ["N", "N=", "=x", "N=a,N=b", "params_totl=n"])
def test_a_bad_column_map_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        parse_column_map(text)


def test_empty_assignments_are_none() -> None:
    assert parse_assignments("", "--map") == {}
