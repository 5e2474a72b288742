"""Published exponents, to stand beside ours; like is compared with like.

Kaplan et al. 2020 fit without an irreducible term and count body parameters and 6·N·D; Hoffmann et al. 2022 fit with
one and count all parameters. Besiroglu et al. 2024 (arXiv 2404.10102) mended the fit of the latter.
"""

from __future__ import annotations

KAPLAN = "Kaplan et al. 2020"
REPRODUCTION = "reproduced with up to 6.3 M parameters, shehper/scaling_laws"
HOFFMANN_FIRST = "Hoffmann et al. 2022, approach 1"
HOFFMANN = "Hoffmann et al. 2022, approach 3"
BESIROGLU = "refitted by Besiroglu et al. 2024"

# (law, predictor's column or '' for any, parameter) -> text
PUBLISHED: dict[tuple[str, str, str], str] = {
    ("pure_power", "params_body", "alpha"): f"0.076 ({KAPLAN}, eq. 1.1); 0.082 ({REPRODUCTION})",
    ("pure_power", "tokens", "beta"): f"0.095 ({KAPLAN}, eq. 1.2)",
    ("pure_power", "flops_6nd", "gamma"): f"0.050 ({KAPLAN}, eq. 1.3); 0.056 ({REPRODUCTION})",
    ("power", "params_total", "alpha"): f"0.34 ({HOFFMANN}); 0.348 ({BESIROGLU})",
    ("power", "tokens", "beta"): f"0.28 ({HOFFMANN}); 0.366 ({BESIROGLU})",
    ("chinchilla", "params_total", "alpha"): f"0.34 ({HOFFMANN}); 0.348 ({BESIROGLU})",
    ("chinchilla", "params_total", "beta"): f"0.28 ({HOFFMANN}); 0.366 ({BESIROGLU})",
    ("chinchilla", "params_total", "a"): f"0.46 ({HOFFMANN}); 0.513 ({BESIROGLU})",
    ("optimal_size", "compute", "a"): f"0.73 ({KAPLAN}, section 6.1); 0.72 ({REPRODUCTION}); 0.50 ({HOFFMANN_FIRST})",
}


def find_published(law: str, predictor: str, parameter: str) -> str:
    """What was published for this parameter of this law, as text with its source; '' where nothing compares."""
    return PUBLISHED.get((law, predictor, parameter), "")
