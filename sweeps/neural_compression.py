"""Does a net that learns a file while it codes it compress it better than packers do, alone or mixed with contexts?

Delétang et al. 2024 (Language Modeling Is Compression, arXiv 2309.10668, table 1) code enwik9 by Transformers trained
on it beforehand: 17.0 % of its size with 3.2 M parameters, where LZMA2 takes 23.0 %. Here nothing is trained
beforehand and the net's parameters are nobody's gift: it starts at random at both ends. Knoll & de Freitas 2012 (arXiv
1108.3298) describe the mixing of PAQ (Mahoney 2005), into which cmix puts an LSTM's prediction beside contexts'.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from lab.analysis.complexity.savings import compare_codes
from lab.core.verdict import Verdict
from lab.runs.spec import RunSpec
from lab.tables import Tables
from sweeps import Question, choose_preset, suggest_next

title = "A net as a compressor"
question = "Does a net that learns a file while it is coded compress it better than xz, alone or mixed with contexts?"
citation = "Delétang et al. 2024, Language Modeling Is Compression, arXiv 2309.10668"
figures = ("compressed_sizes",)

PACKERS = ("lzma", "ppmd", "context_mixing")
APART = 786_432  # bytes from one stretch to the next: other packages, other authors


@dataclass(frozen=True)
class Stretches:
    """`count` stretches of `length` bytes of the standard library, `APART`; every code describes each."""

    count: int
    length: int
    families: tuple[Mapping[str, Any], ...]
    recipe: Mapping[str, Any] = field(default_factory=dict)

    def list_specs(self) -> list[RunSpec]:
        """Every stretch by every packer, and by every net alone and mixed."""
        specs = []
        for k in range(self.count):
            where = {"length": self.length, "start": k * APART}
            specs += [RunSpec("compress", {"code": code, **where}) for code in PACKERS]
            specs += [
                RunSpec("compress", {"code": code, "family": dict(family), **where, **self.recipe})
                for family in self.families
                for code in ("network", "mixture")
            ]
        return specs


LSTM, TRANSFORMER = {"name": "lstm", "width": 128}, {"name": "transformer", "width": 64}
presets = {
    "smoke": Stretches(2, 16_384, ({"name": "lstm", "width": 32},), {"streams": 8}),
    "standard": Stretches(12, 65_536, (LSTM,), {"streams": 8}),
    "overnight": Stretches(12, 786_432, (LSTM, TRANSFORMER), {"streams": 8}),
}


def specs(preset: str, table: pd.DataFrame) -> list[RunSpec]:
    """The stretches of the preset."""
    stretches: Stretches = choose_preset(presets, preset)
    return stretches.list_specs()


REGIME = "here the net starts at random and sees each stretch once"
MIXED = Question(
    "mixture_beats_xz", "A net mixed with contexts, learning as it codes, takes fewer bytes than xz.", 0.01,
    "cmix v21 takes 107,963,380 bytes of enwik9, xz some 23.0 % of 10^9 (LTCB 2024; table 1)", citation, "stretch",
    out_of_regime="short stretches of Python, not enwik9",
)  # fmt: skip
ALONE = Question(
    "network_beats_xz", "The net alone takes fewer bytes than xz.", 0.01,
    "a Transformer of 3.2 M parameters 17.0 % of enwik9, LZMA2 23.0 % (table 1)", citation, "stretch",
    out_of_regime=REGIME,
)  # fmt: skip
HELPS = Question(
    "network_helps_contexts", "Contexts mixed with a net take fewer bytes than contexts alone.", 0.005,
    "lstm-compress and cmix mix an LSTM into PAQ's contexts and gain (Knoll & de Freitas 2012 on mixing)",
    "Knoll & de Freitas 2012, A Machine Learning Perspective on Predictive Coding with PAQ8, arXiv 1108.3298",
    "stretch",
    out_of_regime="the net reads streams side by side, and so do the contexts beside it; alone they read in order",
)  # fmt: skip


def judge(tables: Tables) -> list[Verdict]:
    """By what share of bytes is each code shorter, over stretches? The net is the LSTM, in every preset."""
    next_step = suggest_next(tables, "neural_compression", presets)
    pairs = ((MIXED, "mixture", "lzma"), (ALONE, "network", "lzma"), (HELPS, "mixture", "context_mixing"))
    verdicts = []
    for asked, code, other in pairs:
        saving = compare_codes(tables, code, other, "lstm")
        verdicts.append(asked.judge(saving.find, saving.rows, next_step))
    return verdicts
