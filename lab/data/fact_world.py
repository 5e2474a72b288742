"""A fact world: statements and questions about generated entities, with the right confidence in every answer known.

What a language model knows, and whether it knows that it knows, asked where the truth is written down (after Kadavath
et al. 2022, arXiv 2207.05221). `lab.data.facts` has the world, `lab.data.facts.forms` how it is told.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lab.core.errors import InputError
from lab.core.fingerprint import hash_literal
from lab.core.seeds import open_stream
from lab.data.chains import Process
from lab.data.facts import World, make_world
from lab.data.facts.forms import END, Form, Teller

SHARES: dict[tuple[Form, bool], float] = {
    ("state", False): 0.2,
    ("open", False): 0.15,
    ("choice", False): 0.25,
    ("choice", True): 0.15,
    ("none", False): 0.15,
    ("check", False): 0.1,
}
"""Of the documents, by form and whether evidence stands before."""
SHORTEST, LONGEST = 5, 18  # tokens of a document


@dataclass(frozen=True)
class FactWorld(Process):
    """Documents one behind the other, each drawn afresh; a window begins with a document. Only answers weigh.

    `entities` × `attributes` facts with one of `values` each; `disputed`: share of facts that have two values;
    `recent`: share that is younger than the cutoff and never told; `skew`: the power of an entity's rank by which it is
    talked about; `number`: which world.
    """

    entities: int = 128
    attributes: int = 4
    values: int = 8
    disputed: float = 0.2
    recent: float = 0.1
    skew: float = 1.0
    number: int = 0
    known = "The right probability of every answer to every question; the entropy rate is not worked out."

    def __post_init__(self) -> None:
        rules = (
            ("entities", 8 <= self.entities <= 65_536, "lies in 8 … 65536"),
            ("attributes", 2 <= self.attributes <= 256, "lies in 2 … 256"),
            ("values", 5 <= self.values <= 256, "lies in 5 … 256: four that are shown, and another"),
            ("disputed", 0 <= self.disputed <= 1, "is a share"),
            ("recent", 0 <= self.recent <= 0.9, "is a share, at most 0.9"),
            ("skew", 0 <= self.skew <= 4, "lies in 0 … 4"),
            ("number", self.number >= 0, "must not be negative"),
        )
        for name, holds, rule in rules:
            if not holds:
                raise InputError(f"fact_world.{name}", getattr(self, name), rule)

    @property
    def world(self) -> World:
        """What is true."""
        sizes = self.entities, self.attributes, self.values
        return make_world(self.number, *sizes, self.disputed, self.recent, self.skew)

    @property
    def teller(self) -> Teller:
        """Who writes and asks."""
        return Teller(self.world)

    @property
    def vocabulary(self) -> int:
        """Marks of the forms, entities, attributes, and values of each attribute."""
        return self.teller.vocabulary

    def content_hash(self) -> str:
        """SHA-256 of the dials and the version: they determine every token."""
        shape = [self.number, self.entities, self.attributes, self.values]
        return hash_literal(["fact_world", self.version, *shape, self.disputed, self.recent, self.skew])

    def open_windows(self, seed: int, block: int) -> np.random.Generator:
        """A stream of this source's own."""
        return open_stream(seed, "fact_world", "windows", block)

    def draw_windows(self, rng: np.random.Generator, count: int, window: int) -> np.ndarray:
        """Independent windows, each from the beginning of a document on."""
        documents = -(-(window + 1) // SHORTEST)
        kinds = rng.choice(len(SHARES), size=count * documents, p=list(SHARES.values()))
        written: list[np.ndarray] = [np.zeros(0, np.int64)] * len(kinds)
        for kind, (form, evidence) in enumerate(SHARES):
            places = np.flatnonzero(kinds == kind)
            rows = self.teller.tell(rng, form, len(places), evidence=evidence).tokens_NT
            for place, row in zip(places, rows, strict=True):
                written[place] = row
        cuts = range(0, len(written), documents)
        return np.stack([np.concatenate(written[cut : cut + documents])[: window + 1] for cut in cuts])

    def target_weights(self, windows_WT: np.ndarray) -> np.ndarray:
        """1 for the value of a statement and the answer to a question, what stands before an end, else 0: (W, T − 1).

        Raises `InputError` for windows so short that one may hold no answer.
        """
        if windows_WT.shape[1] < LONGEST:
            raise InputError("window", windows_WT.shape[1] - 1, f"a fact world needs at least {LONGEST - 1} tokens")
        weights = np.zeros((len(windows_WT), windows_WT.shape[1] - 1), dtype=np.float32)
        weights[:, :-1] = windows_WT[:, 2:] == END
        return weights

    def _draw(self, length: int, seed: int) -> np.ndarray:
        drawn: np.ndarray = self.draw_windows(open_stream(seed, "fact_world", "draw"), 1, length)[0, :length]
        return drawn

    def spell(self, tokens: np.ndarray) -> str:
        """Words: marks, e and a number for an entity, a and a number for an attribute, `a0=3` for a value of it."""
        return " ".join(self.teller.name(int(token)) for token in tokens)

    def encode(self, text: str) -> np.ndarray:
        """The tokens of such words; raises `InputError` for a word of another world."""
        known = {self.teller.name(token): token for token in range(self.vocabulary)}
        for word in text.split():
            if word not in known:
                raise InputError("prompt", word, "is no word of this world", "try: ASK e0 a1 IS")
        return np.array([known[word] for word in text.split()], dtype=np.int64)


source = FactWorld
