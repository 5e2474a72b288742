"""Floor 7: the `lab` command, a shelf: `lab/cli/fit.py` exposes `command` and is `lab fit`.

A command's docstring is its help. Whatever is heavy is imported inside the function, so that `lab --help` stays
instant; what the commands share (arguments, output, progress, exit codes) stands in `lab.cli.console`.
"""

from lab.cli.console.app import build_app, main

__all__ = ["build_app", "main"]
