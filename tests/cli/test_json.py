"""`--json`: one value on stdout that any parser reads, with the names that others build on."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from lab.cli.console.output import to_literal
from lab.core.estimate import Estimate
from tests.cli.driving import Terminal
from tests.cli.entries import LAW, write_entry
from tests.synthetic import SURFACE, make_tables

ESTIMATE = {"name", "value", "low", "high", "level", "unit", "method", "n"}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Somebody's runs with the lab's column names: no map is needed."""
    path = tmp_path_factory.mktemp("file") / "runs.csv"
    table = make_tables().runs
    table[table["stage"] == "grid"].to_csv(path, index=False)
    return path


def read_json(terminal: Terminal, *arguments: str | Path, code: int = 0) -> Any:
    done = terminal.run(*arguments, "--json")
    assert done.returncode == code, done.stderr

    def refuse_constant(name: str) -> None:
        raise AssertionError(f"{name} is not JSON")

    return json.loads(done.stdout, parse_constant=refuse_constant)


def check_fit(fit: dict[str, Any]) -> None:
    assert {"law", "status", "objective", "estimates", "data"} <= set(fit)
    assert fit["status"] in {"converged", "bound hit", "unidentified", "refused", "failed"}
    assert all(set(estimate) >= ESTIMATE for estimate in fit["estimates"])


def test_one_law(terminal: Terminal, runs: Path) -> None:
    fit = read_json(terminal, "fit", runs, "--law", "chinchilla")
    check_fit(fit)
    assert fit["law"] == "chinchilla"
    assert fit["status"] == "converged"
    estimates = {estimate["name"]: estimate for estimate in fit["estimates"]}
    for name in ("alpha", "beta", "E"):
        assert estimates[name]["low"] <= SURFACE[name] <= estimates[name]["high"], name
        assert estimates[name]["n"] == 15  # trunks: five sizes, three seeds


def test_standard_set(terminal: Terminal, runs: Path) -> None:
    answer = read_json(terminal, "fit", runs)
    assert answer["study"] == "runs"
    assert {fit["law"] for fit in answer["fits"]} >= {"power", "pure_power", "chinchilla"}
    for fit in answer["fits"]:
        check_fit(fit)


def test_columns_of_another_name_give_the_same_fit(terminal: Terminal, runs: Path) -> None:
    renamed = {"params_total": "n_params", "tokens": "D", "loss_nats": "val loss"}
    theirs = terminal.folder / "theirs.csv"
    pd.read_csv(runs)[[*renamed, "trunk_key", "seed"]].rename(columns=renamed).to_csv(theirs, index=False)
    ours = read_json(terminal, "fit", runs, "--law", "chinchilla")
    mapped = read_json(terminal, "fit", theirs, "--law", "chinchilla", "--map", "N=n_params,D=D,L=val loss")
    for mine, yours in zip(ours["estimates"], mapped["estimates"], strict=True):
        assert mine["name"] == yours["name"]
        assert [yours[end] for end in ("value", "low", "high")] == pytest.approx(
            [mine[end] for end in ("value", "low", "high")], rel=1e-5
        )


def test_convention_changes_the_size(terminal: Terminal, runs: Path) -> None:
    total = read_json(terminal, "fit", runs, "--law", "power")
    body = read_json(terminal, "fit", runs, "--law", "power", "--convention", "params_body")
    assert total["estimates"] != body["estimates"]


def test_shelves(terminal: Terminal) -> None:
    families = read_json(terminal, "list", "families")["shelves"]["families"]
    assert {"lstm", "transformer"} <= {family["name"] for family in families}
    assert all({"name", "summary", "path", "builtin", "shadows"} == set(family) for family in families)


def test_doctor(terminal: Terminal) -> None:
    answer = read_json(terminal, "doctor")
    assert answer["ok"] is True
    names = {check["name"] for check in answer["checks"]}
    assert {"python", "torch", "processor", "chromium", "disk", "store", "LAB_PATH"} <= names


def test_literals() -> None:
    value = {
        "nan": math.nan,
        "infinite": -math.inf,
        "number": np.float64(1.5),
        "array": np.array([1.0, np.nan]),
        "path": Path("a/b"),
        1: (True, None),
        "estimate": Estimate("alpha", 0.3, 0.2, math.inf, n=5),
    }
    literal = to_literal(value)
    assert json.loads(json.dumps(literal, allow_nan=False)) == literal
    assert literal["nan"] is None
    assert literal["array"] == [1.0, None]
    assert literal["estimate"]["high"] == "unbounded"
    assert literal["1"] == [True, None]


def test_law_of_ones_own_is_one_file(terminal: Terminal, runs: Path) -> None:
    environment = write_entry(terminal.folder, "scaling/laws", "logarithmic", LAW)
    done = terminal.run("fit", runs, "--law", "logarithmic", "--json", **environment)
    assert done.returncode == 0, done.stderr
    fit = json.loads(done.stdout)
    check_fit(fit)
    assert (fit["law"], fit["status"]) == ("logarithmic", "converged")
    assert {estimate["name"] for estimate in fit["estimates"]} >= {"a", "b"}
