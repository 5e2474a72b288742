"""Text from a stored run: its net built anew, its weights loaded, its prompt read and continued."""

from __future__ import annotations

import dataclasses
import unicodedata
from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from lab.core.errors import InputError, RefusedError
from lab.runners.training.fields import TrainFields, check_fields
from lab.runs.spec import build_entry, label_entry
from lab.runs.store import Store, StoredRun
from lab.runs.weights import find_weighted, load_weights

KEEPERS = ("train", "probe")  # runners whose weights are those of the net that their training fields describe
OF_TRAINING = {field.name for field in dataclasses.fields(TrainFields)}
MOST_TOKENS = 1_000_000  # of all samples together: about an hour of a small net


@dataclass(frozen=True)
class Text:
    """What a run's net wrote: `continuation` behind `prompt`, as tokens and in words.

    `mean_accepted`: tokens that each pass gave where a net drafted for itself, None elsewhere.
    """

    prompt: str
    text: str
    tokens: np.ndarray
    mean_accepted: float | None = None

    @property
    def shown(self) -> str:
        """Prompt and continuation as they may be printed: what steers a terminal is escaped."""
        return escape_controls(self.prompt + self.text)


@dataclass(frozen=True)
class TextRequest:
    """`samples` continuations of a prompt by `tokens` each.

    `prompt` is in the words of the run's source; where it is '', sample k begins with the first token of held-out
    window k. `temperature`, `top_k` and `top_p` are those of `lab.training.generation.Sampling`; at temperature 0 a
    net that foretells several tokens drafts for itself, which changes its speed and not its text.
    """

    prompt: str = ""
    tokens: int = 256
    samples: int = 1
    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("tokens", "samples"):
            if getattr(self, name) < 1:
                raise InputError(f"sample.{name}", getattr(self, name), "at least 1")
        if self.seed < 0:
            raise InputError("sample.seed", self.seed, "must not be negative")
        if self.samples * self.tokens > MOST_TOKENS:
            raise InputError("sample", f"{self.samples} × {self.tokens} tokens", f"at most {MOST_TOKENS:,} in all")

    def run(self, store: Store, run_key: str) -> list[Text]:
        """The texts; raises as `load_weights` does, and `InputError` for a prompt or a way of sampling that is none."""
        import torch

        from lab.families.nets.multi_token_transformer import MultiTokenNet
        from lab.training.arithmetic import settle_arithmetic
        from lab.training.generation import Sampling, generate, read_on
        from lab.training.speculation import speculate

        way = Sampling(self.temperature, self.top_k, self.top_p)
        run = find_weighted(store, run_key)
        if run.runner not in KEEPERS:
            rule = f"only runs of {' and '.join(f'`{name}`' for name in KEEPERS)} keep a net"
            raise RefusedError(f"run {run.key}", run.runner, rule, "choose another run")
        fields = check_fields({name: value for name, value in run.fields.items() if name in OF_TRAINING})
        prompts_BT = self._read_prompts(fields)
        net = fields.net_family.build(fields.shape)
        net.load_state_dict({name: torch.from_numpy(value) for name, value in load_weights(store, run.key).items()})
        with settle_arithmetic():
            if self.temperature == 0 and isinstance(net, MultiTokenNet):
                spoken = [speculate(net, prompt_T, self.tokens, fields.window) for prompt_T in prompts_BT]
                return [
                    self._spell(fields, prompt_T, one.tokens, one.mean_accepted)
                    for prompt_T, one in zip(prompts_BT, spoken, strict=True)
                ]
            written_BT = generate(read_on(net, fields.window), prompts_BT, self.tokens, way, self.seed)
        return [self._spell(fields, *pair) for pair in zip(prompts_BT, written_BT, strict=True)]

    def _read_prompts(self, fields: TrainFields) -> np.ndarray:
        source = fields.data_source
        if self.prompt:
            return np.repeat(source.encode(self.prompt)[None], self.samples, axis=0)
        windows = source.heldout_windows(self.samples, fields.window)
        return windows[np.arange(self.samples) % len(windows), :1]

    def _spell(
        self, fields: TrainFields, prompt_T: np.ndarray, tokens_T: np.ndarray, accepted: float | None = None
    ) -> Text:
        spell = fields.data_source.spell
        return Text(spell(prompt_T), spell(tokens_T), tokens_T, accepted)


def escape_controls(text: str) -> str:
    """The text with every control character escaped; newlines and tabs stay."""
    return "".join(
        c if c in "\n\t" or unicodedata.category(c)[0] != "C" else c.encode("unicode_escape").decode() for c in text
    )


def find_best(store: Store, name: str) -> tuple[StoredRun, str]:
    """The run whose key begins with `name`, or the best one of the study called so; and what else there was to choose.

    Of a study: the trained run of the fewest held-out bits per byte on one source, as losses on different texts or by
    different tokenizers do not compare: the source, dials and tokenizer included, that most of its runs have.
    """
    if name not in {study.name for study in store.studies()}:
        return store.run(name), ""
    by_source = defaultdict(list)
    for run in store.runs(name):
        if run.status == "done" and run.runner in KEEPERS:
            table = run.fields["source"]
            by_source[label_entry(table["name"], build_entry("data", table))].append(run)
    if not by_source:
        raise RefusedError(f"study {name}", None, "it has no finished run of a net", f"`lab status {name}` lists them")
    source = max(sorted(by_source), key=lambda label: len(by_source[label]))
    others = ", ".join(label for label in sorted(by_source) if label != source)
    note = f"The best run on {source}, which most of the study's runs have; others are on {others}." if others else ""
    return min(by_source[source], key=lambda run: float(run.metrics["bits_per_byte"])), note
