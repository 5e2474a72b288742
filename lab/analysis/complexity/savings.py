"""By what share one code is shorter than another, over independent stretches of text."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from lab.core.estimate import Estimate
from lab.core.replicates import average_replicates
from lab.tables import Tables


@dataclass(frozen=True)
class Saving:
    """Runs of two codes on the same stretches; `shares`: 1 − size / size of the other, a value per stretch."""

    name: str
    rows: pd.DataFrame
    shares: tuple[float, ...]

    def find(self, level: float = 0.95) -> Estimate:
        """Mean share and Student's interval over stretches."""
        return average_replicates(self.name, self.shares, "of the other's bytes", level, "stretches")


def compare_codes(tables: Tables, code: str, other: str, family: str) -> Saving:
    """`code` (by nets of `family`, where it has any) against `other`; stretches of unlike length are unlike objects."""
    name = f"1 − {code} / {other}"
    if not {"code", "object", "symbols", "code_bits", "head_bits"} <= set(tables.runs):
        return Saving(name, tables.runs.iloc[:0], ())
    runs = tables.runs[(tables.runs["status"] == "done") & tables.runs["head_bits"].notna()]
    runs = runs[runs["code"].isin((code, other)) & runs["family"].isin((family, ""))]
    sizes = runs.pivot_table("code_bits", ["object", "symbols"], "code", aggfunc="mean")
    if not {code, other} <= set(sizes):
        return Saving(name, runs.iloc[:0], ())
    both = sizes[[code, other]].dropna()
    used = runs.set_index(["object", "symbols"]).index.isin(both.index)
    return Saving(name, runs[used], tuple(1 - both[code] / both[other]))
