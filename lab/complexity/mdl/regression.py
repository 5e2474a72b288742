"""Linear regression with normal noise: the codes of y given the columns of a design matrix X, order by order.

A value of y is coded at a precision of one unit: lengths are −log2 of densities, comparable between codes and orders,
and may be negative. Values have a mean square of one, so that one prior and one domain fit all.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.polynomial.legendre import legvander
from numpy.typing import NDArray
from scipy.special import gammaln

from lab.complexity.mdl.panel import ALL_ORDERS, Panel
from lab.complexity.mdl.prequential import list_boundaries
from lab.complexity.mdl.switching import count_switch_bits
from lab.core.errors import InputError
from lab.core.units import bits_from_nats

Values = NDArray[np.float64]
Matrix = NDArray[np.float64]

PRIOR_EXAMPLES = 1.0  # shape a₀ and scale b₀ of the noise's inverse gamma prior: one example of variance one
PRIOR_PRECISION = 0.1  # of a coefficient, over the noise's: vague beside standardised values
LEAST = 2.0**-20  # of the mean squared residual and of the mean squared fitted value; neither is above 1


def describe_polynomial(x: Values, y: Values, orders: Sequence[int]) -> Panel:
    """Every code's length of y given x, both shape (n,), by a polynomial of each of the `orders` (its degree).

    x is scaled to [−1, 1] and the columns are Legendre polynomials; y is scaled to a mean square of one, by a factor
    the decoder is taken to know. Raises `InputError` for unequal lengths, values that are not finite or all alike, too
    few values for the largest order, or values that lie on a curve: without noise a density has no code length.
    """
    _check(x, y, orders)
    design = legvander(2 * (x - x.min()) / (x.max() - x.min()) - 1, max(orders))
    values = y / np.sqrt(np.mean(y**2))
    if _fit(design, values)[0] < LEAST:
        raise InputError("regression", "values on a curve", "y has noise about the polynomial", "ask for less order")
    lengths: dict[str, dict[int, float]] = {}
    hindsight, traces = {}, []
    for order in orders:
        columns = design[:, : order + 1]
        hindsight[order] = count_hindsight_bits(columns, values)
        traces.append(trace_bayes_bits(columns, values))
        found = {
            "two_part": count_two_part_bits(columns, values),
            "nml": count_nml_bits(columns, values),
            "bayes": float(traces[-1].sum()),
            "prequential": count_plug_in_bits(columns, values, range(1, len(values))),
            "prequential_block": count_plug_in_bits(columns, values, list_boundaries(len(values))),
        }
        for code, bits in found.items():
            lengths.setdefault(code, {})[order] = bits
    lengths["switch"] = {ALL_ORDERS: count_switch_bits(np.stack(traces, axis=1))}
    return Panel(lengths, hindsight, {order: order + 2 for order in orders}, len(values))


def count_hindsight_bits(design: Matrix, values: Values) -> float:
    """n/2 log2(2πe τ̂), τ̂ the mean squared residual of least squares."""
    return len(values) / 2 * math.log2(2 * math.pi * math.e * _fit(design, values)[0])


def count_two_part_bits(design: Matrix, values: Values) -> float:
    """Hindsight plus ½ log2 n for each coefficient and for the noise: Rissanen 1978, to first order."""
    return count_hindsight_bits(design, values) + (int(design.shape[1]) + 1) / 2 * math.log2(len(values))


def count_nml_bits(design: Matrix, values: Values) -> float:
    """Normalised maximum likelihood, its two hyperparameters normalised away as well (Rissanen 2000, IEEE Transactions
    on Information Theory 46, MDL denoising).

    In nats: (n−k)/2 ln τ̂ + k/2 ln R̂ + n/2 ln nπ − ln Γ((n−k)/2) − ln Γ(k/2) + ln ln r + ln(ln r + 2/k), τ̂ the mean
    squared residual, R̂ the mean squared fitted value, k the columns; both lie below 1 and r = 2²⁰ is their range. A
    fitted value below the range is coded as if at its end: the 2/k.
    """
    n, k = design.shape
    residual, fitted = _fit(design, values)
    nats = (n - k) / 2 * math.log(residual) + k / 2 * math.log(max(fitted, LEAST)) + n / 2 * math.log(n * math.pi)
    nats -= float(gammaln((n - k) / 2) + gammaln(k / 2))
    return bits_from_nats(nats + math.log(-math.log(LEAST)) + math.log(2 / k - math.log(LEAST)))


def count_bayes_bits(design: Matrix, values: Values) -> float:
    """The marginal likelihood under the conjugate prior, closed form: β | τ ~ N(0, τ/λ), τ ~ inverse gamma(a₀, b₀)."""
    n, k = design.shape
    precision = design.T @ design + PRIOR_PRECISION * np.eye(k)
    mean = np.linalg.solve(precision, design.T @ values)
    scale = (PRIOR_EXAMPLES + float(values @ values - mean @ precision @ mean)) / 2
    shape = PRIOR_EXAMPLES / 2
    nats = n / 2 * math.log(2 * math.pi) + (np.linalg.slogdet(precision)[1] - k * math.log(PRIOR_PRECISION)) / 2
    nats += (shape + n / 2) * math.log(scale) - shape * math.log(shape)
    nats += float(gammaln(shape) - gammaln(shape + n / 2))
    return bits_from_nats(float(nats))


def trace_bayes_bits(design: Matrix, values: Values) -> Values:
    """Bits of each value by its Student-t prediction from those before it: they sum to `count_bayes_bits`."""
    bits = np.empty(len(values))
    for t, (mean, covariance, scale, shape) in enumerate(_follow(design, values)):
        row = design[t]
        degrees = 2 * shape
        spread = scale / shape * (1 + float(row @ covariance @ row))
        squared = (values[t] - float(row @ mean)) ** 2 / (degrees * spread)
        nats = float(gammaln(shape) - gammaln(shape + 0.5)) + math.log(degrees * math.pi * spread) / 2
        bits[t] = bits_from_nats(nats + (shape + 0.5) * math.log1p(squared))
    return bits


def count_plug_in_bits(design: Matrix, values: Values, boundaries: Sequence[int]) -> float:
    """Each value by the normal density of the parameters estimated at the last of the `boundaries` at or before it.

    Estimates are posterior means under the same prior, the noise b/a, so that they exist before the first value too.
    """
    anew, bits = set(boundaries), 0.0
    current: tuple[Values, float] = (np.zeros(design.shape[1]), 1.0)
    for t, (mean, _, scale, shape) in enumerate(_follow(design, values)):
        if t in anew:
            current = (mean, scale / shape)
        error = values[t] - float(design[t] @ current[0])
        bits += bits_from_nats(math.log(2 * math.pi * current[1]) / 2 + error**2 / (2 * current[1]))
    return bits


def _follow(design: Matrix, values: Values) -> Iterator[tuple[Values, Matrix, float, float]]:
    """Mean and covariance (over the noise) of the coefficients, scale and shape of the noise, before each value."""
    k = design.shape[1]
    covariance, mean = np.eye(k) / PRIOR_PRECISION, np.zeros(k)
    scale = shape = PRIOR_EXAMPLES / 2
    for row, value in zip(design, values, strict=True):
        yield mean, covariance, scale, shape
        reach = covariance @ row
        spread = 1 + float(row @ reach)
        error = float(value - row @ mean)
        mean = mean + reach * (error / spread)
        covariance = covariance - np.outer(reach, reach) / spread
        scale += error**2 / (2 * spread)
        shape += 0.5


def _fit(design: Matrix, values: Values) -> tuple[float, float]:
    """Mean squared residual, and mean squared fitted value, of least squares."""
    coefficients = np.linalg.lstsq(design, values, rcond=None)[0]
    fitted = design @ coefficients
    return float(np.mean((values - fitted) ** 2)), float(np.mean(fitted**2))


def _check(x: Values, y: Values, orders: Sequence[int]) -> None:
    if not orders or min(orders) < 0 or len(set(orders)) < len(orders):
        raise InputError("orders", list(orders), "are different whole numbers from 0 up", "for example 0 to 6")
    if x.shape != y.shape or x.ndim != 1:
        raise InputError("regression", [x.shape, y.shape], "needs as many values of x as of y")
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise InputError("regression", "a value that is not finite", "every x and y is a number", "drop such rows")
    if len(x) < max(orders) + 3:
        raise InputError("regression", f"{len(x)} rows", f"needs {max(orders) + 3} for order {max(orders)}")
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        raise InputError("regression", "a constant column", "x and y vary")
