"""`lab calibrate`, driven."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import softmax

from tests.cli.driving import ROOT, Terminal

QUICK = ("--replicates", "60")


def write_classes(folder: Path, rows: int = 300, factor: float = 3.0) -> Path:
    """Three classes, said with logits three times too large."""
    rng = np.random.default_rng(0)
    logits = rng.standard_normal((rows, 3))
    label = (softmax(logits, axis=1).cumsum(axis=1) < rng.random(rows)[:, None]).sum(axis=1)
    frame = pd.DataFrame(softmax(factor * logits, axis=1), columns=["p_ant", "p_bee", "p_cow"])
    path = folder / "classes.csv"
    frame.assign(label=np.array(["ant", "bee", "cow"])[label]).to_csv(path, index=False)
    return path


def test_classes_recalibrated_and_exported(terminal: Terminal) -> None:
    write_classes(terminal.folder)
    asked = ("--recalibrate", "temperature", "--export", "all.csv")
    done = terminal.run("calibrate", "classes.csv", *QUICK, *asked, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    ece = found["measures"]["ece_equal_width"]
    assert ece["estimate"]["low"] > ece["null"]["high"] and ece["indistinguishable_from_calibrated"] is False
    assert found["temperature"]["low"] < 3 < found["temperature"]["high"]
    mended = found["recalibrated"]["temperature"]
    assert len(mended["fits"]) == 5 and all(2 < fit["temperature"] < 4.5 for fit in mended["fits"])
    change = {one["name"]: one for one in mended["before_minus_after"]}["difference of brier"]
    assert change["low"] > 0
    assert {one["method"] for one in found["sets"]} == {"thr", "aps", "raps"}
    table = pd.read_csv(terminal.folder / "all.csv")
    assert {"none", "temperature", "before − after temperature"} <= set(table["of"])


def test_confidences_in_words(terminal: Terminal) -> None:
    rng = np.random.default_rng(1)
    said = rng.random(600)
    np.savez(terminal.folder / "it.npz", said=said, correct=rng.random(600) < said, group=np.arange(600) // 3)
    done = terminal.run("calibrate", "it.npz", "--confidence", "said", *QUICK)
    assert done.returncode == 0, done.stderr
    assert "600 predictions in 200 groups, one event" in done.stdout
    assert "indistinguishable from calibrated" in done.stdout
    assert "need the probabilities of all classes" in done.stdout


def test_a_map_is_not_reported_on_what_it_was_fitted_to(terminal: Terminal) -> None:
    write_classes(terminal.folder, rows=40)
    same = ("--recalibrate", "platt", "--fitted-on", "classes.csv")
    assert "not reported on the data it was fitted on" in terminal.refuse("calibrate", "classes.csv", *same)


def test_the_law_of_an_archive(terminal: Terminal) -> None:
    study = ROOT / "results" / "kaplan_language_models-standard.parquet"
    found = json.loads(terminal.run("calibration-law", study, "--json", "--replicates", "50").stdout)
    assert [law["against"] for law in found["laws"]] == ["params_total", "tokens", "flops"]
    assert found["laws"][0]["answer"].startswith(("no power law", "neither"))
    other = ROOT / "results" / "kolmogorov_bounds-standard.parquet"
    assert "no run of it kept the cells" in terminal.refuse("calibration-law", other)
