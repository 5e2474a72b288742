"""A net described: how many bits its weights, its activations and its predictions take, each beside a null.

After Aaronson, Carroll & Ouellette 2014 (arXiv 1405.6903), who asked it of coffee: complexity may rise and fall while
entropy rises. Their hump was an artefact of coarse-graining, which only a null could tell; so every length stands
beside that of the same values shuffled, that of an untrained net, and that of the same net with its units in another
order, which computes the same: what a code saves by the order of neurons says nothing about the function.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from lab.complexity.bounds import bound_message
from lab.complexity.code import Code, Message
from lab.complexity.quantising import Rule, quantise
from lab.complexity.scans import Scan
from lab.core.registry import open_shelf
from lab.core.seeds import derive_seed, open_stream
from lab.core.units import NATS_PER_BIT
from lab.families import Family
from lab.training.activations import read_activations
from lab.training.evaluation import evaluate_net
from lab.training.loop import Curve, Task, Trainer

PARTS = ("weights", "activations", "predictions")
CODES = ("deflate", "lzma", "kt")  # one that repeats, one that reaches far, one that knows the histogram alone
SCANS: tuple[Scan, ...] = ("row", "column")  # a neuron's values lie in a row or a column; it has no other neighbours
FEWEST_WEIGHTS = 64  # of a matrix that is described


@dataclass(frozen=True)
class Portrait:
    """`bits` and `null_bits` of each of `PARTS`, `permuted_bits` of those that the order of units changes."""

    bits: dict[str, float]
    null_bits: dict[str, float]
    permuted_bits: dict[str, float]

    def name_columns(self, whose: str = "") -> dict[str, float]:
        """The lengths by their columns; `whose` is '_untrained' for a net that is a null itself."""
        own = {f"{part}{whose}_bits": bits for part, bits in self.bits.items()}
        own |= {f"{part}{whose}_null_bits": bits for part, bits in self.null_bits.items()}
        return own | {f"{part}{whose}_permuted_bits": bits for part, bits in self.permuted_bits.items()}


def draw_portrait(
    net: nn.Module, family: Family, inputs_NT: np.ndarray, levels: int, rule: Rule, seed: int
) -> Portrait:
    """The net described at these inputs (N, T).

    Weights: every parameter of two axes or more quantised by itself, as rows of its last axis. Activations: the input
    of the readout, a plane of positions × neurons. Predictions: the likeliest token at every position. The null of
    weights and predictions are the same symbols in random order; of activations, each neuron's in an order of its own.
    Weights and activations are described again with the units permuted, where the net offers `permute_units`; its
    predictions are the same then. The bits are the shortest of three codes by rows and by columns.
    """
    codes = {name: open_shelf("codes").load(name)() for name in CODES}
    planes = _lay_out(net, family, inputs_NT, levels, rule)
    chance = open_stream(seed, "portrait")
    nulls = {part: [_shuffle(m, part == "activations", chance) for m in messages] for part, messages in planes.items()}
    bits, null_bits = ({part: _count(own[part], codes) for part in PARTS} for own in (planes, nulls))
    permuted: dict[str, list[Message]] = {}
    if hasattr(net, "permute_units"):
        twin: Any = copy.deepcopy(net)
        twin.permute_units(torch.Generator().manual_seed(derive_seed(seed, "portrait", "permuted")))
        permuted = _lay_out(twin, family, inputs_NT, levels, rule)
        del permuted["predictions"]
    return Portrait(bits, null_bits, {part: _count(own, codes) for part, own in permuted.items()})


def _lay_out(
    net: nn.Module, family: Family, inputs_NT: np.ndarray, levels: int, rule: Rule
) -> dict[str, list[Message]]:
    """The messages of each of `PARTS`."""
    activations, guesses = read_activations(net, family, inputs_NT)
    large = [p.detach().cpu().numpy() for p in net.parameters() if p.dim() > 1 and p.numel() >= FEWEST_WEIGHTS]
    return {
        "weights": [quantise(values.reshape(-1, values.shape[-1]), levels, rule) for values in large],
        "activations": [quantise(activations, levels, rule)],
        "predictions": [Message(guesses.astype(np.uint8), 256)],
    }


def _shuffle(message: Message, by_column: bool, chance: np.random.Generator) -> Message:
    symbols = message.symbols
    if by_column:
        return Message(chance.permuted(symbols, axis=0), message.alphabet)
    return Message(chance.permutation(symbols.ravel()).reshape(symbols.shape), message.alphabet)


def _count(messages: Sequence[Message], codes: dict[str, Code]) -> float:
    return sum(bound_message(message, codes, scans=SCANS).count_bits() for message in messages)


def watch_training(
    task: Task, steps: int, levels: int, rule: Rule, windows: int, advance: Callable[[float], None]
) -> tuple[dict[str, float], Curve]:
    """Trains `steps` at the trunk's rate with a portrait at every second curve point and at the end.

    Gives the metrics of the end and the curve, with `PART_bits` and `PART_null_bits` (shuffled), and the same of an
    untrained net of another seed (`PART_untrained_bits` …), beside the columns of training. Raises `DivergedError` as
    a trunk does.
    """
    trainer = Trainer(task, advance)
    inputs_NT = trainer.heldout[:windows, :-1]
    torch.manual_seed(derive_seed(task.seed, "portrait", "untrained"))
    other = task.family.build(task.shape).to(task.device)
    untrained = draw_portrait(other, task.family, inputs_NT, levels, rule, task.seed)
    rows: list[Portrait | None] = []
    for step in range(steps):
        trainer.run_trunk(step + 1)
        points = trainer.curve.points["tokens"]
        if len(points) > len(rows):
            wanted = len(points) % 2 == 1
            rows.append(draw_portrait(trainer.net, task.family, inputs_NT, levels, rule, task.seed) if wanted else None)
    last = draw_portrait(trainer.net, task.family, inputs_NT, levels, rule, task.seed)
    beside = untrained.name_columns("_untrained")
    known = [row.name_columns() | beside if row else {} for row in rows]
    columns: dict[str, list[float | None]] = {n: [row.get(n) for row in known] for n in last.name_columns() | beside}
    losses = evaluate_net(trainer.net, trainer.heldout, trainer.documents, weights_NT=trainer.weights)
    metrics = {"loss_nats": float(losses.mean()), "online_bits": trainer.nats / NATS_PER_BIT}
    curve = Curve({**trainer.curve.points, **columns}, trainer.curve.cpu_seconds)
    return {**metrics, **last.name_columns(), **beside}, curve
