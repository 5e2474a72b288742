"""The structure function of a data set over the runs of a sweep: bits of the model against bits of the data given it.

Vereshchagin and Vitányi (2004) and Koppel (1988), resource-bounded: the models are the trained nets of one horizon, so
that every value is an upper bound within this family and this training.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from lab.analysis.selection import select_runs
from lab.complexity.sophistication import trace_structure
from lab.core.estimate import Estimate
from lab.core.replicates import average_replicates
from lab.core.units import NATS_PER_BIT
from lab.tables import Tables

ModelCode = Literal["prequential", "parameters"]
FEWEST_SIZES = 3


@dataclass(frozen=True)
class Sophistication:
    """`rows`: the runs of the horizon, with `model_bits` and `rest_bits`; `means` by size over seeds, cheapest model
    first, with `least_bits`; `estimate`: model bits of the cheapest sufficient net, over seeds; `reason` if missing.
    """

    rows: pd.DataFrame
    means: pd.DataFrame
    estimate: Estimate
    tokens: float = 0.0
    reason: str = ""


def measure_sophistication(
    tables: Tables,
    model_code: ModelCode = "prequential",
    bits_per_parameter: float = 16.0,
    significance: float = 0.01,
    level: float = 0.95,
) -> Sophistication:
    """The structure function at the horizon that most sizes share, and the sophistication there.

    Data bits: D · L / ln 2, the training tokens at the final held-out loss. Model bits: 'parameters', their number
    times `bits_per_parameter`; 'prequential', the online code length less the data bits, what learning cost beyond the
    final loss (never more than that, and at least 0). `significance`: how far above the shortest description, as a
    share of it. Each seed has a structure function of its own; the interval is Student's over them.
    """
    runs = select_runs(tables).rows.dropna(subset=["tokens", "loss_nats", "params_total", "online_bits"])
    sizes = runs.groupby("tokens")["params_total"].nunique()
    if sizes.empty or sizes.max() < FEWEST_SIZES:
        most = 0 if sizes.empty else int(sizes.max())
        reason = f"no horizon has {FEWEST_SIZES} sizes with an online code length (the most is {most})"
        return Sophistication(runs, runs, Estimate("sophistication", float("nan"), method=reason), reason=reason)
    tokens = float(sizes[sizes == sizes.max()].index.max())
    rows = runs[runs["tokens"] == tokens]
    data = tokens * rows["loss_nats"] / NATS_PER_BIT
    learned = (rows["online_bits"] - data).clip(lower=0.0)
    model = learned if model_code == "prequential" else rows["params_total"] * bits_per_parameter
    rows = rows.assign(model_bits=model, rest_bits=data)
    values = []
    for _, own in rows.groupby("seed", dropna=False):
        function = trace_structure(own["model_bits"], own["rest_bits"])
        values.append(function.find_sophistication(significance * function.total_bits)[1])
    estimate = average_replicates("sophistication", values, "bits", level)
    means = rows.groupby("params_total", as_index=False)[["model_bits", "rest_bits"]].mean().sort_values("model_bits")
    function = trace_structure(means["model_bits"], means["rest_bits"])
    means = means.assign(least_bits=function.least_bits)
    return Sophistication(rows, means, estimate, tokens)
