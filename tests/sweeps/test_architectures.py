"""The judge of architectures on synthetic studies: nothing, the margin, and an effect worth having."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_ind

from lab.analysis.comparisons.architectures import (
    Cells,
    Finding,
    collect_architectures,
    compare_at_equal,
    contrast,
    contrast_leads,
    contrast_pair,
    contrast_slopes,
    equate,
    rank_families,
)
from lab.core.columns import COLUMNS
from lab.core.registry import open_shelf
from lab.core.seeds import open_stream
from lab.core.verdict import Outcome, judge_direction
from lab.families import Shape
from lab.figures import draw_figure
from lab.tables import Study, Tables
from sweeps import BYTES, match_sizes
from sweeps.architectures import (
    BY_SECONDS,
    BY_TOKENS,
    FAMILIES,
    RANKS,
    SLOPES,
    judge,
    presets,
)
from tests.sweeps.chance import TRIALS, find_most_false

Families = dict[str, Cells]
Rng = np.random.Generator
SIZES, HORIZONS, SEEDS = (24e3, 41e3, 80e3, 180e3), (2e5, 4e5, 8e5), tuple(range(7))
CLAIMS = ("slopes_differ", "rank_changes", "transformer_by_tokens", "lstm_by_seconds")
NOISE = 0.006  # of a training's log loss; 0.002 besides of a horizon of it
EVEN, UNEVEN = (NOISE,) * 4, (2 * NOISE, NOISE, NOISE, NOISE / 2)


def make_study(
    offsets: dict[str, float],
    slopes: dict[str, float] | None = None,
    speeds: dict[str, float] | None = None,
    sizes: tuple[float, ...] = SIZES,
    seeds: tuple[int, ...] = SEEDS,
    rng_seed: int = 0,
    noises: tuple[float, ...] = EVEN,
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
                            "optimizer": "muon", "dials": "", "settings": "", "window": 128, "batch_tokens": 2048,
                            "source": "bytes_text",
                            "seed": seed, "status": "done", "size": size, "tokens": tokens,
                            "params_total": size, "flops": 6 * size * tokens, "learning_rate": 0.02,
                            "cpu_seconds": size * tokens / 1e9 / speed, "loss_nats": 2 * loss,
                        }
                    )  # fmt: skip
    frame = pd.DataFrame(rows).reindex(columns=list(COLUMNS))
    return Tables(Study("architectures-standard", "architectures", "standard"), frame, pd.DataFrame())


def count_support(studies: int, **study: object) -> dict[str, int]:
    """How many studies support each claim."""
    supported = dict.fromkeys(CLAIMS, 0)
    for trial in range(studies):
        for verdict in judge(make_study(rng_seed=trial, **study)):  # type: ignore[arg-type]
            supported[verdict.claim] += verdict.outcome is Outcome.SUPPORTED
    return supported


def draw_cells(offsets: dict[str, tuple[float, ...]], noises: tuple[float, ...], seeds: int, rng: Rng) -> Families:
    """Log losses about these offsets by level, with these noises by level."""
    shape = (len(SIZES), seeds)
    return {
        name: Cells(np.array(levels)[:, None] + np.array(noises)[:, None] * rng.standard_normal(shape))
        for name, levels in offsets.items()
    }


def find_slopes(cells: Families) -> Finding:
    return contrast_slopes(cells, dict.fromkeys(cells, np.array(SIZES)))


def find_tokens(cells: Families) -> Finding:
    return contrast_pair("lead", cells, ("one", "other"), "all")


def find_seconds(cells: Families) -> Finding:
    return contrast_pair("lead", cells, ("one", "other"), "smallest")


LEVELS = tuple(float(level) for level in np.log(np.array(SIZES) / np.exp(np.log(SIZES).mean())))
ALIKE = dict.fromkeys(("one", "other", "third"), (0.0,) * 4)
AT_MARGIN: dict[str, tuple[float, ...]] = {  # what the other family has above the first
    "slopes_differ": tuple(0.02 * level for level in LEVELS),
    "rank_changes": (0.01, 0.0, 0.0, -0.01),
    "transformer_by_tokens": (0.01,) * 4,
    "lstm_by_seconds": (0.01,) * 4,
}
FINDERS = dict(zip(CLAIMS, (find_slopes, contrast_leads, find_tokens, find_seconds), strict=True))
MARGINS = {question.claim: question.margin for question in (SLOPES, RANKS, BY_TOKENS, BY_SECONDS)}


@pytest.mark.parametrize("noises", [EVEN, UNEVEN], ids=["even", "uneven"])
@pytest.mark.parametrize("claim", CLAIMS)
def test_nothing_and_the_margin_are_support_one_time_in_forty(claim: str, noises: tuple[float, ...]) -> None:
    """Where noise falls fourfold with size, too: a judge that pools it supports `lstm_by_seconds` in 12 %."""
    for offsets in (ALIKE, {"one": (0.0,) * 4, "other": AT_MARGIN[claim]}):
        supported, rng = 0, open_stream(0, "architectures")
        for _ in range(TRIALS):
            found = FINDERS[claim](draw_cells(offsets, noises, len(SEEDS), rng)).find()
            supported += judge_direction(found, MARGINS[claim]) is Outcome.SUPPORTED
        assert supported <= find_most_false(TRIALS), supported


def test_an_interval_holds_the_difference_at_one_size_and_counts_its_runs_only() -> None:
    held, rng = 0, open_stream(1, "architectures")
    for _ in range(TRIALS):
        found = find_seconds(draw_cells({"one": (0.0,) * 4, "other": (0.01,) * 4}, UNEVEN, len(SEEDS), rng)).find()
        held += found.contains(0.01)
    assert TRIALS - held <= find_most_false(TRIALS, 0.05) and found.n == 12


def test_a_pair_needs_the_first_seed_at_both_ends() -> None:
    """A family whose first seed has no largest run is not chosen, however far ahead it is when small."""
    cells = draw_cells(
        {"one": (0.0,) * 4, "other": (0.1, 0, 0, -0.1), "third": (9.0,) * 4}, EVEN, 7, open_stream(2, "a")
    )
    chosen = contrast_leads(cells).pair
    assert chosen == ("one", "other")
    cells["third"].table[-1, 0] = np.nan
    assert contrast_leads(cells).pair == chosen
    cells["other"].table[-1, 0] = np.nan
    assert contrast_leads(cells).pair == ("", "")


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
    assert "Welch" in slopes.estimate.method and slopes.estimate.n == 48


def test_three_measured_seeds_do_not_settle_a_question_about_one_size() -> None:
    offsets, slopes = {"transformer": 0.0, "lstm": -0.3}, {"transformer": 0.5, "lstm": 0.0}
    _, ranks, _, seconds = judge(make_study(offsets, slopes, seeds=(0, 1, 2, 3)))
    for verdict in (ranks, seconds):
        assert verdict.outcome is Outcome.UNDERPOWERED and "needs 12 independent units, has 6" in verdict.reason
    for preset in ("standard", "overnight"):
        assert {2 * (len(grid.seeds) - 1) for grid in presets[preset].values()} == {RANKS.fewest}


@pytest.mark.parametrize(
    "study",
    [
        {"offsets": {"transformer": 0.0}},
        {"offsets": {"transformer": 0.0, "lstm": 0.3}, "seeds": (0,)},
        {"offsets": {"transformer": 0.0, "lstm": 0.3}, "sizes": (24e3,), "seeds": (0, 1, 2, 3)},
        {"offsets": {"transformer": 0.0, "lstm": 0.3}, "sizes": (24e3, 41e3), "seeds": (0, 1)},
    ],
    ids=["one family", "one seed", "one size of few seeds", "one measured seed"],
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


def test_the_contrast_of_one_size_is_welchs() -> None:
    """Two levels, one of which counts: the other's noise and runs have no say."""
    a, b = Cells(np.array([[1.0, 2.0, 3.0], [5.0, 5.0, 8.0]])), Cells(np.array([[0.0, 0.5, np.nan], [1.0, 1.0, 1.0]]))
    found = contrast("gap", [(a, np.array([1.0, 0.0])), (b, np.array([-1.0, 0.0]))], 0.95)
    expected = ttest_ind([1.0, 2.0, 3.0], [0.0, 0.5], equal_var=False).confidence_interval(0.95)
    assert (found.value, found.low, found.high) == pytest.approx((1.75, expected.low, expected.high))
    assert found.n == 5


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
            counts = kind(**{kind.size_dial: width}).count_parameters(Shape(BYTES, 128))
            assert 0.93 < sum(counts.values()) / wanted < 1.07, (name, width)
