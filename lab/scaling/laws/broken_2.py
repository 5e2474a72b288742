"""Broken neural scaling law with two breaks (Caballero et al. 2022, arXiv 2210.14891, eq. 1, n = 2)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.scaling.broken import Broken, name_parameters


class Broken2(Broken):
    """`lab.scaling.broken.Broken` with n = 2; Caballero et al. 2022, arXiv 2210.14891, eq. 1."""

    name = "broken_2"
    breaks = 2
    parameters = name_parameters(2)

    def example(self) -> tuple[NDArray[Any], dict[str, NDArray[Any]]]:
        """A curve whose slope changes by about a half at each break."""
        return np.array([0.6, 12.0, 0.1, 0.5, 1e5, 0.4, -0.35, 2e7, 0.4]), {"x": np.geomspace(1e3, 1e10, 45)}


law = Broken2()
