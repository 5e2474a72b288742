"""What a net of text writes, and what its units know: Karpathy, Johnson & Fei-Fei 2015 (arXiv 1506.02078).

Samples: the share of what a net writes that reads as Python, beside the same share of real text, of a chain that copies
the text the net has read, and of the real text with its bytes in random order. Units: the one hidden unit that tells
best whether a string literal is open (their figure 2), chosen on one half of the held-out documents and
measured on the other, beside that of an untrained net and what all units together tell.

Shapes: S samples, N windows, T tokens, P positions, W units.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from scipy.stats import rankdata
from torch import nn

from lab.core.errors import RefusedError
from lab.core.seeds import derive_seed, open_stream
from lab.data.texts import TextSource
from lab.data.texts.continuation import continue_text
from lab.data.texts.syntax import PROMPT, find_strings, share_readings
from lab.families import Family, Shape
from lab.training.activations import read_activations
from lab.training.generation import Sampling, generate, read_on

RIDGE = 1e-3  # of the probe, over the mean variance of a unit


@dataclass(frozen=True)
class Recital:
    """How a net is heard: `samples` texts of `length` bytes; the chain beside it reads `order` bytes back."""

    samples: int
    length: int
    order: int


def probe_weights(
    weights: Mapping[str, np.ndarray],
    family: Family,
    source: TextSource,
    shape: Shape,
    tokens: int,
    seed: int,
    *,
    samples: int,
    length: int,
    order: int,
    windows: int,
) -> dict[str, float]:
    """The columns of both probes of the net of these weights, trained by `seed` on the first `tokens`.

    Raises `RefusedError` for a source that is no Python. Draws from torch's global generator.
    """
    net = family.build(shape)
    net.load_state_dict({name: torch.from_numpy(value) for name, value in weights.items()})
    torch.manual_seed(derive_seed(seed, "probe", "untrained"))
    untrained = family.build(shape)
    written = measure_samples(net, source, shape.window, tokens, Recital(samples, length, order), seed)
    return written | measure_units(net, untrained, family, find_positions(source, windows, shape.window))


def measure_samples(
    net: nn.Module, source: TextSource, window: int, tokens: int, asked: Recital, seed: int
) -> dict[str, float]:
    """The shares of `lab.data.texts.syntax.Reading` of what the net writes, and of its three standards of comparison.

    A text is `length` bytes from the word `def` on. Real ones stand behind a newline in the held-out text, so many as
    there are or as are asked for; the chain has read the `tokens` that the net was trained on.
    """
    prompts_ST = np.repeat(np.frombuffer(PROMPT, np.uint8)[None].astype(np.int64), asked.samples, axis=0)
    count = asked.length - len(PROMPT) + 1
    written_ST = generate(read_on(net, window), prompts_ST, count, Sampling(), derive_seed(seed, "probe", "samples"))
    windows = source.training_windows(seed, 0, -(-tokens // window), window)[:, :-1]
    chain_ST = continue_text(windows.astype(np.uint8).ravel(), PROMPT, count, asked.samples, asked.order, seed)
    real = cut_real(source, asked)
    chance = open_stream(seed, "probe", "shuffled")
    shuffled = [bytes(chance.permutation(np.frombuffer(text, np.uint8))) for text in real]
    sides = {"": _join(written_ST), "chain_": _join(chain_ST), "heldout_": real, "shuffled_": shuffled}
    shares = {side: share_readings(texts) for side, texts in sides.items()}
    counts = {"samples": float(asked.samples), "heldout_samples": float(len(real))}
    return counts | {f"{side}{name}_share": share for side, own in shares.items() for name, share in own.items()}


def cut_real(source: TextSource, asked: Recital) -> list[bytes]:
    """Held-out texts that begin as the samples do, spread evenly; raises `RefusedError` where there is none."""
    text = source.load_split()[1].astype(np.uint8).tobytes()
    begins, at = [], text.find(PROMPT)
    while 0 <= at <= len(text) - asked.length - 1:
        begins.append(at + 1)
        at = text.find(PROMPT, at + 1)
    if not begins:
        rule = f"its held-out text has no {PROMPT.decode()!r} with {asked.length} bytes behind it"
        raise RefusedError(f"samples of {source.label}", None, rule, "probe a source of Python")
    kept = min(asked.samples, len(begins))
    return [text[begins[n * len(begins) // kept] :][: asked.length] for n in range(kept)]


def _join(written_ST: np.ndarray) -> list[bytes]:
    return [PROMPT[1:] + bytes(row) for row in written_ST.astype(np.uint8)]


@dataclass(frozen=True)
class Positions:
    """Held-out windows, (N, T), with the places in them that are asked about, (N, T): `asked`, whether a string is
    `open` after them, and whether the window's document is one of the half that `chooses`, (N,).
    """

    inputs: np.ndarray
    asked: np.ndarray
    open: np.ndarray
    chooses: np.ndarray


def find_positions(source: TextSource, count: int, window: int) -> Positions:
    """Places in the latter half of each window, so that a net has read something, in documents that are Python.

    Documents choose and measure by turns, in the order of their hashes. Raises `RefusedError` where one half has
    nothing to tell apart.
    """
    inside, known = _label_heldout(source.plain)
    begins = source.heldout_begins(count, window)
    places = begins[:, None] + np.arange(window)
    asked = known[places] & (np.arange(window) >= window // 2)
    documents = source.heldout_documents(count, window)
    found = Positions(source.heldout_windows(count, window)[:, :-1], asked, inside[places], documents % 2 == 0)
    for half in (found.chooses, ~found.chooses):
        if len(np.unique(found.open[half][found.asked[half]])) < 2:
            rule = "both halves of its documents have places within and without a string literal"
            raise RefusedError(f"strings of {source.label}", f"{count} windows", rule, "probe a source of Python")
    return found


@lru_cache(maxsize=1)
def _label_heldout(source: TextSource) -> tuple[np.ndarray, np.ndarray]:
    """Of each held-out byte whether a string is open after it, and whether that is known."""
    _, heldout, begins = source.load_split()
    ends = [*begins[1:], len(heldout)]
    labels = [find_strings(heldout[begin:end].tobytes()) for begin, end in zip(begins, ends, strict=True)]
    lengths = np.diff([*begins, len(heldout)])
    inside = [np.zeros(n, bool) if own is None else own for own, n in zip(labels, lengths, strict=True)]
    known = [np.full(n, own is not None) for own, n in zip(labels, lengths, strict=True)]
    return np.concatenate(inside), np.concatenate(known)


def measure_units(net: nn.Module, untrained: nn.Module, family: Family, positions: Positions) -> dict[str, float]:
    """How well the best unit that enters the readout tells an open string, all units together, and an untrained net's.

    `string_auc` and its kin are areas under the ROC curve on the documents that did not choose: ½ is chance.
    """
    own, null = (_split(one, family, positions) for one in (net, untrained))
    unit, auc = find_unit(*own)
    return {
        "string_unit": float(unit),
        "string_auc": auc,
        "string_linear_auc": probe_linearly(*own),
        "string_untrained_auc": find_unit(*null)[1],
        "string_untrained_linear_auc": probe_linearly(*null),
        "string_share": float(own[3].mean()),
    }


Halves = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def _split(net: nn.Module, family: Family, positions: Positions) -> Halves:
    """Activations (P, W) and labels (P,) of the half that chooses, and of the other."""
    units = read_activations(net, family, positions.inputs)[0].reshape(*positions.inputs.shape, -1)
    parts = []
    for half in (positions.chooses, ~positions.chooses):
        asked = positions.asked[half]
        parts += [units[half][asked], positions.open[half][asked]]
    return parts[0], parts[1], parts[2], parts[3]


def find_unit(
    chosen_PW: np.ndarray, labels_P: np.ndarray, other_PW: np.ndarray, others_P: np.ndarray
) -> tuple[int, float]:
    """The unit whose AUC is furthest from ½ on the first half, and its AUC on the other, with the sign it had there."""
    areas = np.array([measure_auc(column, labels_P) for column in chosen_PW.T])
    unit = int(np.abs(areas - 0.5).argmax())
    area = measure_auc(other_PW[:, unit], others_P)
    return unit, area if areas[unit] >= 0.5 else 1 - area


def probe_linearly(chosen_PW: np.ndarray, labels_P: np.ndarray, other_PW: np.ndarray, others_P: np.ndarray) -> float:
    """AUC on the other half of Fisher's discriminant (1936) fitted on the first: least squares on the label."""
    centre_W = chosen_PW.mean(axis=0, dtype=np.float64)
    centred_PW = chosen_PW - centre_W
    covariance_WW = centred_PW.T @ centred_PW / len(centred_PW)
    ridge = RIDGE * max(float(np.trace(covariance_WW)) / len(covariance_WW), np.finfo(np.float64).tiny)
    slope_W = centred_PW.T @ (labels_P - labels_P.mean()) / len(centred_PW)
    weights_W = np.linalg.solve(covariance_WW + ridge * np.eye(len(covariance_WW)), slope_W)
    return measure_auc((other_PW - centre_W) @ weights_W, others_P)


def measure_auc(scores_P: np.ndarray, labels_P: np.ndarray) -> float:
    """The odds that a place within has a higher score than one without, ties counting half (Mann & Whitney 1947)."""
    positive = int(labels_P.sum())
    ranks = rankdata(scores_P)[labels_P].sum()
    return float((ranks - positive * (positive + 1) / 2) / (positive * (len(labels_P) - positive)))
