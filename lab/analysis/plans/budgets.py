"""What hours of a machine or a sum of money are in FLOP."""

from __future__ import annotations

import math

import numpy as np

from lab.analysis.selection import select_runs
from lab.core.errors import InputError, UnknownNameError
from lab.tables import Tables

# Dense bfloat16 peak of one device, FLOP/s, as the makers' data sheets state it (without sparsity).
PEAKS = {"h100": 989.4e12, "h200": 989.4e12, "a100": 312e12}
MEASURED = "cpu"
SECONDS_PER_HOUR = 3600.0


def find_peak(hardware: str) -> float:
    """FLOP/s of a named device, or of a number of one's own; raises `UnknownNameError`."""
    if hardware in PEAKS:
        return PEAKS[hardware]
    try:
        return check_positive("--hardware", float(hardware), "FLOP/s")
    except ValueError:
        raise UnknownNameError.among(
            "--hardware", hardware, [*PEAKS, MEASURED], "or give its peak in FLOP/s: --hardware 1e14"
        ) from None


def measure_throughput(tables: Tables) -> float:
    """FLOP/s that one core of the study's machine reached: the median over the runs of its largest size."""
    rows = select_runs(tables).rows
    rows = rows[rows["params_total"] == rows["params_total"].max()]
    rates = (rows["flops"] / rows["cpu_seconds"]).to_numpy(float)
    rates = rates[np.isfinite(rates) & (rates > 0)]
    if not len(rates):
        raise InputError("--hardware cpu", tables.study.name, "its runs have no cpu_seconds", "give FLOP/s instead")
    return float(np.median(rates))


def count_flops(device_hours: float, rate: float, utilization: float = 1.0) -> float:
    """device-hours · 3600 · FLOP/s · utilization, the share of the peak that training reaches."""
    if not 0 < utilization <= 1:
        raise InputError("--utilization", utilization, "is a share of the peak in (0, 1]", "0.4 is a good run's")
    return check_positive("hours", device_hours, "h") * SECONDS_PER_HOUR * rate * utilization


def check_positive(subject: str, value: float, unit: str) -> float:
    """`value`; raises `InputError` unless it is a positive finite number."""
    if not (math.isfinite(value) and value > 0):
        raise InputError(subject, value, f"a positive number ({unit}) is needed")
    return value
