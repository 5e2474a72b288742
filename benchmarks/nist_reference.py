"""The general path on NIST's 27 nonlinear problems from both starts, beside SciPy's `curve_fit` as it comes.

A problem counts where every parameter (every standard error) has at least six digits of the certified value.

    python -m benchmarks.nist_reference FOLDER      with NIST's .dat files
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy.optimize import curve_fit

from benchmarks.nist_models import MODELS, Array, Reference, count_digits, read_reference
from lab.scaling import LeastSquares, fit_law

Answer = tuple[Array, Array] | None  # parameters and standard errors


def fit_here(reference: Reference, start: Array) -> Answer:
    """By the lab."""
    fit = fit_law(reference.law, reference.data, LeastSquares(on="raw"), starts=start, interval="t")
    if fit.theta is None or fit.covariance is None:
        return None
    return fit.theta, np.sqrt(np.diag(fit.covariance))


def fit_scipy(reference: Reference, start: Array) -> Answer:
    """By `scipy.optimize.curve_fit` with its defaults."""
    law, data = reference.law, reference.data
    try:
        theta, covariance = curve_fit(lambda _, *p: law.predict(np.array(p), **data.x), data.y, data.y, p0=start)
    except (RuntimeError, ValueError):
        return None
    return theta, np.sqrt(np.abs(np.diag(covariance)))


def count_right(fit: Callable[[Reference, Array], Answer], references: dict[str, Reference]) -> tuple[int, int, float]:
    """Problems × starts with six digits of the parameters, with six of the errors; CPU-seconds of all."""
    parameters = errors = 0
    began = time.process_time()
    for reference in references.values():
        for start in reference.starts:
            answer = fit(reference, start)
            parameters += answer is not None and count_digits(answer[0], reference.parameters) >= 6
            errors += answer is not None and count_digits(answer[1], reference.errors) >= 6
    return parameters, errors, time.process_time() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    warnings.simplefilter("ignore")  # the peer's, on overflow and singular covariances
    references = {name: read_reference(folder, name) for name in MODELS}
    for name, fit in {"lab": fit_here, "curve_fit": fit_scipy}.items():
        parameters, errors, spent = count_right(fit, references)
        print(f"{name:10} parameters {parameters}/54, standard errors {errors}/54, {spent:.2f} CPU-s")


if __name__ == "__main__":
    main()
