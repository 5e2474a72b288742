"""`lab multiverse` on somebody's file: the badge, the whole grid, and a refusal."""

from __future__ import annotations

import json

from tests.cli.driving import Terminal
from tests.synthetic import make_tables


def test_badge_grid_and_refusal(terminal: Terminal) -> None:
    runs = make_tables(widths=(16, 24, 32, 48), horizons=(500_000, 1_000_000, 4_000_000), rates=(0.02,)).runs
    runs.to_csv(terminal.folder / "runs.csv", index=False)
    done = terminal.run("multiverse", "runs.csv", "--estimate", "a", "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["badge"] in ("robust", "fragile") and answer["default"]["name"] == "a"
    assert len(answer["analyses"]) >= 100 and {"law", "loss", "value", "reason"} <= set(answer["analyses"][0])
    text = terminal.run("multiverse", "runs.csv", "--estimate", "a").stdout
    assert f"a is {answer['badge']}" in text and "Huber" in text
    runs.iloc[:3].to_csv(terminal.folder / "few.csv", index=False)
    assert "3 runs" in terminal.refuse("multiverse", "few.csv")
