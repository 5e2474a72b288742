"""`lab calibrate`: can the confidences in somebody's file of predictions be trusted?"""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lab.cli.console.arguments import AsJson, split_list
from lab.cli.console.output import format_interval, print_json, print_note, print_table, print_text
from lab.core.errors import InputError

if TYPE_CHECKING:
    from lab.analysis.calibration.assessment import Assessment, Recalibration
    from lab.analysis.calibration.reading import ReadPredictions
    from lab.calibration.resampling import Evaluation

COLUMN = "Its column, or array of an .npz; found by the usual names otherwise."
FIGURES = ("reliability_diagram", "miscalibration_discrimination", "risk_coverage", "recalibration", "conformal_sets")


def command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV, Parquet or NPZ, one row per prediction.")],
    probabilities: Annotated[
        str,
        typer.Option("--probabilities", help="The prefix of a column per class (p, prob_), a list a,b,c, an array."),
    ] = "",
    confidence: Annotated[str, typer.Option("--confidence", help=f"Of one event. {COLUMN}")] = "",
    label: Annotated[str, typer.Option("--label", help=f"The class that is true. {COLUMN}")] = "",
    outcome: Annotated[
        str, typer.Option("--outcome", help=f"Whether the event happened, or the answer is right. {COLUMN}")
    ] = "",
    group: Annotated[str, typer.Option("--group", help=f"What rows are not independent within. {COLUMN}")] = "",
    weight: Annotated[str, typer.Option("--weight", help=f"How many rows a row stands for. {COLUMN}")] = "",
    recalibrate: Annotated[
        str, typer.Option("--recalibrate", help="temperature, platt, … (`lab list recalibrators`), or several: a,b.")
    ] = "",
    fitted_on: Annotated[
        Path | None,
        typer.Option("--fitted-on", metavar="FILE", help="Fit the recalibration to this file, not by folds."),
    ] = None,
    folds: Annotated[
        int, typer.Option("--folds", min=2, max=100, help="Folds of whole groups to fit and report by.")
    ] = 5,
    misses: Annotated[
        float, typer.Option("--misses", help="Conformal sets: the share that may lack the true class.")
    ] = 0.1,
    replicates: Annotated[int, typer.Option("--replicates", min=50, max=10_000, help="Resamples.")] = 1000,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of resamples, folds and splits.")] = 0,
    export: Annotated[Path | None, typer.Option("--export", metavar="FILE", help="Write every number as CSV.")] = None,
    to: Annotated[Path | None, typer.Option("--to", metavar="FOLDER", help="Draw the figures there.")] = None,
    as_json: AsJson = False,
) -> None:
    """Measure how far confidences can be trusted, beside what a perfectly calibrated model would score.

    Each measure has its bias taken off, an interval where one was seen to cover, and the null; then whom to answer
    (risk against coverage), sets of classes that hold the truth at a stated rate, and what recalibration would mend,
    never reported on the rows it was fitted to. Nothing in a file is unpickled or run.
    """
    from lab.analysis.calibration.assessment import ALPHAS, assess_predictions
    from lab.analysis.calibration.reading import read_predictions
    from lab.analysis.calibration.tabulating import list_estimates, tabulate_assessment
    from lab.cli.console.files import claim_place, write_whole

    if export is not None:
        claim_place(export)
    if not 0 < misses < 1:
        raise InputError("--misses", misses, "lies between 0 and 1", "for example 0.1")
    columns = {"probabilities": probabilities, "confidence": confidence, "label": label, "outcome": outcome,
               "group": group, "weight": weight}  # fmt: skip
    read = read_predictions(file, columns)
    other = read_predictions(fitted_on, columns).predictions if fitted_on is not None else None
    alphas = sorted({*ALPHAS, misses})
    found = assess_predictions(read, split_list(recalibrate), other, replicates, folds, alphas, seed)
    if as_json:
        print_json(_to_literal(found, misses))
    else:
        _print(found, misses)
    if export is not None:
        write_whole(export, list_estimates(found).to_csv(index=False).encode())
        print_note(str(export))
    if to is not None:
        from lab.figures.printing import export_figure

        tables = tabulate_assessment(found)
        for path in (path for name in FIGURES for path in export_figure(name, tables, {}, to)):
            print_note(str(path))


