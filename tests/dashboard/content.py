"""A study written through the real store, with losses of a known surface, for everything the dashboard shows."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lab.core.registry import open_shelf
from lab.core.seeds import open_stream
from lab.runs.owner import identify_process
from lab.runs.runner import Result
from lab.runs.spec import RunSpec
from lab.runs.store import Store, StudyRecord
from lab.tables import load_runs
from tests.synthetic import chinchilla_loss

SWEEP, PRESET = "kaplan_language_models", "smoke"
STUDY = f"{SWEEP}-{PRESET}"
MARKUP = "<img src=x onerror=alert(1)> ![](http://evil.example/x.png) [x](javascript:alert(1)) **bold** $x$ :red[r]"


def fill_store(folder: Path, sweep: str = SWEEP, preset: str = PRESET, unfinished: int = 0) -> dict[str, str]:
    """The environment of a store in `folder` that holds the study; the last `unfinished` runs stay to be done.

    One run failed with an error text full of markup, one diverged.
    """
    name, store, owner = f"{sweep}-{preset}", Store(folder / "lab.db"), identify_process()
    list_specs = open_shelf("sweeps").load(sweep).specs
    asked: dict[str, RunSpec] = {}
    store.register(StudyRecord(name, sweep, preset), [])
    while new := [spec for spec in list_specs(preset, load_runs(store, name)) if spec.key not in asked]:
        store.register(StudyRecord(name, sweep, preset), new)
        for spec in new[: len(new) - unfinished]:
            if spec.key not in asked:
                store.claim([spec.key], owner)
                result = make_result(spec, len(asked))
                store.complete(spec.key, owner, result, {"commit": "0" * 40, "machine": "a test"})
            asked[spec.key] = spec
        if unfinished:
            break
    return {"LAB_STORE": str(folder / "lab.db"), "LAB_ARCHIVES": str(folder / "archives")}


def make_result(spec: RunSpec, place: int) -> Result:
    """What the run would have given on the synthetic surface; the third fails, the fifth diverges."""
    if place == 2:
        return Result(status="failed", error=f"WorkerDiedError: killed by signal 9 {MARKUP}")
    row = open_shelf("runners").load(spec.runner).describe(spec.fields)
    noise = 0.004 * open_stream(0, "content", spec.trunk_key).standard_normal()
    at = np.geomspace(row["tokens"] / 64, row["tokens"], 16)
    losses = chinchilla_loss(np.array(row["params_total"]), at) * np.exp(noise) + 0.1 * (at < row["tokens"])
    seconds = row["flops"] / 2e10
    curve = {
        "tokens": at.tolist(),
        "flops": (row["flops"] * at / row["tokens"]).tolist(),
        "loss_nats": losses.tolist(),
        "train_loss_nats": (losses + 0.05).tolist(),
        "online_bits": (at * losses / np.log(2)).tolist(),
        "learning_rate": [row["learning_rate"]] * 16,
    }
    timings, totals = (
        {"cpu_seconds": (seconds * at / row["tokens"]).tolist()},
        {"cpu_seconds": seconds, "wall_seconds": seconds},
    )
    if place == 4:
        return Result("diverged", curve=curve, timings=timings, totals=totals, error="diverged at step 10")
    metrics = {"loss_nats": float(losses[-1]), "bits_per_byte": float(losses[-1] / np.log(2)), "loss_se": 0.01}
    return Result("done", metrics, curve, timings=timings, totals=totals)
