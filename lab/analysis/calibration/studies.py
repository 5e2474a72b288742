"""The evaluations of a study as predictions, a model per size: what its figures of calibration are drawn from.

From the cells that every run stores: the confidence of a cell is its mean, and documents stay together.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lab.analysis.calibration.assessment import assess_predictions, list_measures
from lab.analysis.calibration.reading import ReadPredictions
from lab.analysis.calibration.scaling import Cells, keep_longest
from lab.analysis.calibration.tabulating import tabulate_assessment
from lab.calibration.predictions import Predictions
from lab.core.errors import RefusedError
from lab.core.units import format_count
from lab.tables import Tables
from lab.tables.frames import tidy_runs

SHOWN = ("ece_equal_width", "miscalibration", "discrimination", "uncertainty", "brier")
MOST_MODELS = 6


def predict_from_cells(cells: Cells) -> Predictions:
    """What a run said and what came, as weighted rows: a document's cell with either outcome is a row.

    Exact for sums over cells; the order and the spread of confidences within a cell of width 1/50 are lost.
    """
    document, cell = np.nonzero(cells.places)
    places, right = cells.places[document, cell], cells.right[document, cell]
    confidence = np.clip(cells.said[document, cell] / places, 0.0, 1.0)
    weight = np.concatenate([right, places - right])
    held = weight > 0
    outcome = np.repeat([1.0, 0.0], len(places))
    both = np.tile(confidence, 2)[held], outcome[held], weight[held], np.tile(document, 2)[held]
    return Predictions.of_confidences(*both)


def assess_study(tables: Tables, cells: Mapping[str, Cells], replicates: int = 100, seed: int = 0) -> Tables:
    """The study's own rows, and those of a model per family and size as a file of predictions has them: at most six.

    Of each size the longest run of the least seed, at the best learning rate. Raises `RefusedError` where no such run
    stored its cells.
    """
    rows = keep_longest(tables, cells).sort_values(["tokens", "seed"], ascending=[False, True])
    rows = rows.drop_duplicates(["family", "params_total"])
    rows = rows.sort_values(["family", "params_total"], ignore_index=True)
    if rows.empty:
        rule = "no run that a law would be fitted to kept the cells of its evaluation"
        raise RefusedError(f"study {tables.study.name}", None, rule, "name a study of trained language models")
    shown = rows.iloc[np.unique(np.linspace(0, len(rows) - 1, min(MOST_MODELS, len(rows))).round().astype(int))]
    families = len(rows["family"].unique())
    runs, curves = [], []
    for row in shown.to_dict("records"):
        size = f"{format_count(row['params_total'])} parameters"
        name = f"{row['family']}, {size}" if families > 1 else size
        predictions = predict_from_cells(cells[row["run_key"]])
        measures = [one for one in list_measures(predictions) if one.name in SHOWN]
        read = ReadPredictions(name, predictions)
        found = assess_predictions(read, replicates=replicates, seed=seed, measures=measures)
        one = tabulate_assessment(found)
        runs.append(one.runs.assign(family=row["family"], params_total=row["params_total"], seed=row["seed"]))
        curves.append(one.curves)
    added = pd.concat(runs, ignore_index=True).assign(study=tables.study.name)
    frame = tidy_runs(pd.concat([tables.runs, added], ignore_index=True))
    return Tables(tables.study, frame, pd.concat([tables.curves, *curves], ignore_index=True), tables.notes)
