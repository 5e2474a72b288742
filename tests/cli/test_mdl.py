"""`lab mdl`, driven for real: a source, a table of two columns, JSON and refusals."""

from __future__ import annotations

import json

import numpy as np

from tests.cli.driving import Terminal


def test_a_source_is_described_and_its_order_found(terminal: Terminal) -> None:
    done = terminal.run("mdl", "golden_mean", "--length", "3000", "--orders", "0-2", "--json")
    assert done.returncode == 0, done.stderr
    panel = json.loads(done.stdout)
    assert panel["codes"]["bayes_jeffreys"]["order"] == 1
    assert panel["codes"]["nml"]["bits"]["2"] is None, "exact at orders 0 and 1 alone"
    assert abs(panel["codes"]["nml"]["bits"]["1"] - panel["codes"]["nml_asymptotic"]["bits"]["1"]) < 1
    total = panel["codes"]["bayes_jeffreys"]["total"]
    assert 0.6 * 3000 < total["value"] < 0.75 * 3000 and total["unit"] == "bits"
    assert 0 < panel["codes"]["two_part"]["regret_bits"]["1"] < 60
    assert set(panel["codes"]["switch"]["bits"]) == {"all"}
    assert panel["compared_order"] == 1
    for code in panel["codes"].values():
        assert abs(code["total_regret_bits"] + panel["hindsight_bits"]["1"] - code["total"]["value"]) < 1e-9


def test_a_table_of_two_columns(terminal: Terminal) -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, 200)
    y = 1 - 2 * x**2 + 0.2 * rng.standard_normal(200)
    lines = [f"{a},{b}" for a, b in zip(x, y, strict=True)]
    (terminal.folder / "curve.csv").write_text("\n".join(["time,height", *lines]))
    done = terminal.run("mdl", "curve.csv", "--model", "polynomial", "--columns", "time,height", "--orders", "0-5")
    assert done.returncode == 0, done.stderr
    rows = {line.split()[0]: line.split() for line in done.stdout.splitlines() if line.strip().startswith("nml")}
    assert rows["nml"][1] == "2" and "hindsight" in done.stdout
    assert float(rows["nml"][2]) > 0 and "told to a precision of" in done.stdout
    assert "not above the noise" in terminal.refuse(
        "mdl", "curve.csv", "--model", "polynomial", "--columns", "time,height", "--precision", "3"
    )


def test_normal_values_on_a_domain(terminal: Terminal) -> None:
    heights = np.random.default_rng(0).normal(171, 8, 100).round(1)
    (terminal.folder / "heights.csv").write_text("\n".join(["height", *map(str, heights)]))
    given = ("mdl", "heights.csv", "--model", "normal", "--columns", "height", "--precision", "0.1")
    done = terminal.run(*given, "--domain", "300,1,100", "--json")
    assert done.returncode == 0, done.stderr
    panel = json.loads(done.stdout)
    assert panel["parameters"] == {"0": 2} and panel["precision"] == 0.1
    entropy = 100 * np.log2(np.sqrt(2 * np.pi * np.e) * heights.std() / 0.1)
    assert abs(panel["hindsight_bits"]["0"] - entropy) < 1e-6
    exact, asymptotic = (panel["codes"][code]["regret_bits"]["0"] for code in ("nml", "nml_asymptotic"))
    assert abs(exact - asymptotic) < 0.1 and 10 < exact < 20
    assert "a wider domain" in terminal.refuse(*given, "--domain", "100,1,100")
    assert "--domain 100" in terminal.refuse(*given)


def test_refusals(terminal: Terminal) -> None:
    assert "example 0-4" in terminal.refuse("mdl", "bernoulli", "--orders", "few")
    assert "did you mean 'polynomial'" in terminal.refuse("mdl", "bernoulli", "--model", "polynom")
    assert "orders reach to 16" in terminal.refuse("mdl", "bernoulli", "--orders", "0-999999999999")
    (terminal.folder / "long").write_bytes(bytes(2**20 + 1))
    assert "describe a part with --length" in terminal.refuse("mdl", "long")
    (terminal.folder / "short").write_bytes(b"ab")
    assert "longer than the largest order" in terminal.refuse("mdl", "short")
    (terminal.folder / "words.csv").write_text("x,y\n1,2\n2,b\n3,4\n4,5\n")
    assert "every x and y is a number" in terminal.refuse("mdl", "words.csv", "--model", "polynomial", "--orders", "0")
    (terminal.folder / "curve.csv").write_text("x,z\n1,2\n")
    assert "column of curve.csv" in terminal.refuse("mdl", "curve.csv", "--model", "polynomial")
