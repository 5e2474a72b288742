"""Images with labels: one file, one set. This door holds what every set is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, NamedTuple

import numpy as np

from lab.data.holdings import Holding


class LabelledImages(NamedTuple):
    """Pixels uint8 (n, height, width), 0 … 255, and labels int64 (n,)."""

    pixels: np.ndarray
    labels: np.ndarray


class ImageSet(ABC):
    """A fixed set of images in the split it is published with."""

    licence: ClassVar[str]
    extent: ClassVar[str]
    classes: ClassVar[int]
    holding: ClassVar[Holding | None] = None

    @abstractmethod
    def load(self) -> tuple[LabelledImages, LabelledImages]:
        """Training and test images; raises `RefusedError` before they are fetched."""
