"""Probed nets: the training unchanged, shares and areas that mean what they say, keys of their own."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from lab.core.columns import COLUMNS
from lab.core.errors import InputError, RefusedError
from lab.core.registry import open_shelf
from lab.core.seeds import open_stream
from lab.data.bytes_text import BytesText
from lab.families import Shape
from lab.runs.runner import Listener, Result
from lab.runs.spec import RunSpec
from lab.training.probing import (
    Recital,
    cut_real,
    find_positions,
    find_unit,
    measure_auc,
    measure_units,
    probe_linearly,
)

FIELDS: dict[str, Any] = {
    "family": {"name": "lstm", "width": 8},
    "source": {"name": "bytes_text"},
    "learning_rate": 0.02,
    "batch_tokens": 256,
    "window": 32,
    "warmup_tokens": 512,
    "evaluation_tokens": 1024,
}
HORIZONS = (2560, 5120)
DIALS = {"samples": 8, "length": 48, "windows": 256}


@cache
def run(runner: str) -> dict[int, Result]:
    listener = Listener()
    dials = DIALS if runner == "probe" else {}
    open_shelf("runners").load(runner).run([{**FIELDS, **dials, "tokens": h} for h in HORIZONS], listener)
    return {int(fields["tokens"]): result for fields, result in listener.results}


def test_the_net_is_trained_as_any_and_its_columns_are_words_of_the_lab() -> None:
    for horizon, plain in run("train").items():
        probed = run("probe")[horizon]
        assert {name: probed.metrics[name] for name in plain.metrics} == plain.metrics
        assert probed.curve == plain.curve
        assert all((probed.weights[name] == value).all() for name, value in plain.weights.items())
        assert probed.metrics.keys() <= COLUMNS.keys()
        for name in probed.metrics.keys() - plain.metrics.keys() - {"samples", "heldout_samples", "string_unit"}:
            assert 0 <= float(str(probed.metrics[name])) <= 1, name
        assert probed.metrics["samples"] == 8 and 0 <= float(str(probed.metrics["string_unit"])) < 8


def test_real_text_stands_above_shuffled_and_every_side_is_there() -> None:
    found = {name: float(str(value)) for name, value in run("probe")[HORIZONS[0]].metrics.items()}
    assert found["heldout_begun_share"] > found["shuffled_begun_share"]
    for side in ("", "chain_", "heldout_", "shuffled_"):
        shares = [found[f"{side}{name}_share"] for name in ("parsed", "tokenised", "begun")]
        assert shares == sorted(shares), side


def test_a_probe_names_its_parent_and_its_dials_are_its_key() -> None:
    fields = {**FIELDS, "tokens": HORIZONS[0]}
    spec = RunSpec("probe", fields)
    assert spec.describe()["parent"] == RunSpec("train", fields).key != spec.key
    assert RunSpec("probe", {**fields, "samples": 256}).key == spec.key
    assert RunSpec("probe", {**fields, "samples": 8}).key != spec.key
    assert RunSpec("probe", {**fields, "tokens": HORIZONS[1]}).trunk_key == spec.trunk_key
    asked = spec.estimate([spec], 1e9)
    assert asked.cpu_seconds > RunSpec("train", fields).estimate([RunSpec("train", fields)], 1e9).cpu_seconds


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"source": {"name": "markov"}}, "bytes of text"),
        ({"source": {"name": "bytes_text", "tokenizer": "bpe"}}, "bytes of text"),
        ({"order": 9}, "order"),
        ({"length": 5}, "length"),
    ],
)
def test_what_cannot_be_probed(changed: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        RunSpec("probe", {**FIELDS, "tokens": HORIZONS[0], **changed}).key  # noqa: B018


def test_text_that_is_no_python_is_refused(tmp_path: Path) -> None:
    rng = open_stream(0, "prose")
    (tmp_path / "prose.txt").write_bytes(bytes(rng.integers(97, 123, 200_000).astype(np.uint8)))
    prose = BytesText(path=str(tmp_path))
    with pytest.raises(RefusedError, match="has no"):
        cut_real(prose, Recital(4, 64, 4))
    with pytest.raises(RefusedError, match="both halves"):
        find_positions(prose, 32, 64)


def test_the_area_is_the_odds_of_the_right_order() -> None:
    rng = open_stream(0, "auc")
    scores, labels = rng.integers(0, 6, 60).astype(float), rng.random(60) < 0.4
    above = scores[labels][:, None] - scores[~labels][None]
    assert measure_auc(scores, labels) == pytest.approx(((above > 0) + 0.5 * (above == 0)).mean())


def test_the_unit_is_found_with_its_sign_and_chance_stays_chance() -> None:
    rng = open_stream(1, "units")
    labels = rng.random((2, 4000)) < 0.3
    units = rng.standard_normal((2, 4000, 12))
    assert abs(find_unit(units[0], labels[0], units[1], labels[1])[1] - 0.5) < 0.04
    units[..., 7] -= 1.5 * labels
    unit, area = find_unit(units[0], labels[0], units[1], labels[1])
    assert unit == 7 and area == pytest.approx(0.856, abs=0.02)  # Φ(1.5 / √2)
    units[..., 3] += 1.5 * labels
    both = probe_linearly(units[0], labels[0], units[1], labels[1])
    assert both == pytest.approx(0.933, abs=0.02) and both > area  # Φ(1.5)


def test_a_net_that_is_told_is_seen_to_know() -> None:
    """A net whose readout reads the label itself has a unit of area 1, the same net untold has none."""
    family, source = open_shelf("families").load("lstm")(width=8), BytesText()
    torch.manual_seed(0)
    net = family.build(Shape(256, 32))
    positions = find_positions(source, 256, 32)

    class Told(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.readout = net.readout

        def forward(self, tokens_BT: torch.Tensor) -> torch.Tensor:
            units = torch.zeros(*tokens_BT.shape, 8)
            units[..., 5] = torch.from_numpy(positions.open).float()
            logits: torch.Tensor = self.readout(units)
            return logits

    found = measure_units(Told(), net, family, positions)
    assert found["string_unit"] == 5 and found["string_auc"] == 1.0
    assert found["string_linear_auc"] == 1.0 and found["string_untrained_auc"] < 0.9
    assert not positions.asked[:, :16].any() and positions.asked[:, 16:].any()
