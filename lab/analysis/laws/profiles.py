"""How the objective of least squares rises when one parameter is held away from its best value.

A straight profile means that the symmetric interval is right; a bent one shows on which side it is too short.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from lab.analysis.laws.fits import fit_size
from lab.analysis.laws.named import NamedFit, fit_again, read_data
from lab.scaling import LeastSquares
from lab.scaling.intervals.profile import trace_profile
from lab.scaling.problem import Problem, scale_parameters
from lab.tables import Tables

REACH = 3.0  # standard errors to either side
POINTS = 25


def trace_profiles(tables: Tables, law: str, convention: str) -> tuple[NamedFit, pd.DataFrame]:
    """L(N) at the longest horizon by least squares with profile intervals, and a row per parameter and held value:
    name, distance (from the estimate, in standard errors of the parameter's interval scale), root (the signed root of
    the rise of the objective, in units of the runs' scatter: Student's t where the law is straight).

    An empty frame where the runs do not bear the law; the fit says why.
    """
    named = fit_size(tables, convention, law=law)
    if named.fit.covariance is None or named.fit.units < named.fit.n:
        return named, pd.DataFrame(columns=["name", "distance", "root"])
    named = fit_again(tables, named, LeastSquares(), "profile")
    theta, covariance, form = named.fit.theta, named.fit.covariance, named.fit.form
    if theta is None or covariance is None:
        return named, pd.DataFrame(columns=["name", "distance", "root"])
    columns = dict(zip(form.predictors, named.columns, strict=True))
    problem = Problem(form, read_data(form, named.rows_used, columns), LeastSquares())
    rows = []
    for j, parameter in enumerate(form.parameters):
        error = float(np.sqrt(covariance[j, j]))
        distance = np.linspace(-REACH, REACH, POINTS)
        values = float(scale_parameters(form, theta)[j]) + error * distance
        inside = (parameter.scale == "log") | ((values > parameter.low) & (values < parameter.high))
        root = trace_profile(problem, theta, j, values[inside])
        rows += [(named.fit.labels.get(parameter.name, parameter.name), d, r)
                 for d, r in zip(distance[inside], root, strict=True)]  # fmt: skip
    return named, pd.DataFrame(rows, columns=["name", "distance", "root"])
