"""The panel of one object: a sequence as Markov chains, values given others as a polynomial, or values alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.polynomial.legendre import legval

from lab.analysis.complexity.objects import open_object
from lab.complexity.mdl.gaussian import Domain, describe_normal
from lab.complexity.mdl.markov import describe_chain
from lab.complexity.mdl.panel import Panel
from lab.complexity.mdl.regression import Values, describe_polynomial
from lab.core.errors import InputError, RefusedError, UnknownNameError
from lab.core.estimate import Estimate
from lab.core.seeds import open_stream
from lab.tables import Study, Tables
from lab.tables.frames import tidy_runs
from lab.tables.importing import read_file

ModelClass = Literal["markov", "polynomial", "normal"]
EXACT = "the length of these very data: no sampling"
MOST_SYMBOLS = 2**20  # a quarter of a minute; with all orders below 1 GB
LARGEST_ORDER = 16


def describe_sequence(
    name: str, orders: Sequence[int], length: int | None = None, seed: int = 0, alphabet: int | None = None
) -> Panel:
    """Any object that `open_object` opens, its symbols in row order, as chains of the orders.

    Raises `InputError`, and `RefusedError` above 2^20 symbols: each code keeps some bytes a symbol and order.
    """
    message = open_object(name, length, seed, alphabet).message
    if len(message) > MOST_SYMBOLS:
        rule = f"chains take at most {MOST_SYMBOLS:,} symbols, for their time and memory"
        raise RefusedError(f"chains of {name}", f"{len(message):,} symbols", rule, "describe a part with --length")
    return describe_chain(message.sequence.astype(np.int64), message.alphabet, orders)


def describe_columns(path: Path, x: str, y: str, orders: Sequence[int], precision: float | None = None) -> Panel:
    """Column `y` of a table file given column `x`, as polynomials of the orders, each y told to `precision`.

    Without one it is the least difference between two values of y. A density times the precision is a probability only
    where the noise is wider than it. Raises `InputError`, also for a precision that the best fit's noise is below.
    """
    given, values = _read_columns(path, x, y)
    return _describe_values(given, values, orders, precision)


def describe_column(path: Path, name: str, domain: Domain, precision: float | None = None) -> Panel:
    """A column of a table file as independent normal values, each told to `precision`, as in `describe_columns`.

    The domain is in the column's unit. Raises `InputError`, also for values that it does not hold.
    """
    values = _read_columns(path, name)[0]
    return _tell(describe_normal(values, domain), values, 1.0, precision)


def describe_curve(degree: int, n: int, noise: float, orders: Sequence[int], seed: int = 0) -> Panel:
    """Values about a polynomial as polynomials of the orders, told to a fiftieth of the noise.

    x is uniform on [−1, 1]; y sums the Legendre polynomials up to `degree`, each with a mean square of one and a sign
    drawn by the seed, and normal noise of deviation `noise`. `degree` is the true order. Raises `InputError`.
    """
    rng = open_stream(seed, "panels", "curve")
    x = rng.uniform(-1, 1, n)
    coefficients = rng.choice((-1.0, 1.0), degree + 1) * np.sqrt(2 * np.arange(degree + 1) + 1)
    y = legval(x, coefficients) + noise * rng.standard_normal(n)
    precision = noise / 50
    return _describe_values(x, precision * np.round(y / precision), orders, precision)


def _read_columns(path: Path, *names: str) -> list[Values]:
    frame = read_file(path)
    for name in names:
        if name not in frame:
            raise UnknownNameError.among(f"column of {path.name}", name, map(str, frame.columns))
    return [pd.to_numeric(frame[name], errors="coerce").to_numpy(float) for name in names]


def _describe_values(given: Values, values: Values, orders: Sequence[int], precision: float | None) -> Panel:
    return _tell(describe_polynomial(given, values, orders), values, float(np.sqrt(np.mean(values**2))), precision)


def _tell(panel: Panel, values: Values, unit: float, precision: float | None) -> Panel:
    """The panel, whose lengths are those of a precision of `unit`, with values told to `precision`."""
    told = float(np.diff(np.unique(values)).min()) if precision is None else precision
    noise = unit * 2.0 ** (min(panel.hindsight.values()) / panel.n) / math.sqrt(2 * math.pi * math.e)
    if not 0 < told <= noise:
        rule = f"lies above 0 and not above the noise about the best fit, {noise:.3g}"
        raise InputError("--precision", told, rule, "state a finer one: the lengths are relative to it")
    return panel.refine(unit, told)


def parse_domain(text: str) -> Domain:
    """'MEAN,LEAST,MOST' as a domain of normal values; raises `InputError`."""
    rule = "names the largest |mean|, the least deviation and the largest, agreed before the data are seen"
    try:
        largest_mean, least, most = map(float, text.split(","))
    except ValueError:
        raise InputError("--domain", text or None, rule, "for example --domain 100,0.1,50") from None
    return Domain(largest_mean, least, most)


def check_model(name: str) -> ModelClass:
    """The model class called `name`; raises `UnknownNameError`."""
    for known in get_args(ModelClass):
        if name == known:
            return known  # type: ignore[no-any-return]
    raise UnknownNameError.among("--model", name, get_args(ModelClass))


def parse_orders(text: str) -> list[int]:
    """'0-4' or '0,1,3' as whole numbers of at most 16; raises `InputError`."""
    first, dash, last = text.partition("-")
    rule = "a range from the lower to the higher order, or a list"
    try:
        ends = [int(part) for part in ((first, last) if dash else text.split(","))]
    except ValueError:
        raise InputError("--orders", text, rule, "for example 0-4 or 0,1,3") from None
    if max(ends) > LARGEST_ORDER:
        raise InputError("--orders", text[:40], f"orders reach to {LARGEST_ORDER}", "ask for less")
    orders = list(range(ends[0], ends[1] + 1)) if dash else ends
    if not orders:
        raise InputError("--orders", text, rule, "for example 0-4 or 0,1,3")
    return orders


def estimate_total(panel: Panel, code: str) -> Estimate:
    """The code's shortest description, the name of its order included."""
    return Estimate(code, panel.count_total_bits(code), unit="bits", method=EXACT, n=panel.n)


def tabulate_panel(name: str, panel: Panel) -> Tables:
    """The panel as a study of one run, so that the figures of studies draw it."""
    run = {"run_key": "object", "trunk_key": "object", "seed": 0, "source": name, "status": "done", "tokens": panel.n}
    runs = pd.DataFrame([{**run, "true_order": np.nan, "params_total": np.nan}])
    curve = pd.DataFrame(panel.tabulate()).astype(float).assign(run_key="object", trunk_key="object")
    return Tables(Study(name, origin="import"), tidy_runs(runs), curve)
