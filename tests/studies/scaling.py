"""Runs of a known surface, with a floor, a search over three rates, and one run that diverged."""

import numpy as np

from lab.tables import Tables
from tests import synthetic


def make_tables() -> Tables:
    study = synthetic.make_tables(rates=(0.01, 0.02, 0.04), floor_nats=0.9)
    study.runs.loc[study.runs["stage"].eq("search").idxmax(), ["status", "loss_nats"]] = ["diverged", np.nan]
    return study
