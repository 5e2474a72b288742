"""Data with known answers that stand beside the repository and are never copied into it; without them a test skips.

`LAB_TRUTH` names the folder; else it is looked for above the repository. Every such test has a twin that does without.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lab.core.registry import ROOT


def find_truth(name: str) -> Path:
    """The path of a file or folder of the truth data; skips the test where there is none."""
    own = os.environ.get("LAB_TRUTH")
    roots = [Path(own)] if own else [parent / "shared" / "truth" for parent in ROOT.parents]
    for root in roots:
        if (root / name).exists():
            return root / name
    pytest.skip(f"{name} is not here")