def _to_literal(found: "Assessment", misses: float) -> dict[str, object]:
    read = found.read
    return {
        "file": read.name,
        "columns": dict(read.columns),
        "classes": list(read.classes),
        **_count(read),
        "measures": _list_measures(found.evaluations),
        "temperature": found.temperature,
        "selective": list(found.selective.estimates),
        "sets": [
            {
                "method": one.method,
                "misses_allowed": one.alpha,
                "coverage": one.estimate_coverage(),
                "coverage_foreseen": one.law.bound(len(one.held_N)),
                "size": one.estimate_size(),
            }
            for one in found.sets
            if one.alpha == misses
        ],
        "without_sets": found.no_sets,
        "recalibrated": {one.name: _to_recalibrated(one) for one in found.recalibrations},
        "notes": list(read.notes),
    }


def _to_recalibrated(one: "Recalibration") -> dict[str, object]:
    return {
        "fits": [dict(fitted.parameters) for fitted in one.done.maps],
        "measures": _list_measures(one.after),
        "before_minus_after": list(one.contrasts),
    }


def _list_measures(evaluations: "Iterable[Evaluation]") -> dict[str, object]:
    from lab.analysis.calibration.tabulating import is_flagged

    return {
        one.measure.name: {
            "value": one.value,
            "estimate": one.estimate,
            "null": one.null.expected if one.null is not None and one.measure.vanishes else None,
            "p_value": one.null.p_value if one.null is not None and one.measure.vanishes else None,
            "indistinguishable_from_calibrated": is_flagged(one) if one.measure.vanishes and one.null else None,
        }
        for one in evaluations
    }


def _count(read: "ReadPredictions") -> dict[str, object]:
    import numpy as np

    p = read.predictions
    return {
        "predictions": len(p),
        "groups": len(np.unique(p.group_N)),
        "right": float(np.average(p.outcome_N, weights=p.weight_N)),
        "mean_confidence": float(np.average(p.confidence_N, weights=p.weight_N)),
    }


def _print(found: "Assessment", misses: float) -> None:
    facts = _count(found.read)
    kind = f"{len(found.read.classes)} classes" if found.read.classes else "one event"
    taken = ", ".join(f"{role} {name}" for role, name in found.read.columns.items() if role != "probabilities")
    groups = f" in {facts['groups']:,} groups" if facts["groups"] != facts["predictions"] else ""
    print_text(
        f"{found.read.name}: {facts['predictions']:,} predictions{groups}, {kind} ({taken})\n"
        f"right {facts['right']:.4f}, mean confidence {facts['mean_confidence']:.4f}; best temperature "
        f"{found.temperature} by its own data"
    )
    _print_measures("", found.evaluations)
    rows = [(one.name.replace("_", " "), one.value, format_interval(one)) for one in found.selective.estimates]
    print_table("Answer only where confident", ("reading", "value", "95% interval"), rows, right=("value",))
    sets = [
        (one.method, f"{one.estimate_coverage()}", "{:.4g}–{:.4g}".format(*one.law.bound(len(one.held_N))),
         f"{one.estimate_size()}")
        for one in found.sets if one.alpha == misses
    ]  # fmt: skip
    if sets:
        columns = ("method", "coverage", "foreseen", "size")
        print_table(f"Sets of classes that may miss {misses:g} of the time, half the rows held out", columns, sets)
    for one in found.recalibrations:
        how = f"by {len(one.done.maps)} folds" if len(one.done.maps) > 1 else "fitted apart"
        _print_measures(f"Recalibrated: {one.name}, {how}", one.after)
        rows = [(e.name.removeprefix("difference of "), e.value, format_interval(e)) for e in one.contrasts]
        print_table(
            f"Before − after: {one.name}", ("measure", "difference", "95% interval"), rows, right=("difference",)
        )
    for note in (*found.read.notes, *filter(None, [found.no_sets])):
        print_text(f"note: {note}")


def _print_measures(title: str, evaluations: "Iterable[Evaluation]") -> None:
    from lab.analysis.calibration.tabulating import is_flagged

    rows = []
    for one in evaluations:
        estimate, shown = one.estimate, one.null if one.measure.vanishes else None
        flag = "indistinguishable from calibrated" if is_flagged(one) else ""
        why = "" if estimate.has_interval else estimate.method.removeprefix("no valid interval: ")
        rows.append((
            one.measure.name, one.value, estimate.value, format_interval(estimate), one.measure.unit,
            "" if shown is None else f"{shown.expected.value:.4g}", "" if shown is None else f"{shown.quantile:.4g}",
            flag or why,
        ))  # fmt: skip
    columns = ("measure", "measured", "bias off", "95% interval", "unit", "null mean", "null 95%", "")
    print_table(title, columns, rows, right=("measured", "bias off", "null mean", "null 95%"))
