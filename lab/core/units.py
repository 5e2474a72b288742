"""Units: conversion of code lengths and the one way a quantity is printed."""

from __future__ import annotations

import math

NATS_PER_BIT = math.log(2.0)

_PREFIXES = ((1e18, "E"), (1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def bits_from_nats(nats: float) -> float:
    """A code length in bits from one in nats."""
    return nats / NATS_PER_BIT


def format_count(value: float | None, unit: str = "") -> str:
    """A count with an SI prefix and three significant digits: '1.23 M tokens', '2 GFLOP', '12'; beyond the prefixes in
    common use by powers of ten: '2.88e21 FLOP'.
    """
    if value is None or math.isnan(value):
        return "–"
    if math.isinf(value):
        return "unbounded"
    if abs(value) >= 1000 * _PREFIXES[0][0]:
        return f"{value:.3g} {unit}".replace("e+", "e").strip()
    scale, prefix = next(((s, p) for s, p in _PREFIXES if abs(value) >= s), (1.0, ""))
    joined = prefix + unit if unit[:1].isupper() else f"{prefix} {unit}".strip()  # a symbol (FLOP, B) takes its prefix
    return f"{value / scale:.3g} {joined}".strip()


def format_duration(seconds: float) -> str:
    """A duration in the largest two units: '1 h 05 min', '3 min 20 s', '12 s'."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
