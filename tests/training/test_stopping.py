"""A trunk that is far behind at the horizon of its stop rule trains no longer one, and says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.core.errors import InputError
from lab.core.registry import open_shelf
from lab.runs.checkpoint import Checkpoint
from lab.runs.runner import Listener
from lab.training import checkpoint
from lab.training.checkpoint import Keeper
from lab.training.loop import train_trunk
from tests.runners.test_train import make_spec
from tests.training.test_loop import BATCH, HORIZONS, make_task, train

LONGER = [*HORIZONS, BATCH * 60]


def test_below_the_bar_nothing_changes_and_above_it_the_trunk_ends() -> None:
    whole = train(make_task(), LONGER)
    loss = whole[0].metrics["loss_nats"]
    ours = train(make_task(stop=(LONGER[0], loss + 0.01)), LONGER)
    assert [end.metrics for end in ours] == [end.metrics for end in whole]
    first, *left = train(make_task(stop=(LONGER[0], loss - 0.01)), LONGER)
    assert first.metrics == whole[0].metrics and not first.stopped
    assert [end.horizon for end in left] == LONGER[1:]
    assert all(end.stopped.startswith("stopped at step 20: ") and not end.metrics for end in left)
    assert all(end.diverged_at is None and not end.weights for end in left)


def test_the_rule_is_asked_even_where_its_horizon_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A longer horizon asked for alone, or left over by an earlier call, is judged all the same, and once."""
    assert [bool(end.stopped) for end in train(make_task(stop=(LONGER[0], 0.0)), LONGER[1:])] == [True, True]
    monkeypatch.setattr(checkpoint, "SECONDS_BETWEEN", 0.0)
    task, notes, taken = make_task(stop=(LONGER[0], 9.0)), [], []
    ends = train_trunk(task, LONGER[:2], taken.append, Keeper(Checkpoint(tmp_path, "trunk"), notes.append))
    next(ends)
    keeper = Keeper(Checkpoint(tmp_path, "trunk"), notes.append)
    (end,) = train_trunk(task, LONGER[1:2], taken.append, keeper)
    assert not end.stopped and end.metrics == train(make_task(), LONGER[1:2])[0].metrics


def test_a_run_says_that_it_was_stopped_and_by_which_rule() -> None:
    listener = Listener()
    rule = {"tokens": 5120, "loss_nats": 0.5}
    specs = [make_spec(stop=rule), make_spec(stop=rule, tokens=10240)]
    open_shelf("runners").load("train").run([spec.fields for spec in specs], listener)
    (_, short), (_, long) = listener.results
    assert (short.status, long.status) == ("done", "stopped")
    assert "at 5120 tokens, above 0.5" in long.error and long.metrics == {}
    assert specs[0].key != make_spec().key, "runs under a rule are not those without"
    assert make_spec(stop=None).key == make_spec().key
    assert (specs[0].describe()["stop_nats"], make_spec().describe()["stop_nats"]) == (0.5, None)


def test_the_cooldown_that_judges_is_counted() -> None:
    """Where its horizon is not asked for: in the work that progress is a share of, and in the cost."""

    class Watcher(Listener):
        def advance(self, done: float, total: float) -> None:
            shares.append(done / total)

    shares: list[float] = []
    runner, long = open_shelf("runners").load("train"), make_spec(tokens=10240, stop={"tokens": 5120, "loss_nats": 9.0})
    runner.run([long.fields], Watcher())
    assert shares[-1] == max(shares) == 1.0
    both = [make_spec().fields, make_spec(tokens=10240).fields]
    assert runner.estimate([long.fields], 1e9).flops == runner.estimate(both, 1e9).flops


@pytest.mark.parametrize(
    "rule", [{}, {"tokens": 5120}, {"tokens": 5121, "loss_nats": 1.0}, {"tokens": 5120, "loss": 1}]
)
def test_a_wrong_rule_is_refused(rule: dict) -> None:
    with pytest.raises(InputError, match=r"train\.stop"):
        _ = make_spec(stop=rule).key
