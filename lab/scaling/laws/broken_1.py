"""Broken neural scaling law with one break (Caballero et al. 2022, arXiv 2210.14891, eq. 1, n = 1)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.scaling.broken import Broken, name_parameters


class Broken1(Broken):
    """`lab.scaling.broken.Broken` with n = 1; Caballero et al. 2022, arXiv 2210.14891, eq. 1."""

    name = "broken_1"
    breaks = 1
    parameters = name_parameters(1)

    def example(self) -> tuple[NDArray[Any], dict[str, NDArray[Any]]]:
        """A curve whose slope changes by about a half at each break."""
        return np.array([0.6, 30.0, 0.15, 0.5, 3e5, 0.5]), {"x": np.geomspace(1e3, 1e8, 30)}


law = Broken1()
