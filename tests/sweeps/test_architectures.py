"""The judge of architectures on synthetic studies: nothing, the margin, and an effect worth having."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from lab.analysis.comparisons.architectures import (
    Cells,
    collect_architectures,
    compare_at_equal,
    contrast,
    equate,
    rank_families,
)
from lab.core.columns import COLUMNS
from lab.core.registry import open_shelf
from lab.core.verdict import Outcome
from lab.families import Shape
from lab.figures import draw_figure
from lab.tables import Study, Tables
from sweeps.architectures import FAMILIES, VOCABULARY, judge, match_sizes, presets

SIZES, HORIZONS, SEEDS = (24e3, 41e3, 80e3, 180e3), (2e5, 4e5, 8e5), (0, 1, 2, 3)
CLAIMS = ("slopes_differ", "rank_changes", "transformer_by_tokens", "lstm_by_seconds")
NOISE = 0.006  # of a training's log loss; 0.002 besides of a horizon of it
STUDIES, MOST_FALSE = 16, 2  # at 2.5 % each, three or more of 16 have odds of 0.6 % (of 200 at most 5 % did)


def make_study(
    offsets: dict[str, float],
    slopes: dict[str, float] | None = None,
    speeds: dict[str, float] | None = None,
    sizes: tuple[float, ...] = SIZES,
    seeds: tuple[int, ...] = SEEDS,
    rng_seed: int = 0,
    noises: tuple[float, ...] = (NOISE,) * 4,
) -> Tables:
    """ln L = offset − slope · ln N/N₀ − 0.1 · ln D/D₀ + noise of the cell and horizon, N₀ the middle of the sizes."""
    rng = np.random.default_rng(rng_seed)
    middle = float(np.exp(np.log(sizes).mean()))
    rows = []
    for family, offset in offsets.items():
        slope, speed = (slopes or {}).get(family, 0.1), (speeds or {}).get(family, 1.0)
        for size, noise in zip(sizes, noises, strict=False):
            for seed in seeds:
                cell = f"{family}-{size}-{seed}"
                shared = offset - slope * np.log(size / middle) + noise * rng.standard_normal()
                for tokens in HORIZONS:
                    loss = np.exp(shared - 0.1 * np.log(tokens / HORIZONS[-1]) + 0.002 * rng.standard_normal())
                    rows.append(
                        {
                            "run_key": f"{cell}-{tokens}", "trunk_key": cell, "family": family,
                            "optimizer": "muon", "dials": "", "batch_tokens": 2048, "source": "bytes_text",
                            "seed": seed, "status": "done", "size": size, "tokens": tokens,
                            "params_total": size, "flops": 6 * size * tokens, "learning_rate": 0.02,
                            "cpu_seconds": size * tokens / 1e9 / speed, "loss_nats": 2 * loss,
                        }
                    )  # fmt: skip
    frame = pd.DataFrame(rows).reindex(columns=list(COLUMNS))
    return Tables(Study("architectures-standard", "architectures", "standard"), frame, pd.DataFrame())


def count_support(studies: int = STUDIES, **study: object) -> dict[str, int]:
    """How many studies support each claim."""
    supported = dict.fromkeys(CLAIMS, 0)
    for trial in range(studies):
        for verdict in judge(make_study(rng_seed=trial, **study)):  # type: ignore[arg-type]
            supported[verdict.claim] += verdict.outcome is Outcome.SUPPORTED
    return supported


def test_families_that_are_alike_support_nothing() -> None:
    alike = dict.fromkeys(("transformer", "lstm", "gru"), 0.0)
    uneven = (2 * NOISE, NOISE, NOISE, NOISE / 2)
    for noises in ((NOISE,) * 4, uneven):
        assert max(count_support(offsets=alike, noises=noises, studies=STUDIES // 2).values()) <= MOST_FALSE


def test_an_effect_of_the_margin_is_seldom_support() -> None:
    """Slopes 0.02 apart; the Transformer 0.01 below at equal tokens, the LSTM 0.01 below at equal seconds."""
    slopes = {"transformer": 0.12, "lstm": 0.10}
    small = float(np.log(SIZES[0] / np.exp(np.log(SIZES).mean())))
    # At the smallest size the LSTM is 0.01 + 0.02·small above; at s times the speed it gains 0.1 · ln s.
    speed = float(np.exp((0.01 + 0.01 + 0.02 * small) / 0.1))
    found = count_support(offsets={"transformer": 0.0, "lstm": 0.01}, slopes=slopes, speeds={"lstm": speed})
    assert max(found.values()) <= MOST_FALSE, found


def test_an_effect_worth_having_is_found() -> None:
    """Slopes 0.06 apart that cross in the middle, and an LSTM that is twice as fast."""
    slopes = {"transformer": 0.14, "lstm": 0.08, "gru": 0.10}
    offsets = {"transformer": 0.0, "lstm": 0.0, "gru": 0.1}
    found = count_support(offsets=offsets, slopes=slopes, speeds={"lstm": 2.0}, studies=6)
    assert min(found[claim] for claim in ("slopes_differ", "rank_changes", "lstm_by_seconds")) >= 5, found
    ahead = count_support(offsets={"transformer": 0.0, "lstm": 0.05}, studies=6)
    assert ahead["transformer_by_tokens"] >= 5 and max(ahead[claim] for claim in CLAIMS[:2]) <= 1, ahead


def test_verdicts_name_the_pair_and_its_runs_only() -> None:
    tables = make_study({"transformer": 0.0, "lstm": 0.0, "gru": 0.2}, {"transformer": 0.16, "lstm": 0.06})
    slopes, ranks, tokens, _ = judge(tables)
    assert slopes.estimate.name == "α[transformer] − α[lstm]"
    assert slopes.estimate.low < 0.1 < slopes.estimate.high
    assert "lstm when small, transformer when large" in ranks.estimate.name
    families = tables.runs.set_index("run_key")["family"]
    assert {families[key] for key in tokens.run_keys} == {"transformer", "lstm"}
    assert "Welch" in slopes.estimate.method and slopes.estimate.n == 24


@pytest.mark.parametrize(
    "study",
    [
        {"offsets": {"transformer": 0.0}},
        {"offsets": {"transformer": 0.0, "lstm": 0.3}, "seeds": (0,)},
        {"offsets": {"transformer": 0.0, "lstm": 0.3}, "sizes": (24e3,)},
        {"offsets": {"transformer": 0.0, "lstm": 0.3}, "sizes": (24e3, 41e3), "seeds": (0, 1)},
    ],
    ids=["one family", "one seed", "one size", "one measured seed"],
)
def test_too_little_is_underpowered(study: dict[str, object]) -> None:
    for verdict in judge(make_study(**study)):  # type: ignore[arg-type]
        assert verdict.outcome is Outcome.UNDERPOWERED and verdict.reason, verdict.claim


def test_families_of_other_sizes_are_left_out_and_said() -> None:
    tables = make_study({"transformer": 0.0, "lstm": 0.0, "gru": 0.0})
    runs = tables.runs
    runs.loc[runs["family"] == "gru", ["params_total"]] *= 2
    few = runs[(runs["family"] != "lstm") | (runs["size"] > SIZES[0])]
    found = collect_architectures(Tables(tables.study, few, tables.curves))
    assert len(found.families) == 0 and "times the others'" in found.dropped["gru"]
    assert "3 of 4 sizes" in found.dropped["lstm"]


def test_equal_compute_is_read_within_the_runs_and_never_beyond() -> None:
    tables = make_study({"transformer": 0.0, "lstm": 0.0}, speeds={"lstm": 2.0}, noises=(0.0,) * 4)
    found = collect_architectures(tables)
    cells = equate(found, ("lstm", "transformer"), "cpu_seconds")
    assert np.allclose(cells["transformer"].means - cells["lstm"].means, 0.1 * np.log(2), atol=0.01)
    slow = make_study({"transformer": 0.0, "lstm": 0.0}, speeds={"lstm": 100.0})
    beyond = compare_at_equal(collect_architectures(slow), "lstm", "transformer", "cpu_seconds", "smallest").find()
    assert not beyond.has_interval


def test_the_contrast_is_welchs() -> None:
    """Two levels, one of which counts: scipy's test would pool nothing, so the noise is taken by hand."""
    a, b = Cells(np.array([[1.0, 2.0, 3.0], [5.0, 5.0, 8.0]])), Cells(np.array([[0.0, 0.5, np.nan], [1.0, 1.0, 1.0]]))
    found = contrast("gap", [(a, np.array([1.0, 0.0])), (b, np.array([-1.0, 0.0]))], 0.95)
    first, second = (2.0 + 6.0) / 4 / 3, 0.125 / 3 / 2
    assert found.value == pytest.approx(2.0 - 0.25)
    freedom = (first + second) ** 2 / (first**2 / 4 + second**2 / 3)
    assert f"Welch's t({freedom:.3g})" in found.method
    assert found.n == 11


