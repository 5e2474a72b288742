"""A language model asked what it knows of a fact world, and whether it knows that it knows (Kadavath et al. 2022).

Kadavath et al. (arXiv 2207.05221) ask for calibration of multiple choice (their section 3), for P(True), the chance a
model gives that its own answer is right (section 4), and for P(IK), a head that tells beforehand whether it will be
(section 5). Here the right confidence in every answer is known, so that the true miscalibration stands beside the
estimated one. Shapes: N questions, T tokens, K options, V tokens of the vocabulary, W units.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from lab.calibration.predictions import Predictions
from lab.core.registry import open_shelf
from lab.core.seeds import open_stream
from lab.data.fact_world import FactWorld
from lab.data.facts.forms import NO, YES, Documents, Form
from lab.families import Family, Shape
from lab.training.activations import read_activations
from lab.training.probing import measure_auc, probe_linearly

BATCH = 256  # questions read together
MEASURES = {"ece": "ece_equal_mass", "rms": "debiased_l2", "miscalibration": "miscalibration", "log_loss": "log_loss"}


@dataclass(frozen=True)
class Paper:
    """One paper of the examination: questions of a form, about facts that are `known` or not; `evidence` stands before
    them, or examples, where it is `shown` some.
    """

    form: Form
    known: bool = True
    evidence: bool = False
    shown: bool = False


PAPERS: Mapping[str, Paper] = {
    "open": Paper("open"),
    "choice": Paper("choice"),
    "shots": Paper("choice", shown=True),
    "none": Paper("none"),
    "evidence": Paper("choice", known=False, evidence=True),
    "recent": Paper("choice", known=False),
}


@dataclass(frozen=True)
class Answers:
    """What a net said: `probabilities_NK` over the options alone, of the questions `asked`."""

    asked: Documents
    probabilities_NK: np.ndarray

    @property
    def predictions(self) -> Predictions:
        """The confidences in the likeliest option, and whether it was right; those of one entity belong together."""
        return Predictions.of_probabilities(self.probabilities_NK, self.asked.answer_N, group=self.asked.entity_N)

    @property
    def correct(self) -> np.ndarray:
        """Whether the likeliest option was the answer, (N,)."""
        correct: np.ndarray = self.probabilities_NK.argmax(axis=1) == self.asked.answer_N
        return correct


def examine_weights(
    weights: Mapping[str, np.ndarray],
    family: Family,
    source: FactWorld,
    shape: Shape,
    seed: int,
    *,
    questions: int,
    shots: int,
) -> dict[str, float]:
    """The columns of the examination of the net of these weights: `questions` of each of `PAPERS`."""
    net = family.build(shape)
    net.load_state_dict({name: torch.from_numpy(value) for name, value in weights.items()})
    found: dict[str, float] = {"questions": float(questions)}
    for name, paper in PAPERS.items():
        if paper.known or source.recent:
            answers = take_paper(net, source, paper, questions, shots if paper.shown else 0, seed)
            found |= {f"{name}_{column}": value for column, value in mark(answers).items()}
            if name == "open":
                found |= measure_p_true(net, source, answers) | measure_p_ik(net, family, source, answers)
    return found


def take_paper(net: nn.Module, source: FactWorld, paper: Paper, count: int, shots: int, seed: int) -> Answers:
    """The net's answers to `count` questions, each behind `shots` examples of its form."""
    rng, teller = open_stream(seed, "examination", *map(str, vars(paper).values())), source.teller
    asked = teller.tell(rng, paper.form, count, known=paper.known, evidence=paper.evidence)
    examples = teller.tell(rng, paper.form, count * shots).tokens_NT.reshape(count, -1) if shots else None
    prompts_NT = asked.prompts if examples is None else np.concatenate([examples, asked.prompts], axis=1)
    return Answers(asked, choose(net, prompts_NT, asked.options_NK))


@torch.no_grad()
def choose(net: nn.Module, prompts_NT: np.ndarray, options_NK: np.ndarray) -> np.ndarray:
    """The probabilities of the options as the next token, all others left out: float64, (N, K)."""
    net.eval()
    parts = []
    for begin in range(0, len(prompts_NT), BATCH):
        logits_BV = net(torch.from_numpy(prompts_NT[begin : begin + BATCH]))[:, -1].double()
        logits_BK = logits_BV.gather(1, torch.from_numpy(options_NK[begin : begin + BATCH]))
        parts.append(logits_BK.softmax(dim=-1).numpy())
    return np.concatenate(parts)


def mark(answers: Answers) -> dict[str, float]:
    """How often the net was right, how sure it was, its measures of calibration, and the true gap.

    `true_gap`: mean |confidence − the right confidence in the option it chose|. The right one is that of somebody who
    knows the world; a calibrated net that knows less is further from it than from its own frequencies.
    """
    predictions, shelf = answers.predictions, open_shelf("measures")
    chosen_N = answers.probabilities_NK.argmax(axis=1)
    right_N = np.take_along_axis(answers.asked.right_NK, chosen_N[:, None], axis=1)[:, 0]
    return {
        "accuracy": float(answers.correct.mean()),
        "best_accuracy": float(answers.asked.right_NK.max(axis=1).mean()),
        "confidence": float(predictions.confidence_N.mean()),
        "true_gap": float(np.abs(predictions.confidence_N - right_N).mean()),
        **{column: float(shelf.load(name).of(predictions)) for column, name in MEASURES.items()},
    }


def measure_p_true(net: nn.Module, source: FactWorld, answers: Answers) -> dict[str, float]:
    """How well the chance of 'yes' that the net gives its own likeliest answer tells right ones from wrong ones.

    `p_true_auc`: area under the ROC curve; `p_true_gap`: mean P(True) − accuracy. Nothing where all are right, or none.
    """
    asked, right_N = answers.asked, answers.correct
    if right_N.all() or not right_N.any():
        return {}
    prompts_NT = source.teller.check(asked.entity_N, asked.attribute_N, answers.probabilities_NK.argmax(axis=1))
    yes_N = choose(net, prompts_NT, np.tile(np.array([YES, NO]), (len(right_N), 1)))[:, 0]
    return {"p_true_auc": measure_auc(yes_N, right_N), "p_true_gap": float(yes_N.mean() - right_N.mean())}


def measure_p_ik(net: nn.Module, family: Family, source: FactWorld, answers: Answers) -> dict[str, float]:
    """How well a linear head tells, before the net answers, whether it will be right.

    The head reads what enters the readout behind the question. It is fitted on the first half of the attributes and
    entities of even number; `p_ik_auc` is its area on those attributes and the other entities, `p_ik_off_auc` on the
    other attributes and entities: a task it was never fitted to. `confidence_auc`: that of the net's own confidence.
    """
    asked, right_N = answers.asked, answers.correct
    units_NW = read_activations(net, family, asked.prompts)[0].reshape(*asked.prompts.shape, -1)[:, -1]
    even, task = asked.entity_N % 2 == 0, asked.attribute_N < source.attributes // 2
    fitted, parts = even & task, {"p_ik_auc": ~even & task, "p_ik_off_auc": ~even & ~task}
    found = {}
    for name, part in parts.items():
        if all(0 < right_N[rows].mean() < 1 for rows in (fitted, part) if rows.any()) and fitted.any() and part.any():
            found[name] = probe_linearly(units_NW[fitted], right_N[fitted], units_NW[part], right_N[part])
    if 0 < right_N.mean() < 1:
        found["confidence_auc"] = measure_auc(answers.predictions.confidence_N, right_N)
    return found
