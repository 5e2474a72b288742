"""Entries of a user's own, one file each, as they would stand in a folder of LAB_PATH."""

from __future__ import annotations

from pathlib import Path

FAMILY = '''
"""Predicts from the current token alone: a bigram table of rank `width` (Shannon 1951)."""

from collections import OrderedDict
from dataclasses import dataclass

from lab.families import Family


@dataclass(frozen=True)
class Bigram(Family):
    """One size dial, `width`, the rank of the table."""

    size_dial = "width"
    width: int = 8

    def build(self, shape):
        from torch import nn

        return nn.Sequential(OrderedDict(
            embedding=nn.Embedding(shape.vocabulary, self.width),
            body=nn.Linear(self.width, self.width, bias=False),
            readout=nn.Linear(self.width, shape.vocabulary, bias=False),
        ))

    def group_of(self, parameter):
        return parameter.split(".")[0]

    def count_parameters(self, shape):
        table = shape.vocabulary * self.width
        return {"embedding": table, "body": self.width**2, "readout": table}

    def count_forward_flops(self, shape):
        return 2 * shape.window * (self.width**2 + shape.vocabulary * self.width)


family = Bigram
'''

SWEEP = '''
"""How the loss of tiny models falls with size (Kaplan et al. 2020, arXiv:2001.08361)."""

from lab.runs.spec import RunSpec
from sweeps import choose_preset

title = "Tiny models"
citation = "Kaplan et al. 2020, arXiv:2001.08361"
question = "Does the loss fall with size?"
presets = {{"smoke": (4, 8, 16, 32), "standard": (4, 8, 16, 32, 64)}}
figures = ()


def specs(preset, table):
    return [
        RunSpec("train", {{
            "family": {{"name": "{family}", "{dial}": width}}, "source": {source}, "tokens": tokens,
            "learning_rate": 0.01, "optimizer": "adamw", "seed": seed, "batch_tokens": 256, "window": 16,
            "warmup_tokens": 512, "evaluation_tokens": 2048,
        }})
        for width in choose_preset(presets, preset) for seed in (0, 1) for tokens in (2560, 5120)
    ]


def judge(tables):
    return []
'''

MARKOV = {"name": "markov", "symbols": 8, "order": 1}


def write_entry(folder: Path, shelf: str, name: str, text: str) -> dict[str, str]:
    """Put one file on a shelf of the user's folder; the environment that finds it."""
    target = folder / "mine" / shelf / f"{name}.py"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text)
    return {"LAB_PATH": str(folder / "mine")}


def write_sweep(
    folder: Path, family: str = "lstm", dial: str = "width", source: object = MARKOV, name: str = "tiny"
) -> dict[str, str]:
    """A sweep of models so small that it trains in seconds."""
    return write_entry(folder, "sweeps", name, SWEEP.format(family=family, dial=dial, source=source))


LAW = '''
"""L(x) = a - b ln x: the loss falls by the same amount with every doubling (a control for power laws)."""

import numpy as np

from lab.scaling import Law, Parameter


class Logarithmic(Law):
    """L(x) = a - b ln x, nats per token."""

    name = "logarithmic"
    citation = "a control, not a published law"
    predictors = ("x",)
    parameters = (
        Parameter("a", "a", "nats/token", linear=True),
        Parameter("b", "b", "nats/token", linear=True),
    )

    def predict(self, theta, **x):
        a, b = self.split(theta)
        return a - b * np.log(x["x"])


law = Logarithmic()
'''
