"""Does dropout on the connections between layers help a wide LSTM on little text, and should the recurrence be spared?

Zaremba, Sutskever & Vinyals 2014 (arXiv 1409.2329) drop only what goes into a layer, never what goes from a step to the
next: on the Penn Treebank (929 thousand words) the test perplexity falls from 114.5 without dropout to 82.7 with 650
units a layer and 78.4 with 1500 (table 1), and it is dropout that lets nets so wide be used at all. Dropping the
recurrence as well amplifies noise (section 3.1). Here: two layers, a few kilobytes of text many times over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from lab.core.estimate import Estimate
from lab.core.replicates import average_replicates
from lab.core.verdict import Verdict
from lab.runs.spec import RunSpec
from lab.tables import Tables
from sweeps import Question, choose_preset, suggest_next

title = "Dropout of an LSTM by width and amount of text"
question = "Does non-recurrent dropout help an LSTM on little text, the more the wider it is?"
citation = "Zaremba et al. 2014, Recurrent Neural Network Regularization, arXiv 1409.2329"
figures = ("learning_curves", "loss_vs_parameters")

NONE, FEEDFORWARD, ALL = "none", "feedforward", "all"
SHARE = 0.3
SCHEMES: Mapping[str, Mapping[str, Any]] = {
    NONE: {},
    FEEDFORWARD: {"dropout": SHARE},
    ALL: {"dropout": SHARE, "dropped": "all"},
}
LITTLE, MORE = 2**15, 2**18  # bytes to train on

# What is compared with what, all at the larger width but for NARROW: (scheme, bytes, whether narrow).
Cell = tuple[str, int, bool]
CELLS: tuple[Cell, ...] = (
    (NONE, LITTLE, False),
    (FEEDFORWARD, LITTLE, False),
    (ALL, LITTLE, False),
    (NONE, LITTLE, True),
    (FEEDFORWARD, LITTLE, True),
    (NONE, MORE, False),
    (FEEDFORWARD, MORE, False),
)


@dataclass(frozen=True)
class Plan:
    """Every cell with every seed, at one stored rate: what is compared is dropout and not its tuning."""

    narrow: int
    wide: int
    tokens: int
    seeds: int
    fields: Mapping[str, Any]

    def list_specs(self) -> list[RunSpec]:
        """All runs at once."""
        return [self.make_spec(cell, seed) for cell in CELLS for seed in range(self.seeds)]

    def make_spec(self, cell: Cell, seed: int) -> RunSpec:
        """One run."""
        scheme, size, narrow = cell
        family = {"name": "lstm", "width": self.narrow if narrow else self.wide, "layers": 2, **SCHEMES[scheme]}
        source = {"name": "bytes_text", "training_bytes": size}
        varied = {"family": family, "source": source, "tokens": self.tokens, "seed": seed}
        return RunSpec("train", {"optimizer": "muon", "learning_rate": 0.01, **self.fields, **varied})

    def find_cells(self, runs: pd.DataFrame) -> Iterator[tuple[Cell, pd.Series]]:
        """Of each cell, where its finished runs stand."""
        done = runs["status"].eq("done") & runs["family"].eq("lstm") & runs["source"].eq("bytes_text")
        for cell in CELLS:
            dials, width = str(self.make_spec(cell, 0).describe()["dials"]), self.narrow if cell[2] else self.wide
            yield cell, done & runs["dials"].eq(dials) & runs["size"].eq(width)


SMALL = {"window": 16, "batch_tokens": 256, "warmup_tokens": 512, "evaluation_tokens": 512}
presets = {
    "smoke": Plan(4, 8, 2**13, 2, SMALL),
    "standard": Plan(32, 96, 2**19, 12, {}),
    "overnight": Plan(64, 256, 2**21, 12, {}),
}


def specs(preset: str, table: pd.DataFrame) -> list[RunSpec]:
    """All runs; nothing depends on earlier ones."""
    plan: Plan = choose_preset(presets, preset)
    return plan.list_specs()


REGIME = "bytes instead of words, nets of at most a million parameters, one dropout rate and one learning rate"
HELPS = Question(
    "dropout_helps", "Non-recurrent dropout lowers the held-out loss of the wide net on little text.", 0.02,
    "test perplexity 114.5 without, 82.7 and 78.4 with (table 1)", citation, "seed", out_of_regime=REGIME,
)  # fmt: skip
SPARES = Question(
    "recurrence_spared", "Dropping the recurrent connections as well is worse than sparing them.", 0.02,
    "dropout on recurrent connections amplifies noise and hurts learning (section 3.1)", citation, "seed",
    out_of_regime=REGIME,
)  # fmt: skip
WIDER = Question(
    "wider_gains_more", "The wide net gains more from dropout than the narrow one.", 0.02,
    "65 % dropped at 1500 units against 50 % at 650 (section 4.1): wider nets are regularised more", citation, "seed",
    out_of_regime=REGIME,
)  # fmt: skip
LESS = Question(
    "gain_falls_with_data", "Dropout gains less where there is more text.", 0.02,
    "the gains reported are on small data (section 4)", citation, "seed", out_of_regime=REGIME,
)  # fmt: skip


def judge(tables: Tables) -> list[Verdict]:
    """Differences of the held-out loss (nats per byte), a seed's cells against each other."""
    plan: Plan = presets[tables.study.preset if tables.study.preset in presets else "standard"]
    runs, next_step = tables.runs, suggest_next(tables, "dropout_width", presets)
    at = {cell: runs[where] for cell, where in plan.find_cells(runs)} if "dials" in runs else {}
    losses = {cell: rows.set_index("seed")["loss_nats"].astype(float) for cell, rows in at.items()}
    none, dropped, everywhere, *others = CELLS
    narrow, more = (others[0], others[1]), (others[2], others[3])
    return [
        _judge(HELPS, at, losses, next_step, [(none, dropped)]),
        _judge(SPARES, at, losses, next_step, [(everywhere, dropped)]),
        _judge(WIDER, at, losses, next_step, [(none, dropped), narrow]),
        _judge(LESS, at, losses, next_step, [(none, dropped), more]),
    ]


def _judge(
    question: Question,
    at: Mapping[Cell, pd.DataFrame],
    losses: Mapping[Cell, pd.Series],
    next_step: str,
    pairs: list[tuple[Cell, Cell]],
) -> Verdict:
    """The first pair's difference, less the second's where there is one, over seeds that have all of them."""
    used = [cell for pair in pairs for cell in pair]
    rows = pd.concat([at[cell] for cell in used]) if at else pd.DataFrame()
    gains = [losses[first] - losses[second] for first, second in pairs] if at else [pd.Series(dtype=float)]
    values = (gains[0] - gains[1] if len(pairs) > 1 else gains[0]).dropna().tolist()

    def average(level: float) -> Estimate:
        return average_replicates(question.claim, values, "nats/token", level)

    return question.judge(average, rows, next_step)
