"""`lab status`: what is stored, and how far a running study is."""

import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lab.cli.console.arguments import AsJson
from lab.cli.console.output import print_json, print_table, print_text

if TYPE_CHECKING:
    from lab.tables import Study

STATES = ("done", "running", "pending", "failed", "diverged", "stopped")
RUN = ("run_key", "status", "family", "size", "tokens", "learning_rate", "seed", "loss_nats", "error")
SECONDS_BETWEEN_LOOKS = 2.0


def command(
    study: Annotated[str, typer.Argument(metavar="[STUDY]", help="One study, run by run; default: all, counted.")] = "",
    watch: Annotated[bool, typer.Option("--watch", help="Look again every two seconds while something runs.")] = False,
    as_json: AsJson = False,
) -> None:
    """Count each study's runs by status, with the progress of those running now; of one study, list the runs."""
    while True:
        state = _read_state(study)
        if as_json:
            print_json(state)
        else:
            _print_state(state)
        if not (watch and any(each["counts"].get("running") for each in state["studies"])):
            return
        time.sleep(SECONDS_BETWEEN_LOOKS)


def _read_state(name: str) -> dict[str, Any]:
    from lab.runs.spool import Spool
    from lab.runs.store import open_store
    from lab.tables import find_study, list_studies, load_tables

    studies = list_studies()
    chosen = [find_study(name, studies)] if name else studies
    state: dict[str, Any] = {"studies": [_describe(each) for each in chosen], "running": {}}
    if any(each.counts.get("running") for each in chosen):
        state["running"] = Spool(open_store(read_only=True).spool).read_progress()
    if name:
        state["runs"] = load_tables(chosen[0].name).runs[list(RUN)].to_dict("records")
    return state


def _describe(study: "Study") -> dict[str, Any]:
    return {
        "name": study.name,
        "sweep": study.sweep,
        "preset": study.preset,
        "origin": study.origin,
        "path": study.path,
        "counts": dict(study.counts),
    }


def _print_state(state: dict[str, Any]) -> None:
    rows = [(s["name"], s["origin"], *(s["counts"].get(status, 0) for status in STATES)) for s in state["studies"]]
    if not rows:
        print_text("Nothing is stored yet. Next: lab list sweeps, then lab plan SWEEP")
        return
    print_table("", ("study", "from", *STATES), rows, right=STATES)
    for trunk, share in state["running"].items():
        print_text(f"running: trunk {trunk}  {share:.0%}")
    if "runs" in state:
        print_table("", RUN, [[run[name] for name in RUN] for run in state["runs"]], right=RUN[3:8])
