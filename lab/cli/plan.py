"""`lab plan`: what a sweep would cost, before anything starts."""

import os
from typing import Annotated

import typer

from lab.cli.console.arguments import AsJson, Preset, SweepName
from lab.cli.console.output import print_facts, print_json, print_text
from lab.core.units import format_count, format_duration


def command(
    sweep: SweepName,
    preset: Preset = "smoke",
    workers: Annotated[int, typer.Option("--workers", "-w", min=0, help="Runs at a time; 0: one per core.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Print runs, FLOPs, minutes and disk of a sweep, and what is stored already. Every run is checked; none starts."""
    from lab.runs.driver import name_study
    from lab.runs.plan import plan_study
    from lab.runs.store import open_store
    from lab.tables import load_runs

    store, study = open_store(), name_study(sweep, preset)
    known = study in {record.name for record in store.studies()}
    plan = (
        plan_study(sweep, preset, store, lambda: load_runs(store, study)) if known else plan_study(sweep, preset, store)
    )
    workers = workers or os.cpu_count() or 1
    wall_seconds = plan.wall_seconds(workers)
    if as_json:
        print_json(
            {
                "study": study,
                "runs_total": plan.runs_total,
                "runs_stored": plan.runs_stored,
                "runs_missing": plan.runs_missing,
                "flops": plan.flops,
                "cpu_seconds": plan.cpu_seconds,
                "workers": workers,
                "wall_seconds": wall_seconds,
                "disk_bytes": plan.disk_bytes,
                "later": plan.later,
                "flops_per_second": plan.throughput,
                "measured": plan.measured,
                "trunks": plan.jobs.to_dict("records"),
            }
        )
        return
    basis = "measured on the runs stored here" if plan.measured else "assumed: nothing is stored yet"
    facts = [
        (
            "runs",
            f"{plan.runs_total}: {plan.runs_stored} stored, {plan.runs_missing} to run in {len(plan.jobs)} trunks",
        ),
        ("compute", format_count(plan.flops, "FLOP") if plan.flops else ""),
        ("time", f"{format_duration(wall_seconds)} on {workers} workers, {format_duration(plan.cpu_seconds)} of CPU"),
        ("", f"at {format_count(plan.throughput, 'FLOP/s')} a core, {basis}" if plan.flops else basis),
        ("disk", format_count(plan.disk_bytes, "B")),
        ("later", plan.later),
    ]
    print_facts(study, [(name, value) for name, value in facts if value])
    if plan.runs_missing:
        print_text(f"Next: lab run {sweep} --preset {preset}")
    else:
        print_text(f"Nothing to run. Next: lab fit {study}")
