"""A net that learns a file while the file is coded, the same at both ends (prequential coding, Dawid 1984).

The file is cut into S streams of equal length that are read side by side: at each position the net predicts the next
byte of every stream, the bytes are coded, and after each block of positions the net takes one step of training on the
last window of every stream. Both ends call `code_file`, so that both run the same products of the same shapes: a
full-length forward pass is the same function but not the same floats, and a table that differs in one unit ends in
rubbish. What the coder is handed are integer tables.

Shapes: S streams, T positions, V = 256 byte values.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from lab.complexity.arithmetic import Coder, Counts
from lab.complexity.contexts import MOST_SLOTS
from lab.core.dials import build_from_dials
from lab.core.errors import InputError
from lab.core.registry import open_shelf
from lab.core.seeds import derive_seed
from lab.families import Family, Shape
from lab.training.arithmetic import settle_arithmetic
from lab.training.optimizers import make_optimizers

VALUES = 256
TABLE = (
    1 << 24
) - VALUES  # what a table shares out by probability; every value has 1 besides: a float32 is exact there
LARGEST_NORM = 1.0  # of the gradient
WARMUP_STEPS = 16
SMALL_NET, MOST_NET = 70_000_000, 210_000_000  # bytes: beside which contexts have all their slots, or may be at all


@dataclass(frozen=True)
class Recipe:
    """How a file is coded.

    `family`: a table with `name` and dials. `code`: the bits are those of the net alone, or of a mixture of the net
    with the contexts of `lab.complexity.mixing`. `streams`, `block`, `window`: bytes side by side, positions from one
    step of training to the next, and positions that a step trains on.
    """

    family: dict[str, Any]
    code: Literal["mixture", "network"] = "mixture"
    streams: int = 16
    block: int = 32
    window: int = 64
    optimizer: Literal["adamw", "muon"] = "muon"
    learning_rate: float = 0.02
    seed: int = 0

    def __post_init__(self) -> None:
        rules = (
            ("streams", 1 <= self.streams <= 1024, "1 to 1024"),
            ("block", 1 <= self.block <= self.window, "at least 1, at most the window"),
            ("window", 2 <= self.window <= 4096, "2 to 4096"),
            ("learning_rate", 0 < self.learning_rate < 1, "between 0 and 1"),
            ("seed", self.seed >= 0, "must not be negative"),
        )
        for name, holds, rule in rules:
            if not holds:
                raise InputError(f"compressor.{name}", getattr(self, name), rule)
        if not isinstance(self.family.get("name"), str):
            raise InputError("compressor.family", self.family, "names its entry: {'name': …}")
        size = self.bound_net()  # before anything is built: a head of a hundred bytes may name any size
        if size > MOST_NET:
            rule = f"the memory to train it is at most {MOST_NET:,} bytes"
            raise InputError(
                "net of the compressor", f"{size:.3g} bytes", rule, "choose a smaller net, or less at once"
            )

    def bound_net(self) -> int:
        """Bytes that training the net takes at most.

        36 a parameter: the gradient, moments and what orthogonalises them; 5000 a tensor, of which there are at most as
        many as parameters over the width; 4600 a position: its logits four times; and 5 times FLOP over width, for an
        activation is a sum over the width. Measured: 34 for the first, 1 to 5 for the last.
        """
        family, shape = self.build_family(), Shape(VALUES, self.window)
        parameters, tokens = sum(family.count_parameters(shape).values()), self.streams * self.window
        flops = int(self.streams * family.count_forward_flops(shape))
        return 36 * parameters + (5000 * parameters + 5 * flops) // family.size + 4600 * tokens

    @property
    def most_slots(self) -> int:
        """Slots of a context beside this net: all, or a quarter."""
        return MOST_SLOTS if self.bound_net() <= SMALL_NET else MOST_SLOTS // 4

    def build_family(self) -> Family:
        """The family with its dials set; raises `InputError` for a wrong one."""
        dials = {key: value for key, value in self.family.items() if key != "name"}
        family: Family = build_from_dials(open_shelf("families").load(self.family["name"]), dials, self.family["name"])
        return family

    def count_blocks(self, length: int) -> int:
        """How many blocks a file of `length` bytes has."""
        return -(-length // (self.streams * self.block))


def code_file(recipe: Recipe, length: int, coder: Coder, advance: Callable[[], None] = lambda: None) -> float:
    """Codes a file of `length` bytes at whichever end `coder` is; `advance` is called after every block.

    Gives the online code length of the net alone, Σ −log2 of what it said of every byte before it saw it (bits).
    """
    rows = -(-length // recipe.streams)
    starts = np.arange(recipe.streams, dtype=np.int64) * rows
    bits = 0.0
    with settle_arithmetic():
        learner = Learner(recipe)
        for position in range(rows):
            places = (starts + position)[starts + position < length]
            logits_SV = learner.predict()
            bytes_S = coder.code(places, make_tables(logits_SV[: len(places)]))
            bits += count_bits(logits_SV[: len(places)], bytes_S)
            learner.observe(bytes_S)
            if (position + 1) % recipe.block == 0 or position + 1 == rows:
                advance()
    return bits


class Learner:
    """The net, the last bytes it has seen, and what it remembers of those before."""

    def __init__(self, recipe: Recipe) -> None:
        family = recipe.build_family()
        torch.manual_seed(derive_seed(recipe.seed, "compress", "net"))
        self._net: Any = family.build(Shape(VALUES, recipe.window))
        if not hasattr(self._net, "advance"):
            raise InputError(
                f"family {recipe.family['name']}", None, "its net cannot read on from a state", "give it `advance`"
            )
        tokens = recipe.streams * recipe.window
        self._optimizers = make_optimizers(recipe.optimizer, self._net, family, recipe.learning_rate, tokens)
        self._recipe, self._known, self._steps = recipe, 0, 0
        self._first = 0  # the position of the first byte kept; before the first of the file stands a 0
        self._recent_ST = torch.zeros(recipe.streams, 2 * recipe.window + 1, dtype=torch.uint8)
        self._state: Any = None

    @torch.no_grad()
    def predict(self) -> Tensor:
        """`logits_SV` of the next byte of every stream."""
        logits_STV, self._state = self._net.advance(self._read(self._known, self._known + 1), self._state)
        logits_SV: Tensor = logits_STV[:, 0]
        return logits_SV

    def observe(self, bytes_S: NDArray[np.uint8]) -> None:
        """The next bytes, of all streams or, at the end of the file, of the first; trains when a block is full."""
        self._known += 1
        self._keep(bytes_S)
        if self._known % self._recipe.block == 0:
            self._train()
            self._read_again()

    def _keep(self, bytes_S: NDArray[np.uint8]) -> None:
        """The bytes at the newest position, 0 where a stream has ended; at least a window of those before is kept."""
        window = self._recipe.window
        if self._known - self._first > 2 * window:
            self._recent_ST[:, :window] = self._recent_ST[:, -window:]
            self._first = self._known - window
        newest_S = self._recent_ST[:, self._known - self._first]
        newest_S.zero_()
        newest_S[: len(bytes_S)] = torch.from_numpy(bytes_S)

    def _train(self) -> None:
        window_ST = self._read(max(0, self._known - self._recipe.window), self._known + 1)
        loss = F.cross_entropy(self._net(window_ST[:, :-1]).flatten(0, 1), window_ST[:, 1:].flatten())
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self._net.parameters(), LARGEST_NORM)
        self._steps += 1
        self._optimizers.step(min(1.0, self._steps / WARMUP_STEPS))

    @torch.no_grad()
    def _read_again(self) -> None:
        """The state of the net as it is now: as far back as the next block leaves room in the window."""
        first = max(0, self._known - self._recipe.window + self._recipe.block)
        self._state = None
        if first < self._known:
            _, self._state = self._net.advance(self._read(first, self._known), None)

    def _read(self, begin: int, end: int) -> Tensor:
        """The bytes at these positions of every stream as tokens."""
        return self._recent_ST[:, begin - self._first : end - self._first].long()


def make_tables(logits_SV: Tensor) -> Counts:
    """Integers in proportion to the probabilities, each at least 1 and below 2^24."""
    return (logits_SV.double().softmax(dim=-1) * TABLE).long().add_(1).numpy()


def count_bits(logits_SV: Tensor, bytes_S: NDArray[np.uint8]) -> float:
    """Σ −log2 p of the bytes."""
    targets_S = torch.from_numpy(bytes_S.astype(np.int64))
    return F.cross_entropy(logits_SV.double(), targets_S, reduction="sum").item() / float(np.log(2))
