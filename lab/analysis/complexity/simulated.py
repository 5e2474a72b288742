"""A simulation made on the spot, as a study of its own: what a page or a command asks for and no store holds."""

from __future__ import annotations

from collections.abc import Sequence

from lab.core.registry import open_shelf
from lab.runs.runner import Fields, Listener, Result
from lab.runs.spec import RunSpec
from lab.runs.stored import StoredRun
from lab.tables import Study, Tables
from lab.tables.frames import make_curves_frame, make_runs_frame

RUNNER = "simulate"


def simulate_study(name: str, runs: Sequence[Fields]) -> Tables:
    """Runs of the fields of `lab.runners.simulate.SimulateFields`, each a trunk, as the tables of a study `name`.

    Raises `InputError` for fields that cannot be simulated, before anything runs.
    """
    specs = [RunSpec(RUNNER, fields) for fields in runs]
    for spec in specs:
        _ = spec.key
    done = [_record(spec, _run(spec)) for spec in specs]
    return Tables(Study(name, origin="import"), make_runs_frame(name, done), make_curves_frame(done))


def _run(spec: RunSpec) -> Result:
    listener = Listener()
    open_shelf("runners").load(RUNNER).run([spec.fields], listener)
    return listener.results[0][1]


def _record(spec: RunSpec, result: Result) -> StoredRun:
    return StoredRun(
        key=spec.key,
        trunk_key=spec.trunk_key,
        runner=RUNNER,
        status=result.status,
        stage=spec.stage,
        fields=spec.fields,
        columns=spec.describe(),
        metrics=result.metrics,
        curve={name: list(values) for name, values in result.curve.items()},
        timings={name: list(values) for name, values in result.timings.items()},
        totals=result.totals,
        error=result.error,
        provenance={},
        result_hash=None,
        finished_at=None,
    )
