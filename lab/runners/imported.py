"""The runner of imported runs: they were run elsewhere, so it only says what is known of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lab.core.errors import InputError
from lab.runs.runner import Cost, Reporter, Runner, Scalar
from lab.runs.spec import RunSpec


class ImportedRunner(Runner):
    """Fields: `columns`, the row as it came."""

    def identify(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """The row itself."""
        return dict(fields)

    def describe(self, fields: Mapping[str, Any]) -> dict[str, Scalar]:
        """The row itself."""
        return dict(fields["columns"])

    def estimate(self, specs: Sequence[RunSpec], flops_per_second: float) -> Cost:
        """Nothing: it is done."""
        return Cost(0.0, 0.0, 1000.0 * len(specs))

    def run(self, specs: Sequence[RunSpec], reporter: Reporter) -> None:
        """Refuses: the lab cannot repeat a run it knows only the outcome of."""
        raise InputError(
            "imported run", specs[0].key, "was run elsewhere and cannot be run here", "import its file again"
        )


runner = ImportedRunner()
