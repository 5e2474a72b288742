"""L(x) = A·x^(−α): a power law without an irreducible loss (Kaplan et al. 2020, arXiv 2001.08361, eqs. 1.1 to 1.3)."""

from __future__ import annotations

from lab.scaling.law import Parameter
from lab.scaling.power_sum import PowerSum, Term


class PurePower(PowerSum):
    """L(x) = A·x^(−α), Kaplan's (x_c/x)^α with A = x_c^α. x is parameters, tokens or FLOP; L in nats per token.

    Kaplan et al. 2020, arXiv 2001.08361, eqs. 1.1 to 1.3. The exponent may be negative, so that "no effect" lies inside
    its range.
    """

    name = "pure_power"
    citation = "Kaplan et al. 2020, Scaling Laws for Neural Language Models, arXiv 2001.08361, eqs. 1.1-1.3"
    predictors = ("x",)
    parameters = (
        Parameter("A", "A", "nats/token·x^α", linear=True, scale="log"),
        Parameter("alpha", "α", low=-3.0, high=3.0),
    )
    terms = (Term("A", "x", "alpha"),)


law = PurePower()
