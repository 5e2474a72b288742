"""L(N, D) = E + A·N^(−α)·D^(−β): size and data multiply (Zhang et al. 2024, arXiv 2402.17193)."""

from __future__ import annotations

from lab.scaling.law import Parameter
from lab.scaling.power_sum import PowerSum, Term


class Multiplicative(PowerSum):
    """L(N, D) = E + A·N^(−α)·D^(−β); N parameters, D tokens (in the paper: of finetuning), L and E in nats per token.

    Zhang et al. 2024, arXiv 2402.17193. There is no best size at fixed compute: the larger exponent takes all.
    """

    name = "multiplicative"
    citation = "Zhang et al. 2024, When Scaling Meets LLM Finetuning, arXiv 2402.17193"
    predictors = ("size", "tokens")
    parameters = (
        Parameter("E", "E", "nats/token", linear=True),
        Parameter("A", "A", "nats/token·N^α·D^β", linear=True, scale="log"),
        Parameter("alpha", "α", low=-3.0, high=3.0),
        Parameter("beta", "β", low=-3.0, high=3.0),
    )
    terms = (Term("E"), Term("A", "size", "alpha", further=(("tokens", "beta"),)))


law = Multiplicative()
