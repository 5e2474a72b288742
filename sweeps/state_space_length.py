"""Does a diagonal state space carry a value further than an LSTM, and does its time grow more slowly than attention's?

Gu, Gupta, Goel & Ré 2022 (S4D, arXiv 2206.11893) keep what Gu, Goel & Ré 2021 (S4, arXiv 2111.00396) found: a linear
recurrence whose kernel is convolved by FFT learns dependencies over thousands of steps (Path-X, 16 384 steps, where
every earlier model guessed: table 4), in O(L log L) a sequence where attention takes O(L²). Here: recall of a value
seen `lag` tokens ago (Hochreiter & Schmidhuber 1997, section 5) by three nets of about 13 thousand parameters in their
bodies, each at the learning rate found best for it at that lag.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from lab.analysis.comparisons.arms import select_arm
from lab.core.estimate import Estimate
from lab.core.replicates import average_replicates
from lab.core.verdict import Verdict
from lab.runs.spec import RunSpec
from lab.tables import Tables
from sweeps import Question, TrainingGrid, choose_preset, suggest_next

title = "Length of a delay: state space, LSTM, attention"
question = "Over how long a delay does each architecture carry a value, and what does a longer window cost it?"
citation = "Gu et al. 2022, On the Parameterization and Initialization of Diagonal State Space Models, arXiv 2206.11893"
figures = ("learning_curves", "learning_rates", "loss_vs_tokens")

SOURCE = "delayed_recall"
STATE_SPACE, RECURRENT, ATTENTION = "s4d", "lstm", "transformer"
DIALS: Mapping[str, Mapping[str, Any]] = {STATE_SPACE: {}, RECURRENT: {}, ATTENTION: {"layers": 2}}
WIDTHS = {STATE_SPACE: 32, RECURRENT: 40, ATTENTION: 24}  # 12.5, 13.1 and 13.8 thousand parameters of the body


@dataclass(frozen=True)
class Plan:
    """Every family at every lag; the window holds two blocks of lag + 1 tokens. One rate alone is not searched."""

    lags: tuple[int, ...]
    tokens: int
    seeds: int
    rates: tuple[float, ...]
    batch_tokens: int = 2048
    evaluation_windows: int = 256
    widths: Mapping[str, int] = field(default_factory=lambda: WIDTHS)

    def list_specs(self, table: pd.DataFrame) -> list[RunSpec]:
        """The search of each cell, then its other seeds."""
        return [spec for family in DIALS for lag in self.lags for spec in self._list_cell(table, family, lag)]

    def _list_cell(self, table: pd.DataFrame, family: str, lag: int) -> list[RunSpec]:
        window = 2 * (lag + 1)
        width = self.widths[family]
        return TrainingGrid(
            family={"name": family, **DIALS[family]},
            source={"name": SOURCE, "lag": lag},
            sizes=(width,),
            horizons=(self.tokens,),
            seeds=tuple(range(self.seeds)),
            rates=self.rates,
            stored_rates={width: self.rates[0]} if len(self.rates) == 1 else {},
            fields={
                "optimizer": "muon",
                "window": window,
                "batch_tokens": self.batch_tokens,
                "warmup_tokens": self.tokens // 50,
                "evaluation_tokens": self.evaluation_windows * window,
            },
        ).list_specs(table)


TINY = {STATE_SPACE: 8, RECURRENT: 8, ATTENTION: 8}
presets = {
    "smoke": Plan((3, 7), 2**13, 2, (0.02,), batch_tokens=256, evaluation_windows=32, widths=TINY),
    "standard": Plan((15, 63, 255), 2**19, 12, (0.01, 0.02, 0.04)),
    "overnight": Plan((15, 63, 255, 1023), 2**22, 12, (0.005, 0.01, 0.02, 0.04), batch_tokens=4096),
}


def specs(preset: str, table: pd.DataFrame) -> list[RunSpec]:
    """Three families at every lag; each cell's rate is searched at its first seed."""
    plan: Plan = choose_preset(presets, preset)
    return plan.list_specs(table)


REACH = Question(
    "state_space_reaches_further", "At the longest delay a state space recalls the value better than an LSTM.",
    0.1, "S4 solves Path-X (16 384 steps), where recurrent nets and Transformers guess (arXiv 2111.00396, table 4)",
    citation, "seed", out_of_regime="delays of hundreds of steps, nets of 13 thousand parameters",
)  # fmt: skip
TIME = Question(
    "state_space_time", "The training time of a token grows more slowly with the window than with attention.",
    0.1, "O(L log L) a sequence against O(L²) (arXiv 2111.00396, section 3.4)", citation, "seed",
    out_of_regime="windows of at most a few thousand tokens, where attention is not yet most of the work",
)  # fmt: skip


def judge(tables: Tables) -> list[Verdict]:
    """Nats saved at the longest lag, and the difference of the exponents of CPU seconds per token over the window."""
    rows, next_step = select_cells(tables), suggest_next(tables, "state_space_length", presets)
    longest = rows[rows["window"].eq(rows["window"].max()) & rows["family"].isin([STATE_SPACE, RECURRENT])]
    timed = rows[rows["family"].isin([STATE_SPACE, ATTENTION])]
    return [
        REACH.judge(partial(average_saving, longest), longest, next_step),
        TIME.judge(partial(average_slope, timed), timed, next_step),
    ]


def select_cells(tables: Tables) -> pd.DataFrame:
    """The arm of every family and window: finished recalls at one rate of the cell."""
    windows = tables.runs.loc[tables.runs["source"].eq(SOURCE), "window"].unique()
    cells = [select_arm(tables, source=SOURCE, family=name, window=window) for name in DIALS for window in windows]
    return pd.concat(cells or [tables.runs.iloc[:0]])


def average_saving(rows: pd.DataFrame, level: float) -> Estimate:
    """Mean over seeds of the LSTM's loss minus the state space's, nats per recalled value."""
    by_seed = rows.pivot_table("loss_nats", "seed", "family").reindex(columns=[RECURRENT, STATE_SPACE]).dropna()
    saved = list(by_seed[RECURRENT] - by_seed[STATE_SPACE])
    return average_replicates("nats saved at the longest delay", saved, "nats/token", level)


def average_slope(rows: pd.DataFrame, level: float) -> Estimate:
    """Mean over seeds of the slope of ln(CPU seconds per token) on ln(window), attention's minus the state space's."""
    name = "exponent of attention minus state space"
    windows = np.log(np.sort(rows["window"].unique()))
    per_token = np.log(rows["cpu_seconds"].where(rows["cpu_seconds"].gt(0)) / rows["tokens"])
    by_window = rows.assign(log=per_token).pivot_table("log", ["family", "seed"], "window").dropna()
    if by_window.shape[1] < 2:
        return Estimate(name, np.nan, level=level, method="needs two windows")
    slopes = by_window @ (windows - windows.mean()) / np.square(windows - windows.mean()).sum()
    by_family = {
        family: slopes[slopes.index.get_level_values("family") == family] for family in (ATTENTION, STATE_SPACE)
    }
    gaps = (by_family[ATTENTION].droplevel("family") - by_family[STATE_SPACE].droplevel("family")).dropna().tolist()
    return average_replicates(name, gaps, level=level)
