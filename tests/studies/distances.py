"""Distances of seven objects in two groups and one apart, with six replicates: rows for the page 'complexity'."""

import numpy as np

from lab.analysis.complexity.distances import tabulate_distances
from lab.complexity.code import Message
from lab.complexity.distances import Distances, Lengths
from lab.complexity.information import Information
from lab.core.seeds import open_stream
from lab.tables import Tables

NAMES = (
    "queue.py",
    "heap.py",
    "<b>list</b>.py",
    "queue.c",
    "heap.c",
    "list.c",
    "a name longer than any axis has room for.bin",
)
GROUPS = np.array([0, 0, 0, 1, 1, 1, 2])


def make_distances() -> Tables:
    """Half of an object is its group's, another tenth everybody's; the last shares nothing."""
    chance = open_stream(0, "studies", "distances")
    count = len(NAMES)
    single = 8000 * (1 + 0.1 * chance.random(count))
    shared = np.where(GROUPS[:, None] == GROUPS[None], 0.5, 0.1)
    shared[-1, :] = shared[:, -1] = 0.0
    np.fill_diagonal(shared, 0.98)

    def draw() -> np.ndarray:
        noise = 100 * chance.standard_normal((count, count))
        return single[:, None] + single[None, :] - shared * np.minimum.outer(single, single) + noise

    lengths = Lengths(single, draw())
    replicates = np.stack([Lengths(single, draw()).distance for _ in range(6)])
    messages = [Message(np.array([k], np.uint8)) for k in range(count)]
    information = Information(single, lengths.both - single[None, :])
    return tabulate_distances(Distances(NAMES, lengths, 0.02, replicates), information, messages, "lzma", "lengths")
