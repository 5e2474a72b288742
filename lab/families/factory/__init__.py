"""A family out of any function that makes a net: what is needed besides is read off the function and the net."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import field, make_dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

from lab.core.errors import InputError
from lab.families import GROUPS, Family, Group, Shape

if TYPE_CHECKING:
    from torch import nn

    from lab.families.nets.sketch import Sketch

GIVEN = ("vocabulary", "window")  # what the data demand; the other arguments of a maker are dials
READOUT = re.compile(r"(lm_)?head|readout|unembed\w*|logits")
EMBEDDING = re.compile(r"wte|wpe|\w*embed\w*")


def adopt(make: Callable[..., nn.Module], group_of: Callable[[str], Group] | None = None) -> type[Family]:
    """The family of the nets that `make(vocabulary, window, size=…, …)` gives.

    Every argument after the first two is a dial of its default's type; `size` is the one that sweeps turn. The net maps
    `tokens_BT` to `logits_BTV`. Parameters are counted on a net without storage (torch's meta device) and FLOP by
    torch's counter there, in `reference_forward` where the net has one and else in `forward`; so counting, and with it
    planning, loads torch. `group_of` tells a parameter's group by its name; the default looks at the names between the
    dots: `…embed…`, `wte`, `wpe` are the embedding, `readout`, `head`, `lm_head`, `unembed…`, `logits` the readout, and
    all else is the body. Raises `InputError` for a function with other arguments, or a dial without a default.
    """
    arguments = inspect.signature(make).parameters
    subject = f"maker of nets {make.__name__}"
    if tuple(arguments)[:2] != GIVEN or "size" not in arguments:
        raise InputError(subject, ", ".join(arguments), "takes vocabulary, window, size and dials of your own")
    dials = [argument for name, argument in arguments.items() if name not in GIVEN]
    if bare := [argument.name for argument in dials if argument.default is argument.empty]:
        raise InputError(subject, ", ".join(bare), "every dial has a default", f"write {bare[0]}=…")
    fields = [(d.name, type(d.default), field(default=d.default)) for d in dials]
    own = {"make": staticmethod(make), "group_of": staticmethod(group_of or group_by_name), "__doc__": make.__doc__}
    return make_dataclass(make.__name__, fields, bases=(AdoptedFamily,), namespace=own, frozen=True)


def group_by_name(parameter: str) -> Group:
    """The group that the names between a parameter's dots suggest."""
    names = parameter.split(".")
    if any(READOUT.fullmatch(name) for name in names):
        return "readout"
    return "embedding" if any(EMBEDDING.fullmatch(name) for name in names) else "body"


class AdoptedFamily(Family):
    """What `adopt` makes families of: counts are those of a net that was built to be counted."""

    size_dial = "size"
    make: ClassVar[Callable[..., Any]]

    def build(self, shape: Shape) -> nn.Module:
        """The net, with `reference_forward` its own `forward` where it has none."""
        from lab.families.nets.sketch import offer_reference

        return offer_reference(self.make(shape.vocabulary, shape.window, **vars(self)))

    def count_parameters(self, shape: Shape) -> dict[Group, int]:
        """Parameters per group, counted on the net."""
        counts = dict.fromkeys(GROUPS, 0)
        for name, count in sketch(self, shape).parameters.items():
            counts[self.group_of(name)] += count
        return counts

    def count_forward_flops(self, shape: Shape) -> int:
        """FLOP that torch counts in a forward pass over one window."""
        return sketch(self, shape).forward_flops


@lru_cache(maxsize=256)
def sketch(family: AdoptedFamily, shape: Shape) -> Sketch:
    """The counts of a net; raises `InputError` where it cannot be built or run without storage."""
    from lab.families.nets.sketch import draw_sketch

    return draw_sketch(lambda: family.build(shape), shape.window, type(family).__name__)
