"""Broken neural scaling law with three breaks (Caballero et al. 2022, arXiv 2210.14891, eq. 1, n = 3)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.scaling.broken import Broken, name_parameters


class Broken3(Broken):
    """`lab.scaling.broken.Broken` with n = 3; Caballero et al. 2022, arXiv 2210.14891, eq. 1."""

    name = "broken_3"
    breaks = 3
    parameters = name_parameters(3)

    def example(self) -> tuple[NDArray[Any], dict[str, NDArray[Any]]]:
        """A curve whose slope changes by about a half at each break."""
        theta = np.array([0.4, 12.0, 0.08, 0.4, 1e4, 0.4, -0.35, 3e6, 0.4, 0.4, 1e9, 0.4])
        return theta, {"x": np.geomspace(1e2, 1e12, 70)}


law = Broken3()
