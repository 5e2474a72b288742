"""L(x) = E + A·x^(−α): a power law above an irreducible loss (Henighan et al. 2020, arXiv 2010.14701, eq. 1.1)."""

from __future__ import annotations

from lab.scaling.law import Parameter
from lab.scaling.power_sum import PowerSum, Term


class Power(PowerSum):
    """L(x) = E + A·x^(−α). x is parameters, tokens or FLOP; L and E in nats per token.

    Henighan et al. 2020, arXiv 2010.14701, eq. 1.1; Hestness et al. 2017, arXiv 1712.00409, section 2. E is bounded
    below by 0; an E that goes there is reported as a bound hit and not as a fit.
    """

    name = "power"
    citation = "Henighan et al. 2020, Scaling Laws for Autoregressive Generative Modeling, arXiv 2010.14701, eq. 1.1"
    predictors = ("x",)
    parameters = (
        Parameter("E", "E", "nats/token", linear=True),
        Parameter("A", "A", "nats/token·x^α", linear=True, scale="log"),
        Parameter("alpha", "α", low=0.0, high=3.0),
    )
    terms = (Term("E"), Term("A", "x", "alpha"))


law = Power()
