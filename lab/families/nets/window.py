"""The limit of nets that know positions up to the window they were built for."""

from __future__ import annotations

from lab.core.errors import LabError


def check_window(family: str, positions: int, window: int) -> None:
    """Raises `LabError` where a net of `window` positions is to read more."""
    if positions > window:
        raise LabError(
            f"positions of a {family} net",
            positions,
            f"it was built for a window of {window} tokens and knows no position beyond",
            "begin again with the last tokens and no state, or build it for a larger window",
        )
