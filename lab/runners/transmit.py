"""Sends the labels of handwritten digits, in a random order, by the codes of Blier and Ollivier 2018."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from lab.complexity.mdl.labels import describe_labels, hash_images, load_images
from lab.complexity.mdl.softmax_net import SoftmaxNet
from lab.core.dials import build_from_dials, changed_dials
from lab.core.errors import InputError
from lab.core.seeds import open_stream
from lab.runs.runner import Cost, Fields, Reporter, Result, Runner, Scalar

DIGITS, CLASSES, PIXELS = 1797, 10, 64
# Of the digits that keys without a hash stand for.
CONTENT = "5889d26819cf830d070975af3c711419825fa0a078137b3d80b8e7d06bd58da0"
HIDDEN = {"logistic": 0, "net": 32}  # units of each model
SECONDS_PER_LABEL = {"logistic": 2e-3, "net": 1e-2}
BYTES_PER_RUN = 1500


@dataclass(frozen=True)
class TransmitFields:
    """`model`: multinomial logistic regression, or a net of one hidden layer of 32 tanh units. `examples`: how many
    labels are coded; `heldout`: how many others the models are asked for; `seed`: of the order in which the digits are
    taken, the same 1797 for every seed.
    """

    model: Literal["logistic", "net"] = "logistic"
    examples: int = 1500
    heldout: int = 297
    seed: int = 0

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise InputError("transmit.seed", self.seed, "must not be negative")
        if self.examples < 50 or self.heldout < 10 or self.examples + self.heldout > DIGITS:
            received = f"{self.examples} and {self.heldout}"
            raise InputError("transmit.examples", received, f"at least 50 and 10 held out, {DIGITS} together at most")


class TransmitRunner(Runner):
    """One order of the digits by one model is one run."""

    def identify(self, fields: Fields) -> dict[str, Any]:
        """Dials that differ from their default, and the content hash of the digits where they are others than ours."""
        content = hash_images()
        return changed_dials(_check_fields(fields)) | ({} if content == CONTENT else {"content": content})

    def describe(self, fields: Fields) -> dict[str, Scalar]:
        """What is known before the models are fitted."""
        checked = _check_fields(fields)
        weights = SoftmaxNet(PIXELS + 1, CLASSES, HIDDEN[checked.model]).size
        return {
            "source": "digits",
            "model": checked.model,
            "seed": checked.seed,
            "examples": checked.examples,
            "params_total": weights,
        }

    def estimate(self, trunk: Sequence[Fields], flops_per_second: float) -> Cost:
        """By the label and the model."""
        checked = map(_check_fields, trunk)
        seconds = sum(SECONDS_PER_LABEL[own.model] * own.examples for own in checked)
        return Cost(0.0, seconds, BYTES_PER_RUN * len(trunk))

    def run(self, trunk: Sequence[Fields], reporter: Reporter) -> None:
        """Every code of the labels, and the test error of the prequential model."""
        for done, fields in enumerate(trunk, 1):
            began, cpu = time.monotonic(), time.process_time()
            checked = _check_fields(fields)
            pixels, labels = load_images()
            order = open_stream(checked.seed, "transmit", "order").permutation(DIGITS)
            taken = order[: checked.examples + checked.heldout]
            hidden = HIDDEN[checked.model]
            found = describe_labels(pixels[taken], labels[taken], checked.heldout, CLASSES, checked.seed, hidden)
            metrics: dict[str, Scalar] = {f"{code}_bits": bits for code, bits in found.bits.items()}
            metrics["test_error"] = 1 - found.accuracy["prequential_block"]
            totals = {"cpu_seconds": time.process_time() - cpu, "wall_seconds": time.monotonic() - began}
            reporter.emit(fields, Result("done", metrics, totals=totals))
            reporter.advance(done, len(trunk))


runner = TransmitRunner()


def _check_fields(fields: Fields) -> TransmitFields:
    return build_from_dials(TransmitFields, fields, "transmit")
