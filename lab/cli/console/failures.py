"""The one place where a failure becomes a message on stderr and an exit code.

0 done, 1 the lab failed, 2 the input was wrong, 130 interrupted. A traceback is shown only when asked for.
"""

from __future__ import annotations

import errno
import os
import shlex
import sys
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from lab.cli.console.usage import UsageError, explain_usage
from lab.core.errors import InputError, LabError

DEBUG = "LAB_DEBUG"
_REFUSED_BY_THE_SYSTEM = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR, errno.EEXIST)


@contextmanager
def report_failures() -> Iterator[None]:
    """Turn every failure of the body into one message on stderr and `SystemExit` with the lab's exit code."""
    try:
        yield
    except typer.Exit:  # a command that has said what it had to say
        raise
    except LabError as error:
        _leave(f"error: {error}", error.exit_code)
    except UsageError as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # its message is the help
            _leave(str(error), InputError.exit_code)
        _leave(f"error: {explain_usage(error)}", InputError.exit_code)
    except KeyboardInterrupt:
        again = shlex.join(["lab", *sys.argv[1:]])
        _leave(f"Interrupted. Everything finished is stored; resume with: {again}", 130)
    except BrokenPipeError:  # the reader of our output left, e.g. `lab list | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(1) from None
    except OSError as error:
        if error.errno in _REFUSED_BY_THE_SYSTEM and error.filename:
            _leave(f"error: {_describe_refusal(error)}", InputError.exit_code)
        _leave(_describe_surprise(error), LabError.exit_code)
    except Exception as error:
        _leave(_describe_surprise(error), LabError.exit_code)


def _leave(message: str, code: int) -> None:
    if os.environ.get(DEBUG):
        traceback.print_exc()
    print(message, file=sys.stderr, flush=True)
    raise SystemExit(code) from None


def _describe_refusal(error: OSError) -> InputError:
    reason = (error.strerror or "refused by the system").lower()
    step = "name a place you may read and write (results are stored at LAB_STORE, by default results/lab.db)"
    return InputError(str(error.filename), rule=reason, next_step=step)


def _describe_surprise(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return f"error: {error.filename or 'the disk'}: no space left. Finished runs are kept; make room and run again."
    handle, name = tempfile.mkstemp(prefix="lab-error-", suffix=".txt")
    os.close(handle)
    Path(name).write_text(traceback.format_exc(), encoding="utf-8")
    summary = " ".join(str(error).split())[:200]
    return (
        f"error: the lab failed unexpectedly ({type(error).__name__}: {summary}). "
        f"The traceback is in {name}; `lab --debug` shows it. Finished runs are kept."
    )