def test_ranks_have_the_width_of_what_is_open() -> None:
    ranks = rank_families(collect_architectures(make_study({"transformer": 0.0, "lstm": 0.0, "gru": 0.3})))
    gru = ranks[ranks["family"] == "gru"]
    assert (gru[["rank", "low", "high"]] == 3).all(axis=None) and len(gru) == 4
    others = ranks[ranks["family"] != "gru"]
    assert (others["high"] <= 2).all() and (others["low"] < others["high"]).any()


def test_the_table_of_ranks_has_a_cell_for_each_family_and_size() -> None:
    tables = make_study({"transformer": 0.0, "lstm": 0.0, "gru": 0.3})
    frame, drawing = draw_figure("architectures", tables, {"show": "ranks"})
    cells = [text.text for text in drawing.layout.annotations]
    assert len(cells) == 12 and cells.count("<b>3</b>") == 4 and any("[1–2]" in cell for cell in cells)
    assert set(frame["run_key"].dropna()) <= set(tables.runs["run_key"])
    alone, _ = draw_figure("architectures", make_study({"lstm": 0.0}), {"show": "ranks"})
    assert "One family alone has no rank" in " ".join(alone.attrs["notes"])


def test_sizes_are_matched_by_all_parameters() -> None:
    for name, grid in presets["standard"].items():
        assert len(set(grid.sizes)) == 4, name
    assert set(presets["standard"]) == set(FAMILIES)
    assert match_sizes("lstm", (40_960,), 128) == (46,)
    for name in FAMILIES:
        kind = open_shelf("families").load(name)
        for width, wanted in zip(presets["standard"][name].sizes, (24e3, 41e3, 80e3, 180e3), strict=True):
            counts = kind(**{kind.size_dial: width}).count_parameters(Shape(VOCABULARY, 128))
            assert 0.93 < sum(counts.values()) / wanted < 1.07, (name, width)
