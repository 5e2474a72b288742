"""The runner of imported runs: they were run elsewhere, so it only says what is known of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lab.core.errors import InputError
from lab.runs.runner import Cost, Fields, Reporter, Runner, Scalar


class ImportedRunner(Runner):
    """Fields: `columns`, the row as it came."""

    def identify(self, fields: Fields) -> dict[str, Any]:
        """The row itself."""
        return dict(fields)

    def describe(self, fields: Fields) -> dict[str, Scalar]:
        """The row itself."""
        return dict(fields["columns"])

    def estimate(self, trunk: Sequence[Fields], flops_per_second: float) -> Cost:
        """Nothing: it is done."""
        return Cost(0.0, 0.0, 1000.0 * len(trunk))

    def run(self, trunk: Sequence[Fields], reporter: Reporter) -> None:
        """Refuses: the lab cannot repeat a run it knows only the outcome of."""
        raise InputError("imported run", None, "was run elsewhere and cannot be run here", "import its file again")


runner = ImportedRunner()
