"""The 27 nonlinear regression problems of the NIST Statistical Reference Datasets (itl.nist.gov/div898/strd, 1998).

Their models as laws of a user's own: nothing is linear, bounded or positive by declaration, and the starts are NIST's.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.scaling import Data, Law, Parameter

Array = NDArray[Any]
Model = Callable[..., Array]


def exponentials(x: Array, *b: Array) -> Array:
    """Σ_k b_2k exp(−b_2k+1 x)."""
    return np.asarray(sum(b[k] * np.exp(-b[k + 1] * x) for k in range(0, len(b), 2)))


def gaussians(x: Array, *b: Array) -> Array:
    """A decay and two bells."""
    bells = (b[k] * np.exp(-((x - b[k + 1]) ** 2) / b[k + 2] ** 2) for k in (2, 5))
    return np.asarray(b[0] * np.exp(-b[1] * x) + sum(bells))


def ratio(x: Array, *b: Array) -> Array:
    """Polynomials over each other, the denominator's constant 1."""
    half = len(b) // 2 + 1
    above = sum(b[k] * x**k for k in range(half))
    return np.asarray(above / (1 + sum(b[half + k] * x ** (k + 1) for k in range(len(b) - half))))


def seasons(x: Array, *b: Array) -> Array:
    """A year and two cycles of unknown length."""
    cycles = (b[k + 1] * np.cos(2 * np.pi * x / b[k]) + b[k + 2] * np.sin(2 * np.pi * x / b[k]) for k in (3, 6))
    return np.asarray(b[0] + b[1] * np.cos(np.pi * x / 6) + b[2] * np.sin(np.pi * x / 6) + sum(cycles))


MODELS: dict[str, Model] = {
    "Bennett5": lambda x, b1, b2, b3: b1 * (b2 + x) ** (-1 / b3),
    "BoxBOD": lambda x, b1, b2: b1 * (1 - np.exp(-b2 * x)),
    "Chwirut1": lambda x, b1, b2, b3: np.exp(-b1 * x) / (b2 + b3 * x),
    "Chwirut2": lambda x, b1, b2, b3: np.exp(-b1 * x) / (b2 + b3 * x),
    "DanWood": lambda x, b1, b2: b1 * x**b2,
    "ENSO": seasons,
    "Eckerle4": lambda x, b1, b2, b3: b1 / b2 * np.exp(-(((x - b3) / b2) ** 2) / 2),
    "Gauss1": gaussians,
    "Gauss2": gaussians,
    "Gauss3": gaussians,
    "Hahn1": ratio,
    "Kirby2": ratio,
    "Lanczos1": exponentials,
    "Lanczos2": exponentials,
    "Lanczos3": exponentials,
    "MGH09": lambda x, b1, b2, b3, b4: b1 * (x**2 + b2 * x) / (x**2 + b3 * x + b4),
    "MGH10": lambda x, b1, b2, b3: b1 * np.exp(b2 / (x + b3)),
    "MGH17": lambda x, b1, b2, b3, b4, b5: b1 + b2 * np.exp(-b4 * x) + b3 * np.exp(-b5 * x),
    "Misra1a": lambda x, b1, b2: b1 * (1 - np.exp(-b2 * x)),
    "Misra1b": lambda x, b1, b2: b1 * (1 - (1 + b2 * x / 2) ** -2),
    "Misra1c": lambda x, b1, b2: b1 * (1 - (1 + 2 * b2 * x) ** -0.5),
    "Misra1d": lambda x, b1, b2: b1 * b2 * x / (1 + b2 * x),
    "Nelson": lambda x1, x2, b1, b2, b3: b1 - b2 * x1 * np.exp(-b3 * x2),
    "Rat42": lambda x, b1, b2, b3: b1 / (1 + np.exp(b2 - b3 * x)),
    "Rat43": lambda x, b1, b2, b3, b4: b1 / (1 + np.exp(b2 - b3 * x)) ** (1 / b4),
    "Roszman1": lambda x, b1, b2, b3, b4: b1 - b2 * x - np.arctan(b3 / (x - b4)) / np.pi,
    "Thurber": ratio,
}


@dataclass(frozen=True)
class Reference:
    """One problem: the law, its data, NIST's two starts (2, p), certified parameters and standard errors (p,)."""

    law: Law
    data: Data
    starts: Array
    parameters: Array
    errors: Array


def make_law(name: str, size: int) -> Law:
    """The model of a problem with `size` parameters, as a law."""
    model = MODELS[name]

    class Problem(Law):
        """A model of NIST's nonlinear regression problems, 1998."""

        citation = "NIST Statistical Reference Datasets, nonlinear regression, 1998"
        predictors = ("x1", "x2") if name == "Nelson" else ("x",)
        parameters = tuple(Parameter(f"b{j + 1}", f"b{j + 1}", low=-np.inf) for j in range(size))
        positive = False

        def predict(self, theta: Array, **x: Array) -> Array:
            """The model's value."""
            return model(*(x[key] for key in self.predictors), *self.split(theta))

    Problem.name = name
    return Problem()


def read_reference(folder: Path, name: str) -> Reference:
    """A problem from NIST's own file, `folder`/NAME.dat."""
    lines = (folder / f"{name}.dat").read_text(encoding="latin-1").splitlines()
    rows = [line.split("=")[1].split() for line in lines if re.match(r"\s*b\d+\s*=", line)]
    table = np.array([row[:4] for row in rows], float)
    begin = max(i for i, line in enumerate(lines) if line.startswith("Data:")) + 1
    values = np.array([line.split() for line in lines[begin:] if line.strip()], float)
    y = np.log(values[:, 0]) if name == "Nelson" else values[:, 0]
    law = make_law(name, len(table))
    x = dict(zip(law.predictors, values[:, 1:].T, strict=True))
    return Reference(law, Data(x, y, np.arange(len(y))), table[:, :2].T, table[:, 2], table[:, 3])


def count_digits(found: Array, certified: Array) -> float:
    """Least number of agreeing digits, −log10 of the relative error, 11 at most (NIST certifies no more)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        digits = -np.log10(np.abs(found - certified) / np.abs(certified))
    return float(np.clip(np.nan_to_num(digits, nan=0.0, posinf=11.0), 0, 11).min())
