"""`lab weights`: what the trained nets take beside the store."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from lab.cli.console.arguments import AsJson
from lab.cli.console.output import print_json, print_table, print_text
from lab.core.errors import InputError
from lab.core.units import format_count

if TYPE_CHECKING:
    from lab.runs.store import Store
    from lab.runs.weights import WeightsFolder


def command(
    study: Annotated[str, typer.Argument(metavar="[STUDY]", help="One study of the store; default: all.")] = "",
    drop: Annotated[
        bool, typer.Option("--drop", help="Remove the weights of STUDY; its runs stay as they are.")
    ] = False,
    restore: Annotated[
        str, typer.Option("--restore", metavar="RUN", help="Train this run again for its weights, which were dropped.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Count the weights kept of each study's runs, drop them to free the disk, or have them again.

    Weights are no part of a run's record or of an archive. What is restored is checked: trained again, the run must
    give the numbers that are stored.
    """
    from lab.runs.store import open_store
    from lab.runs.weights import WeightsFolder

    if drop and (restore or not study):
        raise InputError("lab weights --drop", restore or None, "drops what one study has", "lab weights STUDY --drop")
    store = open_store(read_only=True)
    folder = WeightsFolder(store.folders.weights)
    if restore:
        state: dict[str, Any] = {"restored": _restore(store, restore)}
    elif drop:
        state = {"dropped_bytes": folder.drop(run.key for run in store.runs(store.study(study).name))}
    else:
        names = [store.study(study).name] if study else [each.name for each in store.studies()]
        state = {"folder": folder.folder, "studies": [_count(store, folder, name) for name in names]}
    if as_json:
        print_json(state)
    else:
        _print_state(state)


def _restore(store: "Store", prefix: str) -> str:
    from lab.runs.executor import LocalExecutor
    from lab.runs.restoration import restore_weights

    executor = LocalExecutor(1)
    try:
        return restore_weights(store, prefix, executor)
    finally:
        executor.shutdown(cancel=True)


def _count(store: "Store", folder: "WeightsFolder", name: str) -> dict[str, Any]:
    runs, sizes = store.runs(name), folder.sizes()
    kept = [sizes[run.key] for run in runs if run.key in sizes]
    return {"study": name, "done": sum(run.status == "done" for run in runs), "kept": len(kept), "bytes": sum(kept)}


def _print_state(state: dict[str, Any]) -> None:
    if "restored" in state:
        print_text(f"The weights of run {state['restored']} are kept again.")
    elif "dropped_bytes" in state:
        print_text(f"{format_count(state['dropped_bytes'], 'B')} freed; `lab weights --restore RUN` trains one again.")
    else:
        rows = [(s["study"], s["done"], s["kept"], format_count(s["bytes"], "B")) for s in state["studies"]]
        print_table(
            "", ("study", "runs done", "with weights", "bytes"), rows, right=("runs done", "with weights", "bytes")
        )
        print_text(f"In {state['folder']}. A run that two studies share is counted in both.")
