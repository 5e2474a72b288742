"""Errors of the lab. Each says its subject, the value received, the rule it broke and the next step.

The exit code of the command line is an attribute of the class, so that the library never calls `sys.exit`
and the command line never guesses: 1 the lab failed, 2 the input was wrong, 130 interrupted.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class LabError(Exception):
    """Something the lab could not do although the input was right (exit code 1)."""

    exit_code = 1

    def __init__(self, subject: str, received: object = None, rule: str = "", next_step: str = "") -> None:
        self.subject, self.received, self.rule, self.next_step = subject, received, rule, next_step
        super().__init__(str(self))

    def __reduce__(self) -> tuple[type[LabError], tuple[str, object, str, str]]:
        # Errors cross process boundaries; the default would pass only the formatted text.
        return type(self), (self.subject, self.received, self.rule, self.next_step)

    def __str__(self) -> str:
        head = self.subject if self.received is None else f"{self.subject}: got {self.received!r}"
        return ". ".join(part.rstrip(".") for part in (head, self.rule, self.next_step) if part) + "."


class InputError(LabError):
    """The input was wrong and nothing was changed (exit code 2)."""

    exit_code = 2


class UnknownNameError(InputError):
    """A name that is on no list, answered with the nearest names that are."""

    @classmethod
    def among(cls, subject: str, received: str, known: Iterable[str], next_step: str = "") -> UnknownNameError:
        """The error for `received` where only `known` is allowed; suggests the closest spelling."""
        names = sorted(known)
        close = difflib.get_close_matches(received, names, n=1, cutoff=0.5)
        hint = f"did you mean {close[0]!r}? " if close else ""
        return cls(subject, received, f"{hint}known: {', '.join(names) or 'none'}", next_step)


class RefusedError(InputError):
    """The data cannot bear the question (the command line's face of a `refused` status)."""


class TimeLimitError(LabError):
    """A run was stopped at its limit of time."""


class StoreError(LabError):
    """The store of runs is damaged, locked, foreign or written by a newer version."""


class MissingExtraError(InputError):
    """An optional package is needed for what was asked."""
