"""From a study to a forecast that can be sealed: which run, by which law, and that it does not exist yet."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

import lab
from lab.analysis.forecasts.forecasts import LAWS
from lab.analysis.forecasts.outlook import Outlook, look_ahead
from lab.analysis.laws.fits import check_convention, fit_compute, fit_joint, fit_size, fit_tokens
from lab.analysis.laws.named import NamedFit, load_law
from lab.analysis.selection import RECIPE, select_runs
from lab.core.errors import InputError, RefusedError
from lab.runs.provenance import read_commit
from lab.tables import Tables

NEAR = 0.01  # relative difference of N and of D within which a run is the one foretold


@dataclass(frozen=True)
class Foretold:
    """A forecast not yet sealed: the run `at` (column: value) of `recipe`, its `outlook`, and the `fits` behind it."""

    tables: Tables
    at: Mapping[str, float]
    recipe: Mapping[str, str]
    outlook: Outlook
    fits: tuple[NamedFit, ...]

    def to_dict(self, note: str = "") -> dict[str, Any]:
        """What is sealed: literals."""
        return {
            "study": self.tables.study.name,
            "tables_hash": self.tables.hash,
            "at": dict(self.at),
            "recipe": dict(self.recipe),
            "outlook": self.outlook.to_dict(),
            "laws": [describe_law(named) for named in self.fits],
            "note": note,
            "engine": lab.__version__,
            "commit": read_commit(),
        }


def describe_law(named: NamedFit) -> dict[str, Any]:
    """A fit as it is sealed: the law, its predictors and parameters, the loss minimised, and the data by hash."""
    fit = named.fit
    assert fit.theta is not None
    return {
        "law": fit.law,
        "title": named.title,
        "predictors": dict(zip(fit.predictors, named.columns, strict=True)),
        "parameters": dict(zip(fit.form.names, fit.theta.tolist(), strict=True)),
        "status": str(fit.status),
        "loss": str(fit.loss),
        "rows": fit.n,
        "units": fit.units,
        "data_hash": fit.data_hash,
    }


def foretell(
    tables: Tables, at: Mapping[str, float], law: str = "", convention: str = "params_total", runs: int = 1
) -> Foretold:
    """The loss of `runs` new runs `at` columns' values, by `law`; without one, by the first of `LAWS` that answers.

    Raises `RefusedError` where no law answers with an interval, `InputError` for a point that is not positive.
    """
    check_point(at, convention, runs)
    named = choose_fit(tables, at, choose_laws(law), convention)
    x = {name: at[column] for name, column in zip(named.fit.predictors, named.columns, strict=True)}
    return Foretold(tables, at, find_recipe(tables), look_ahead(named.fit, x, runs), (named,))


def check_point(at: Mapping[str, float], convention: str, runs: int) -> None:
    """Raises `InputError` for a point with a value that is not positive, for an unknown convention, for no run."""
    check_convention(convention)
    for column, value in at.items():
        if not (math.isfinite(value) and value > 0):
            raise InputError(f"--at {column}", value, "is a positive number", "for example params_total=1e7,tokens=1e9")
    if runs < 1:
        raise InputError("--seeds", runs, "the number of runs whose mean is foretold is positive", "--seeds 1")


def choose_laws(law: str) -> Sequence[str]:
    """The law asked for, else those tried in order."""
    return [law] if law else LAWS


def choose_fit(tables: Tables, at: Mapping[str, float], laws: Sequence[str], convention: str) -> NamedFit:
    """The first of `laws` that is fitted with an interval; what decides is whether it answers, never what it says."""
    reasons, steps = [], []
    for law in laws:
        try:
            named = fit_toward(tables, at, law, convention)
        except InputError as error:  # the point does not suit this law: perhaps the next
            if len(laws) == 1:
                raise
            reasons.append(error.rule)
            steps.append(error.next_step)
            continue
        if named.fit.uncertainty is not None:
            return named
        reasons.append(f"{law}: {named.fit.reason}")
        steps.append(named.fit.next_step)
    raise RefusedError("forecast", None, "; ".join(reasons), steps[0])


def fit_toward(tables: Tables, at: Mapping[str, float], law: str, convention: str) -> NamedFit:
    """`law` fitted so that it can be asked at the point: a law of one variable at the point's other one.

    Raises `InputError` where the point lacks what the law needs, or where no run has the other variable's value.
    """
    if len(load_law(law).predictors) > 1:
        named = fit_joint(tables, law, convention)
        _demand(at, named.columns, law)
        return named
    if "flops" in at and not {convention, "tokens"} & set(at):
        return fit_compute(tables, "flops", law)
    _demand(at, (convention, "tokens"), law)
    rows = select_runs(tables).rows
    horizon = _find_near(rows["tokens"], at["tokens"])
    if horizon is not None:
        return fit_size(tables, convention, horizon, law)
    size = _find_near(rows[convention], at[convention])
    if size is not None:
        return fit_tokens(tables, float(rows.loc[rows[convention] == size, "size"].iloc[0]), law)
    rule = f"the law {law} has one variable, and no run of the study has these tokens or this size"
    raise InputError("--at", _tell(at), rule, "name a trained horizon or size, or a law of both: --law chinchilla")


def find_recipe(tables: Tables) -> dict[str, str]:
    """Family, optimizer and source of the runs that are fitted."""
    rows = select_runs(tables).rows
    return {name: str(rows[name].iloc[0]) if len(rows) else "" for name in RECIPE}


def find_matches(runs: pd.DataFrame, at: Mapping[str, float], recipe: Mapping[str, str]) -> pd.DataFrame:
    """The runs that are the one foretold: its recipe, and every column of `at` within 1 %; any seed, any status."""
    same = np.ones(len(runs), bool)
    for name, word in recipe.items():
        same &= runs[name].astype(str).to_numpy() == word
    for column, value in at.items():
        known = runs[column].to_numpy(float) if column in runs else np.full(len(runs), np.nan)
        same &= np.abs(known - value) <= NEAR * value
    return runs[same]


def check_unseen(foretold: Foretold, studies: Iterable[Tables]) -> None:
    """Raises `InputError` that names the run where one of the `studies` has the run already."""
    for tables in (foretold.tables, *studies):
        there = find_matches(tables.runs, foretold.at, foretold.recipe)
        there = there[there["status"].isin(["done", "diverged", "running"])]
        if len(there):
            key, status = there["run_key"].iloc[0], there["status"].iloc[0]
            rule = f"the study {tables.study.name} has this run ({status}); a forecast is made before the run exists"
            raise InputError("forecast", f"run {key}", rule, "choose a size and tokens that are not trained yet")


def _demand(at: Mapping[str, float], columns: Iterable[str], law: str) -> None:
    missing = [column for column in columns if column not in at]
    if missing:
        step = "--at " + ",".join(f"{column}=…" for column in (*at, *missing))
        raise InputError("--at", _tell(at), f"the law {law} needs {', '.join(missing)}", step)


def _find_near(values: pd.Series, value: float) -> float | None:
    near = values[(values - value).abs() <= NEAR * value]
    return float(near.iloc[int(np.argmin((near - value).abs()))]) if len(near) else None


def _tell(at: Mapping[str, float]) -> str:
    return ",".join(f"{column}={value:g}" for column, value in at.items())
