"""What studies of description length say: regret against length, the order chosen, bits of one code over another.

Every number is found once per trunk (a seed's draws) and averaged over trunks.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from lab.core.estimate import Estimate
from lab.core.replicates import average_replicates
from lab.tables import Tables

CHAIN_CODES = (
    "two_part",
    "nml",
    "nml_asymptotic",
    "bayes_jeffreys",
    "bayes_laplace",
    "bayes",
    "prequential",
    "prequential_block",
)
LABEL_CODES = ("uniform", "two_part", "variational", "prequential_block", "switch")
LABEL_MODELS = ("logistic", "net")
FEWEST_LENGTHS = 4  # sequences of one trunk that a slope is fitted to


def list_panels(tables: Tables) -> pd.DataFrame:
    """A row per finished description, order and code, with description_bits and regret_bits; or no row at all."""
    runs, curves = tables.runs, tables.curves
    if not {"true_order", "params_total"} <= set(runs) or not {"order", "hindsight_bits"} <= set(curves):
        return pd.DataFrame()
    known = ["run_key", "seed", "source", "tokens", "params_total", "true_order"]
    codes = [f"{code}_bits" for code in CHAIN_CODES if f"{code}_bits" in curves]
    points = curves[["run_key", "trunk_key", "order", "hindsight_bits", *codes]].dropna(subset=["order"])
    rows = runs.loc[runs["status"] == "done", known].merge(points, on="run_key")
    long = rows.melt(
        [*known, "trunk_key", "order", "hindsight_bits"], codes, var_name="code", value_name="description_bits"
    ).dropna(subset=["description_bits"])
    long["code"] = long["code"].str.removesuffix("_bits")
    long["regret_bits"] = long["description_bits"] - long["hindsight_bits"]
    return long.drop(columns="hindsight_bits").reset_index(drop=True)


def select_truth(panels: pd.DataFrame, code: str, true_order: int) -> pd.DataFrame:
    """The lengths by one code of the sequences whose true order is `true_order`, at that order."""
    if panels.empty:
        return panels
    own = (panels["code"] == code) & (panels["true_order"] == true_order)
    return panels[own & (panels["order"] == true_order)]


def estimate_slope(panels: pd.DataFrame, code: str, true_order: int, level: float = 0.95) -> Estimate:
    """Slope of regret at the true order on log2 n, per parameter: least squares in each trunk of 4 lengths or more."""
    rows, slopes = select_truth(panels, code, true_order), []
    for _, own in rows.groupby("trunk_key") if len(rows) else ():
        if own["tokens"].nunique() >= FEWEST_LENGTHS:
            slope = np.polyfit(np.log2(own["tokens"]), own["regret_bits"], 1)[0]
            slopes.append(float(slope / own["params_total"].iloc[0]))
    return average_replicates(f"regret slope, {code}", slopes, "bits per parameter and doubling", level)


def choose_orders(panels: pd.DataFrame) -> pd.DataFrame:
    """A row per run and code: the order of the shortest length, and by how many bits the true order beats all others
    (negative where another is shorter).
    """
    if panels.empty:
        return panels
    keys = ["run_key", "trunk_key", "seed", "source", "tokens", "true_order", "code"]
    true = panels["order"] == panels["true_order"]
    best = panels.loc[panels.groupby(keys)["description_bits"].idxmin(), [*keys, "order"]]
    ours = panels[true].set_index(keys)["description_bits"]
    others = panels[~true].groupby(keys)["description_bits"].min()
    margins = (others - ours).rename("lead_bits").dropna().reset_index()
    return best.merge(margins, on=keys)


def estimate_lead(panels: pd.DataFrame, code: str, true_order: int, level: float = 0.95) -> Estimate:
    """By how many bits the true order beats all others at the greatest length of each trunk."""
    chosen = choose_orders(panels)
    leads: list[float] = []
    if len(chosen):
        own = chosen[(chosen["code"] == code) & (chosen["true_order"] == true_order)]
        leads = list(own.sort_values("tokens").groupby("trunk_key")["lead_bits"].last())
    return average_replicates(f"lead of the true order, {code}", leads, "bits", level)


def estimate_interior(tables: Tables, level: float = 0.95) -> Estimate:
    """How much the test error rises from where the total is least to the nearer of the two ends of the grid, in logs.

    Per trunk the lesser of ln(error at the lightest weight / error at the least total) and the same of the heaviest;
    0 or less where the least total stands at an end.
    """
    rises = []
    for _, own in _list_trunks(tables, "kl_weight", "variational_bits", "test_error"):
        if own["kl_weight"].nunique() >= FEWEST_LENGTHS:
            ordered = np.log(own.sort_values("kl_weight")["test_error"].to_numpy(float))
            least = int(own.sort_values("kl_weight")["variational_bits"].to_numpy(float).argmin())
            rises.append(float(min(ordered[0], ordered[-1]) - ordered[least]))
    return average_replicates("rise of the test error to the nearer end", rises, "ln", level)


def estimate_difference(tables: Tables, longer: str, shorter: str, level: float = 0.95) -> Estimate:
    """Bits per example by which one code's column exceeds another's: the mean of each trunk, then over trunks."""
    differences = [
        float(((own[longer] - own[shorter]) / own["examples"]).mean())
        for _, own in _list_trunks(tables, "examples", longer, shorter)
    ]
    name = f"{longer.removesuffix('_bits')} over {shorter.removesuffix('_bits')}".replace("_", " ")
    return average_replicates(name, differences, "bits/example", level)


def select_labels(tables: Tables, model: str) -> pd.DataFrame:
    """The runs that coded labels by one model; those that name none are of the logistic regression."""
    runs = tables.runs
    if "uniform_bits" not in runs:
        return runs.iloc[:0]
    models = runs["model"].fillna("logistic") if "model" in runs else "logistic"
    own: pd.DataFrame = runs[runs["uniform_bits"].notna() & (models == model)]
    return own


def _list_trunks(tables: Tables, *columns: str) -> list[tuple[str, pd.DataFrame]]:
    """Finished runs that have all of the columns, by trunk."""
    if not set(columns) <= set(tables.runs):
        return []
    done = tables.runs[tables.runs["status"] == "done"].dropna(subset=list(columns))
    return [(str(trunk), own) for trunk, own in done.groupby("trunk_key")]
