"""`lab run`: do a sweep."""

import os
from typing import Annotated

import typer

from lab.cli.console.arguments import AsJson, Preset, SweepName
from lab.cli.console.output import print_json, print_note, print_text
from lab.core.units import format_duration


def command(
    sweep: SweepName,
    preset: Preset = "smoke",
    workers: Annotated[int, typer.Option("--workers", "-w", min=0, help="Runs at a time; 0: one per core.")] = 0,
    minutes: Annotated[
        float,
        typer.Option("--minutes", min=0.01, help="Limit of a trunk, wall clock; it goes on from there the next time."),
    ] = 240.0,
    as_json: AsJson = False,
) -> None:
    """Run what a sweep still lacks: exactly the runs that are missing or failed.

    Safe to interrupt: finished runs are stored at once, and the same command goes on; a net in mid-training loses a
    minute at most. A run's result depends neither on the number of workers nor on how often it was interrupted.
    """
    from lab.cli.console.progress import open_monitor
    from lab.runs.driver import name_study, run_study
    from lab.runs.executor import LocalExecutor
    from lab.runs.store import open_store
    from lab.tables import load_runs

    study, store = name_study(sweep, preset), open_store()
    executor = LocalExecutor(workers or os.cpu_count() or 1)
    try:
        with open_monitor(study) as monitor:
            outcome = run_study(sweep, preset, store, executor, lambda: load_runs(store, study), monitor.show, minutes)
    finally:
        executor.shutdown(cancel=True)
    if as_json:
        print_json(
            {
                "study": study,
                "done": outcome.done,
                "reused": outcome.reused,
                "failed": outcome.failed,
                "diverged": outcome.diverged,
                "stopped": outcome.stopped,
                "seconds": outcome.seconds,
            }
        )
    else:
        stopped = f", {outcome.stopped} stopped early" if outcome.stopped else ""
        print_text(
            f"{study}: {outcome.done} done, {outcome.reused} reused, {outcome.failed} failed, "
            f"{outcome.diverged} diverged{stopped} in {format_duration(outcome.seconds)}"
        )
        if outcome.done + outcome.reused:
            print_text(f"Next: lab fit {study}, lab judge {study}, lab report {study}, lab dashboard")
    if outcome.failed:
        print_note(f"error: {outcome.failed} runs failed; `lab run {sweep} --preset {preset}` tries them again")
        raise typer.Exit(1)
