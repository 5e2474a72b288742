"""The numbers of a report: fits with intervals and published values beside them, and the graded forecast."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from typing import Any

from lab.analysis.forecasts.forecasts import forecast_bearable
from lab.analysis.laws.fits import NamedFit, fit_study
from lab.analysis.laws.named import speak
from lab.analysis.laws.rates_effect import fit_tokens_by_rate
from lab.core.estimate import Estimate
from lab.core.units import format_count
from lab.report.document import Block, Paragraph, Table
from lab.report.published import find_published
from lab.scaling import Status
from lab.tables import Tables

_ABOUT_FITS = (
    "Every interval takes the trunk, or where said the seed, as the independent unit (units: how many). N counts all "
    "parameters or the body alone, as each fit says; laws without an irreducible term stand beside Kaplan's, laws with "
    "one beside Hoffmann's."
)


def list_fits(tables: Tables) -> list[Block]:
    """Exponents and irreducible terms of every law, under both counts of N; amplitudes; refusals with what to run."""
    fits = fit_study(tables)
    answered = [named for named in fits if named.fit.theta is not None]
    refused = [named for named in fits if named.fit.theta is None]
    blocks: list[Block] = [Paragraph(_ABOUT_FITS)] if answered else []
    if answered:
        numeric = frozenset({"estimate", "95 % interval", "units"})
        head = ("fit", "law", "parameter", "estimate", "95 % interval", "units", "published")
        shapes = [_describe_estimate(named, e) for named in answered for e in _list_shapes(named)]
        levels = [_describe_estimate(named, e)[:6] for named in answered for e in _list_amplitudes(named)]
        blocks += [
            Table(head, shapes, numeric),
            Paragraph("Amplitudes of the same fits."),
            Table(head[:6], levels, numeric),
        ]
    if refused:
        rows = [(named.title, named.fit.law, named.fit.reason, named.fit.next_step) for named in refused]
        blocks += [Paragraph("Not fitted:"), Table(("fit", "law", "because", "next"), rows)]
    return blocks


def list_forecasts(tables: Tables) -> list[Block]:
    """The held-out largest size at every horizon: foretold, observed, error on the loss and on the reducible loss."""
    blocks: list[Block] = []
    head = ("D", "seed", "observed", "forecast", "95 % interval", "error (nats)", "error", "of reducible", "inside")
    for convention in ("params_total", "params_body"):
        forecast, refused = forecast_bearable(tables, convention)
        counted = f"N counts {speak(convention)}"
        for fit in (each.fit for each in refused):
            told = f"Law {fit.law}, {counted}: no forecast ({fit.status}), because {fit.reason}. Next: {fit.next_step}."
            blocks.append(Paragraph(told))
        if forecast.frame.empty:
            continue
        graded = forecast.frame.sort_values(["tokens", "seed"])
        rows = [_describe_forecast(row) for row in graded.to_dict("records")]
        blocks += [
            Paragraph(
                f"Law {forecast.fit.law}, {counted}; fitted to every size but the largest, graded on the largest. "
                f"{_sum_up(forecast.estimates)}"
            ),
            Table(head, rows, frozenset(head)),
        ]
    return blocks


def list_rates(tables: Tables) -> list[Block]:
    """What one learning rate for all horizons would do to β: it tilts it, because the best rate drifts."""
    estimates = fit_tokens_by_rate(tables).estimates
    if not estimates:
        return [
            Paragraph("No seed tried several learning rates to three horizons or more: stored rates, not tuned here.")
        ]
    head = ("one rate for all horizons", "mean tilt of β", "95 % interval over sizes", "sizes")
    rows = [(e.name, f"{e.value:+.4f}", _write_interval(e), str(e.n)) for e in estimates]
    told = "β under one rate for all horizons minus β under each horizon's best, the slope of ln L over ln D each time."
    return [Paragraph(told), Table(head, rows, frozenset(head[1:]))]


def _list_shapes(named: NamedFit) -> list[Estimate]:
    amplitudes = {e.name for e in _list_amplitudes(named)}
    return [e for e in named.fit.estimates if e.name not in amplitudes]


def _list_amplitudes(named: NamedFit) -> list[Estimate]:
    fit = named.fit
    names = {fit.labels.get(p.name, p.name) for p in fit.form.parameters if p.scale == "log"}
    return [e for e in fit.estimates if e.name in names]


def _describe_estimate(named: NamedFit, estimate: Estimate) -> tuple[str, ...]:
    fit = named.fit
    status = "" if fit.status is Status.CONVERGED else f" ({fit.status}: {fit.reason})"
    published = find_published(fit.law, named.columns[0], estimate.name)
    name = f"{estimate.name} ({estimate.unit})" if estimate.unit else estimate.name
    return (
        named.title + status,
        fit.law,
        name,
        f"{estimate.value:.4g}",
        _write_interval(estimate),
        str(estimate.n),
        published,
    )


def _write_interval(estimate: Estimate) -> str:
    return f"[{estimate.low:.4g}, {estimate.high:.4g}]" if estimate.has_interval else "none"


def _describe_forecast(row: dict[Hashable, Any]) -> tuple[str, ...]:
    return (
        format_count(row["tokens"]),
        f"{row['seed']:g}",
        f"{row['observed']:.4f}",
        f"{row['predicted']:.4f}",
        f"[{row['low']:.4f}, {row['high']:.4f}]",
        f"{row['error_nats']:+.4f}",
        f"{row['error_relative']:+.2%}",
        f"{row['error_reducible']:+.2%}" if math.isfinite(row["error_reducible"]) else "no floor known",
        "yes" if row["inside"] else "no",
    )


def _sum_up(estimates: Sequence[Estimate]) -> str:
    """'Forecast error 0.014 nats/token; …': the means over the held-out runs."""
    told = [f"{e.name} {e.value:.3g} {e.unit}".strip() for e in estimates if math.isfinite(e.value)]
    return f"Means: {'; '.join(told)}."
