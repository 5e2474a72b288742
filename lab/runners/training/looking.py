"""Runners that train as `train` does and look at the nets: the fields of a training run, and dials of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, ClassVar, Generic, TypeVar

from lab.core.dials import build_from_dials, changed_dials
from lab.runners.training.fields import TrainFields, TrainingRunner, check_fields
from lab.runs.runner import Fields, Scalar
from lab.runs.spec import RunSpec

D = TypeVar("D")


class LookingRunner(TrainingRunner, Generic[D]):
    """A subclass names the dataclass of its `dials` and the `subject` of its errors; `parent` is a training run's key.

    Such a runner stands on its own, so that the keys and the numbers of training runs do not depend on being looked at.
    """

    dials: ClassVar[type]
    subject: ClassVar[str]

    def split(self, given: Mapping[str, Any]) -> tuple[D, dict[str, Any]]:
        """The dials, and the fields of the training run; raises `InputError` for a wrong dial."""
        own = {field.name for field in fields(self.dials)}
        dials: D = build_from_dials(self.dials, {k: v for k, v in given.items() if k in own}, self.subject)
        return dials, {k: v for k, v in given.items() if k not in own}

    def check(self, given: Mapping[str, Any]) -> TrainFields:
        """The fields of the training run; raises `InputError` for wrong ones, and where `demand` does."""
        dials, rest = self.split(given)
        checked = check_fields(rest, self.subject)
        self.demand(dials, checked)
        return checked

    def demand(self, dials: D, checked: TrainFields) -> None:
        """Raises `InputError` for a training run that cannot be looked at so."""

    def identify(self, fields: Fields) -> dict[str, Any]:
        """That of the training run, and the dials that are not at their default."""
        self.check(fields)
        dials, rest = self.split(fields)
        return {**super().identify(rest), **changed_dials(dials)}

    def describe(self, fields: Fields) -> dict[str, Scalar]:
        """That of the training run, with its key."""
        rest = self.split(fields)[1]
        return {**super().describe(rest), "parent": RunSpec("train", rest).key}
