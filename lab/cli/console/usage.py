"""What the parser of options objects to, in the lab's own words: subject, value, rule and next step.

Only attributes are read: old typers raise click's errors, new ones their own of the same shape.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from typing import Any

import typer

from lab.core.errors import InputError, UnknownNameError

UsageError: type[Exception] = typer.BadParameter.__mro__[1]


def explain_usage(error: Any) -> InputError:
    """A usage error (unknown command or option, missing or wrong value, one too many) as an `InputError`."""
    command = error.ctx.command_path if error.ctx else "lab"
    step, message = f"`{command} --help` lists what it takes", error.message
    if hasattr(error, "possibilities"):
        known = {name for param in error.ctx.command.params for name in param.opts if name.startswith("--")}
        return UnknownNameError.among(command, error.option_name, known, step)
    if message.startswith("No such command"):
        return UnknownNameError.among(command, re.split("['\"]", message)[1], error.ctx.command.commands, step)
    param = getattr(error, "param", None)
    if param is None:
        subject = getattr(error, "option_name", command)
        if "unexpected extra" in message:
            return InputError(subject, message.rpartition("(")[2].rstrip(")."), "takes no further argument", step)
        return InputError(subject, rule=message[:1].lower() + message[1:], next_step=step)
    subject = param.opts[0] if param.opts[0].startswith("-") else param.metavar or param.name.upper()
    if hasattr(error, "param_type"):
        return InputError(f"{command} {subject}", rule="is missing", next_step=step)
    rule = re.sub(r"^(Input |'.*?' )", "", message)  # of what was received, which stands before it
    return InputError(subject, _read_given(param.opts), rule, step)


def _read_given(options: Sequence[str]) -> str | None:
    """What was typed behind one of `options`: not every typer says it."""
    for word, following in zip(sys.argv, [*sys.argv[1:], None], strict=True):
        name, equals, value = word.partition("=")
        if name in options:
            return value if equals else following
    return None
