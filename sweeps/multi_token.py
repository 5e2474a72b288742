"""Does foretelling several tokens at once help, and does what it costs shrink with size?

Gloeckle et al. 2024 (Better & Faster Large Language Models via Multi-token Prediction, arXiv 2404.19737): nets of 0.3 B
foretelling four tokens are worse than next-token ones and nets of 13 B better (figure 3); small nets trained to
foretell two learn induction better (section 4.1, figure 7). Parameters stay as many: a head more is a trunk block less.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd

from lab.analysis.comparisons.arms import describe_family, pair_seeds, select_arm
from lab.core.replicates import average_replicates
from lab.core.verdict import Verdict
from lab.runs.spec import RunSpec
from lab.tables import Tables
from sweeps import Question, TrainingGrid, choose_preset, make_transformer_fields, suggest_next

title = "Several tokens at once"
question = "Does foretelling several tokens help, and does what it costs shrink with size?"
citation = "Gloeckle et al. 2024, Multi-token Prediction, arXiv 2404.19737"
figures = ("arms", "learning_curves")

TEXT: Mapping[str, Any] = {"name": "bytes_text"}
COPIES: Mapping[str, Any] = {"name": "induction"}
AHEAD, AHEAD_COPIES = 4, 2  # tokens foretold on text and on copies, as the paper's figures have them
BLOCKS = 5  # of every net: those of the trunk, and one a head


@dataclass(frozen=True)
class Plan:
    """Nets of all `widths` on text, of the smallest on copies, each foretelling one token and several."""

    widths: tuple[int, ...]
    seeds: int
    tokens: int
    copies: int
    window: int = 64
    batch_tokens: int = 1024

    def list_specs(self, table: pd.DataFrame) -> list[RunSpec]:
        """All arms, each at its own best rate."""
        text = [(TEXT, self.tokens, self.widths, ahead) for ahead in (1, AHEAD)]
        copies = [(COPIES, self.copies, self.widths[:1], ahead) for ahead in (1, AHEAD_COPIES)]
        arms = [
            TrainingGrid(
                family=make_family(widths[0], ahead),
                source=source,
                sizes=widths,
                horizons=(tokens,),
                seeds=tuple(range(self.seeds)),
                rates=(0.01, 0.02, 0.04),
                fields={
                    **make_transformer_fields(widths[0], tokens, self.window, self.batch_tokens),
                    "evaluation_tokens": 512 * self.window,
                },
            )
            for source, tokens, widths, ahead in (*text, *copies)
        ]
        return [spec for arm in arms for spec in arm.list_specs(table)]


def make_family(width: int, ahead: int) -> dict[str, Any]:
    """The family table of a net of `BLOCKS` blocks that foretells `ahead` tokens."""
    return {"name": "multi_token_transformer", "width": width, "layers": BLOCKS - (ahead - 1), "foretold": ahead}


presets = {
    "smoke": Plan((16, 32), 2, 65_536, 65_536),
    "standard": Plan((16, 48), 12, 524_288, 262_144),
    "overnight": Plan((16, 32, 64, 128), 12, 8_388_608, 4_194_304, 128, 2048),
}


def specs(preset: str, table: pd.DataFrame) -> list[RunSpec]:
    """The arms of the preset."""
    plan: Plan = choose_preset(presets, preset)
    return plan.list_specs(table)


REGIME = "bytes of Python and synthetic copies, nets a thousand times smaller"
NARROWS = Question(
    "gap_narrows", "What foretelling four tokens costs the next-token loss is less for the largest net.", 0.02,
    "HumanEval of four-token nets is below next-token's at 0.3 B and above at 13 B (figure 3)", citation, "seed",
    out_of_regime=f"{REGIME}; held-out loss of the next token, where figure 3 has programs that pass HumanEval",
)  # fmt: skip
INDUCTION = Question(
    "induction_gains", "A small net that foretells two tokens copies more symbols right.", 0.02,
    "nets of 30 M and less learn induction only with two-token prediction (figure 7)", citation, "seed",
    out_of_regime=REGIME,
)  # fmt: skip


def judge(tables: Tables) -> list[Verdict]:
    """Differences between nets that foretell several tokens and one, seed against seed."""
    step = suggest_next(tables, "multi_token", presets)
    nets = tables.runs[tables.runs["family"].eq("multi_token_transformer")]
    text = sorted({int(size) for size in nets.loc[nets["source"].eq(TEXT["name"]), "size"].dropna()})
    ends = [pair_arms(tables, TEXT, width, AHEAD) for width in (text[0], text[-1])] if len(text) > 1 else [NOTHING] * 2
    (small, few), (large, many) = ends
    copies = nets.loc[nets["source"].eq(COPIES["name"]), "size"].min()
    gain, copied = pair_arms(tables, COPIES, int(copies), AHEAD_COPIES, "accuracy_top1") if copies > 0 else NOTHING
    narrowed = list((small - large).dropna())
    return [
        NARROWS.judge(
            partial(average_replicates, "gap of the smallest − of the largest", narrowed, "nats/token"),
            pd.concat([few, many]),
            step,
        ),
        INDUCTION.judge(partial(average_replicates, "accuracy_top1, difference", list(gain), ""), copied, step),
    ]


NOTHING = pd.Series(dtype=float), pd.DataFrame()


def pair_arms(
    tables: Tables, source: Mapping[str, Any], width: int, ahead: int, column: str = "loss_nats"
) -> tuple[pd.Series, pd.DataFrame]:
    """By seed, a column of nets that foretell `ahead` tokens minus those that foretell one; and the runs of both."""
    several, one = (
        select_arm(tables, source=source["name"], **describe_family(make_family(width, n))) for n in (ahead, 1)
    )
    return pair_seeds(several, one, column), pd.concat([several, one])
