"""Greedy text from a net that foretells several tokens: its later heads draft, its first one verifies.

Blockwise decoding (Stern et al. 2018, arXiv 1811.03115), as Gloeckle et al. 2024 (section 3.2) speed up theirs. One
pass reads the draft and gives the first head's choice behind every token of it; what agrees is kept, the choice that
does not is the next token, and the later heads' at that place are the next draft. So the text is that of greedy
decoding.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from lab.core.errors import InputError
from lab.families.nets.multi_token_transformer import MultiTokenNet, rewind
from lab.families.nets.transformer import State
from lab.training.generation import find_context, find_device


@dataclass(frozen=True)
class Speculation:
    """`tokens` (count,) as greedy decoding gives them, and the tokens that each pass of the net gave."""

    tokens: np.ndarray
    accepted: np.ndarray

    @property
    def mean_accepted(self) -> float:
        """Tokens a pass; 1 for plain decoding, at most the number of heads."""
        return float(self.accepted.mean())


@torch.no_grad()
def speculate(net: MultiTokenNet, prompt_T: np.ndarray, count: int, window: int) -> Speculation:
    """The `count` likeliest tokens behind a prompt, each given those before it; contexts as `find_context` has them.

    Raises `InputError` for a prompt without a token or a count below one.
    """
    for name, value in (("prompt", len(prompt_T)), ("tokens", count)):
        if value < 1:
            raise InputError(f"sample.{name}", value, "at least 1")
    net.eval()
    tokens, draft, accepted = prompt_T.tolist(), list[int](), list[int]()
    begin, read = 0, 0
    state: State | None = None
    while len(tokens) < len(prompt_T) + count:
        if find_context(len(tokens), window) != begin:
            begin = read = find_context(len(tokens), window)
            state = None
        while find_context(len(tokens) + len(draft), window) != begin:
            draft.pop()
        pieces = torch.tensor([tokens[read:] + draft], device=find_device(net))
        logits_nBTV, state = net.foretell_on(pieces, state)
        choices_nT = logits_nBTV[:, 0, -1 - len(draft) :].cpu().numpy().argmax(axis=-1)
        agreed = int(np.cumprod(choices_nT[0, :-1] == draft).sum())
        tokens += [*draft[:agreed], int(choices_nT[0, agreed])]
        read = len(tokens) - 1
        state = rewind(state, read - begin)
        draft = choices_nT[1:, agreed].tolist()
        accepted.append(agreed + 1)
    return Speculation(np.array(tokens[len(prompt_T) :][:count]), np.array(accepted))
