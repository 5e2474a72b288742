"""Weights that were dropped, had again: the run is trained once more and must give the very numbers that are stored."""

from __future__ import annotations

from typing import Any

from lab.core.errors import RefusedError
from lab.core.registry import open_shelf
from lab.runs.executor import Executor
from lab.runs.folders import Folders
from lab.runs.record import hash_result
from lab.runs.runner import Listener
from lab.runs.store import Store
from lab.runs.weights import WeightsFolder, find_weighted


def restore_weights(store: Store, run_key: str, executor: Executor) -> str:
    """Trains a stored run again, in a worker, and keeps its weights; returns its whole key. The record stays as it is.

    Raises `UnknownNameError` for a run the store does not have, and `RefusedError` for one that is not done, whose
    runner keeps no weights, or whose numbers come out otherwise here than they are stored.
    """
    run = find_weighted(store, run_key)
    future = executor.submit(_train_again, run.runner, dict(run.fields), store.folders, run.key, run.result_hash)
    future.result()
    return run.key


def _train_again(runner: str, fields: dict[str, Any], folders: Folders, key: str, result_hash: str) -> None:
    listener = Listener()
    open_shelf("runners").load(runner).run([fields], listener)
    (_, result), subject = listener.results[0], f"weights of run {key}"
    if hash_result(result) != result_hash:
        rule = "trained again it gives other numbers here: another machine, torch, Python or data than made the record"
        raise RefusedError(subject, None, rule, "train it where its page says it was made")
    if not result.weights:
        raise RefusedError(subject, None, f"runs of `{runner}` keep none", "only `train` keeps weights")
    WeightsFolder(folders.weights).put(key, result.weights)
