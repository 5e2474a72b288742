"""The weights of cooled endpoints: a file for each run beside the store, outside of its identity, hashes and archives.

They are large and can be had again by training, so they may be dropped at any time; a result never depends on them.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lab.core.errors import RefusedError, StoreError
from lab.runs.folders import explain_trouble, replace_file
from lab.runs.store import Store, StoredRun

SUFFIX = ".npz"
PREFIX = "parameter:"  # of the members of a file, whose own names numpy keeps some of for itself


@dataclass(frozen=True)
class WeightsFolder:
    """Files by run key, each an npz of the parameters by their name in the net."""

    folder: Path

    def put(self, key: str, weights: Mapping[str, np.ndarray]) -> None:
        """Keeps the weights of a run, durably."""
        with explain_trouble(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
        with replace_file(self._locate(key)) as file:
            np.savez(file, **{f"{PREFIX}{name}": array for name, array in weights.items()})  # type: ignore[arg-type]

    def read(self, key: str) -> dict[str, np.ndarray] | None:
        """The weights of a run, None where there are none; raises `StoreError` where the file is damaged."""
        try:
            with np.load(io.BytesIO(self._locate(key).read_bytes()), allow_pickle=False) as archive:
                return {name.removeprefix(PREFIX): archive[name] for name in archive.files}
        except FileNotFoundError:
            return None
        except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
            rule = f"the file is damaged ({error})"
            raise StoreError(f"weights of run {key}", None, rule, f"`lab weights --restore {key}`") from error

    def sizes(self) -> dict[str, int]:
        """The bytes of every file, by run key."""
        return {path.stem: path.stat().st_size for path in sorted(self.folder.glob(f"[!.]*{SUFFIX}"))}

    def drop(self, keys: Iterable[str]) -> int:
        """Removes the files of these runs and returns their bytes; a run without one is passed over."""
        sizes = self.sizes()
        dropped = sizes.keys() & set(keys)
        for key in dropped:
            self._locate(key).unlink(missing_ok=True)
        return sum(sizes[key] for key in dropped)

    def _locate(self, key: str) -> Path:
        return self.folder / f"{key}{SUFFIX}"


def load_weights(store: Store, run_key: str) -> dict[str, np.ndarray]:
    """The weights with which a run ended, by parameter name: what `load_state_dict` of its family's net takes.

    `run_key` may be the beginning of a key. Raises `UnknownNameError` where the store has no such run, `RefusedError`
    where its weights are not kept and `StoreError` where their file is damaged.
    """
    run = find_weighted(store, run_key)
    weights = WeightsFolder(store.folders.weights).read(run.key)
    if weights is None:
        rule = f"there are none beside the store: they were dropped, or runs of `{run.runner}` keep none"
        next_step = f"`lab weights --restore {run.key}` trains it again"
        raise RefusedError(f"weights of run {run.key}", None, rule, next_step)
    return weights


def find_weighted(store: Store, run_key: str) -> StoredRun:
    """The run whose key begins with `run_key`; raises `RefusedError` where it is not done and so has no weights."""
    run = store.run(run_key)
    if run.status != "done":
        raise RefusedError(f"weights of run {run.key}", run.status, "only a run that is done has weights")
    return run
