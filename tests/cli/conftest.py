from pathlib import Path

import pytest

from tests.cli.driving import Terminal


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path)
