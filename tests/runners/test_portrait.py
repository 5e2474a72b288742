"""Portraits along training: the numbers of training unchanged, the nulls null, keys of their own."""

import numpy as np
import pytest
from torch import Tensor, nn
from torch.nn import functional

from lab.complexity.quantising import quantise
from lab.core.errors import InputError, UnknownNameError
from lab.core.registry import open_shelf
from lab.core.seeds import open_stream
from lab.runs.spec import RunSpec
from lab.training.activations import read_activations
from tests.runners.test_requential import FIELDS, Collector, run

PARTS = ("weights", "activations", "predictions")


def test_looking_changes_nothing_and_finds_what_training_made() -> None:
    collector = Collector()
    open_shelf("runners").load("portrait").run([{**FIELDS, "windows": 16}], collector)
    (result,) = collector.results
    plain = run("train").curve
    shared = [k for k, rate in enumerate(plain["learning_rate"]) if rate == max(plain["learning_rate"])]
    assert [result.curve["online_bits"][k] for k in shared] == [plain["online_bits"][k] for k in shared]
    for part in PARTS:
        bits, null = (np.array(result.curve[f"{part}{end}_bits"], float) for end in ("", "_null"))
        assert len(bits) == len(result.curve["tokens"]) and np.isfinite(bits[::2]).all() and np.isnan(bits[1::2]).all()
        assert (bits[::2] > 0).all() and (bits[::2] <= null[::2] * 1.05).all()
    for part in PARTS[:2]:
        permuted = result.metrics[f"{part}_permuted_bits"]
        assert 0 < permuted < 1.05 * result.metrics[f"{part}_null_bits"]
    told = [(result.curve[f"{part}_permuted_bits"], result.curve[f"{part}_bits"]) for part in PARTS[:2]]
    assert any(list(permuted)[::2] != list(own)[::2] for permuted, own in told), "another order, other bytes"
    assert "predictions_permuted_bits" not in result.metrics
    assert result.metrics["activations_bits"] < 0.9 * result.metrics["activations_null_bits"]
    assert result.metrics["predictions_bits"] > result.metrics["predictions_untrained_bits"], "a zero readout says one"


def test_dials_at_their_default_leave_the_key_and_others_change_it() -> None:
    spec = RunSpec("portrait", FIELDS)
    assert RunSpec("portrait", {**FIELDS, "levels": 16, "rule": "step"}).key == spec.key
    assert len({spec.key, RunSpec("portrait", {**FIELDS, "levels": 8}).key, RunSpec("train", FIELDS).key}) == 3
    assert spec.describe()["quantising"] == "step"
    assert spec.estimate([spec], 1e9).cpu_seconds > 1
    with pytest.raises(InputError, match="levels"):
        RunSpec("portrait", {**FIELDS, "levels": "many"}).key  # noqa: B018


def test_steps_are_even_and_quantiles_equally_many() -> None:
    values = open_stream(0, "quantising").normal(size=(64, 64))
    even, equal = quantise(values, 16), quantise(values, 16, "quantile")
    assert even.symbols.shape == equal.symbols.shape == (64, 64)
    assert (np.bincount(equal.sequence) == 256).all()
    middle = (even.sequence.astype(float) + 0.5) / 16 * 6 - 3
    inside = np.abs(values.ravel()) < 2.9
    assert np.abs(middle - (values.ravel() - values.mean()) / values.std())[inside].max() < 6 / 32 + 1e-9
    assert quantise(3 * values + 7, 16).symbols.tolist() == even.symbols.tolist(), "scale and offset drop out"
    assert (np.diff(equal.sequence[np.argsort(values.ravel())].astype(int)) >= 0).all()


def test_what_cannot_be_quantised() -> None:
    assert not quantise(np.full(5, 2.0), 4).symbols.any() and not len(quantise(np.empty(0), 4))
    with pytest.raises(InputError, match="finite"):
        quantise(np.array([1.0, np.nan]), 4)
    with pytest.raises(InputError, match="2 … 256"):
        quantise(np.ones(3), 1)
    with pytest.raises(UnknownNameError, match="did you mean 'step'"):
        quantise(np.ones(3), 4, "steps")  # type: ignore[arg-type]


def test_more_tokens_than_a_byte_holds_are_refused() -> None:
    with pytest.raises(InputError, match="300 tokens"):
        fields = {**FIELDS, "source": {"name": "markov", "symbols": 300, "order": 1}}
        open_shelf("runners").load("portrait").estimate([fields], 1e9)


def test_what_enters_the_readout_is_seen_wherever_it_is_defined() -> None:
    """A readout that is made first is the readout none the less."""

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.readout, self.inner = nn.Linear(5, 4), nn.Linear(4, 5)

        def forward(self, tokens_BT: Tensor) -> Tensor:
            logits_BTV: Tensor = self.readout(self.inner(functional.one_hot(tokens_BT, 4).float()))
            return logits_BTV

    family = open_shelf("families").load("lstm")()
    activations, guesses = read_activations(Net(), family, np.zeros((2, 3), np.int64))
    assert activations.shape == (6, 5) and guesses.shape == (2, 3)
