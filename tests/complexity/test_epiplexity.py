"""Epiplexity against the paper's own table, its calculus, and curves whose area is known."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from lab.complexity.epiplexity import LossLaw, measure_areas, split_tokens
from lab.core.errors import InputError

BIT = np.log(2.0)
LANGUAGE = LossLaw(E=1.693, alpha=0.3392, N0=4.915e7, beta=0.2849, D0=1.491e9)

# Computed from the paper's notebook at 10^25 FLOP and 10^12 test tokens: β, D0, D*, S, H (bits), S/(S+H) in percent.
# Of the images and the video no α, N0 and E were kept, so that their D* and H cannot be computed again.
DOMAINS = {
    "language": (0.2849, 1.491e9, 8.409e11, 7.95e10, 2.725e12, 2.84),
    "image vq 16²": (0.4408, 4.437e7, 8.646e11, 1.264e10, 6.129e12, 0.21),
    "image vq 32²": (0.5599, 1.626e8, 7.776e11, 1.242e10, 4.806e12, 0.26),
    "video vq 16³": (0.7179, 1.787e8, 8.870e11, 7.24e9, 1.657e12, 0.43),
    "image 32²": (0.3994, 1.946e6, 8.256e11, 4.48e9, 3.323e12, 0.13),
    "image 16²": (0.8200, 8.94e7, 6.422e11, 2.91e9, 3.869e12, 0.08),
    "image 8²": (0.5659, 2.656e6, 7.930e11, 1.19e9, 4.531e12, 0.03),
}


def test_the_language_row() -> None:
    found = split_tokens(LANGUAGE, 1e25, 1e12)
    assert_allclose(found.tokens, 8.409e11, rtol=5e-4)
    assert_allclose(found.structure / BIT, 7.95e10, rtol=5e-3)
    assert_allclose(found.random / BIT, 2.725e12, rtol=5e-3)
    assert_allclose(100 * found.share, 2.84, atol=0.005)
    assert_allclose(split_tokens(LANGUAGE, 1e25, 1e12, tokens=1e12).structure / BIT, 9.00e10, rtol=5e-3)


@pytest.mark.parametrize("domain", DOMAINS)
def test_the_other_rows(domain: str) -> None:
    """S at the published D*, the share from it and H, and a slope of the size term that makes that D* the best."""
    beta, tokens_unit, tokens, structure, random, share = DOMAINS[domain]
    law = LossLaw(E=np.nan, alpha=np.nan, N0=np.nan, beta=beta, D0=tokens_unit)
    assert_allclose(law.structure(tokens) / BIT, structure, rtol=5e-3)
    assert_allclose(100 * structure / (structure + random), share, atol=0.006)
    slope = beta * law.token_term(tokens) * (1 - tokens / 1e12) * (6 * tokens + 2e12) / (6 * tokens)
    rest = random * BIT / 1e12 - law.token_term(tokens)
    assert 0 < slope < rest, "α·l_N of a law with E + l_N = rest exists"


def test_the_two_refits_of_chinchilla_differ_by_two_fifths() -> None:
    hoffmann = LossLaw.from_coefficients(1.69, 406.4, 0.34, 410.7, 0.28)
    besiroglu = LossLaw.from_coefficients(1.8172, 482.01, 0.3478, 2085.43, 0.3658)
    assert_allclose(hoffmann.structure(1e12) / BIT, 1.01e11, rtol=5e-3)
    assert_allclose(besiroglu.structure(1e12) / BIT, 7.1e10, rtol=5e-3)


def test_the_best_tokens_are_the_best() -> None:
    """Nothing on a fine grid is shorter; several laws at once give what each gives alone."""
    law = LossLaw(*(np.array(p) for p in ([1.7, 0.9], [0.34, 0.44], [5e7, 8e3], [0.28, 0.5], [1.5e9, 1.4e5])))
    found = split_tokens(law, 1e20, 1e9)
    for j in range(2):
        alone = LossLaw(law.E[j], law.alpha[j], law.N0[j], law.beta[j], law.D0[j])
        assert_allclose(split_tokens(alone, 1e20, 1e9).tokens, found.tokens[j], rtol=1e-12)
        grid = split_tokens(alone, 1e20, 1e9, tokens=found.tokens[j] * np.geomspace(1e-3, 1e3, 4001))
        assert_allclose((grid.structure + grid.random).min(), found.structure[j] + found.random[j], rtol=1e-12)
    assert (found.tokens < 1e9).all()


def test_closed_form_is_the_area() -> None:
    """Against quadrature in u = t^(1−β), in which the integrand has no pole."""
    beta, end = 0.4, 3e7
    law = LossLaw(1.3, 0.4, 1e4, beta, 1e5)
    edges = np.linspace(0, end ** (1 - beta), 20_001)
    t = ((edges[1:] + edges[:-1]) / 2) ** (1 / (1 - beta))
    above = law.loss(1e6, t) - law.loss(1e6, end)
    assert_allclose((above * t**beta).sum() / (1 - beta) * edges[1], law.structure(end), rtol=1e-6)
    assert np.isinf(LossLaw(0.0, 1.0, 1.0, 1.0, 1.0).structure(10.0)), "at β = 1 the area diverges"


@pytest.mark.parametrize(("per_octave", "tolerance", "first"), [(1, 5e-3, 2e-2), (2, 1e-3, 5e-3), (4, 5e-4, 2e-3)])
@pytest.mark.parametrize("beta", [0.2, 0.28, 0.45, 0.7, 0.8])
def test_area_of_a_known_curve(beta: float, per_octave: int, tolerance: float, first: float) -> None:
    """Within the tolerance at every point; at the first, whose earlier interval has the pole, less close."""
    law = LossLaw(1.3, 0.4, 1e4, beta, 1e5)
    tokens = np.round(8192 * 2 ** (np.arange(10 * per_octave) / per_octave))
    nats = tokens * (law.E + law.size_term(1e6)) + tokens * law.token_term(tokens) / (1 - beta)
    found = measure_areas(tokens, nats)
    truth = law.structure(found.tokens)
    assert_allclose(found.structure[1:], truth[1:], rtol=tolerance)
    assert_allclose(found.structure[0], truth[0], rtol=first)
    assert_allclose(found.loss, law.loss(1e6, found.tokens), rtol=tolerance)
    at_the_end = nats[-1] - tokens[-1] * found.loss[-1]
    bias = (1 - beta) / 2 * np.log(2) / per_octave
    assert at_the_end < (1 - 0.8 * bias) * law.structure(tokens[-1]), "the end of the interval would be biased"


@pytest.mark.parametrize("wrong", [{"compute": 0.0}, {"test_tokens": np.inf}, {"law": LossLaw(1, 0.3, 1e7, -0.1, 1e9)}])
def test_refuses_what_is_no_budget(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError):
        split_tokens(**{"law": LANGUAGE, "compute": 1e25, "test_tokens": 1e12, **wrong})  # type: ignore[arg-type]
