"""`lab backtest`: laws fitted to the cheaper points of every curve, graded on the dearer ones."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lab.cli.console.arguments import AsJson, ColumnMap, Convention, StudyName, split_list
from lab.cli.console.counting import open_count
from lab.cli.console.output import format_interval, print_json, print_note, print_table, print_text
from lab.core.errors import InputError, RefusedError, UnknownNameError

if TYPE_CHECKING:
    from lab.analysis.comparisons.backtest import Backtest
    from lab.analysis.comparisons.curves import Collection
    from lab.analysis.comparisons.scores import Score


def command(
    study: StudyName,
    curve: Annotated[
        str, typer.Option("--curve", metavar="COLUMN,…", help="Columns that tell a file's curves apart; group first.")
    ] = "",
    x: Annotated[str, typer.Option("--x", metavar="COLUMN", help="With --curve: the scale.")] = "",
    y: Annotated[str, typer.Option("--y", metavar="COLUMN", help="With --curve: the loss.")] = "",
    split: Annotated[
        str, typer.Option("--split", metavar="COLUMN", help="With --curve: 1 says fitted, 0 held out.")
    ] = "",
    ahead: Annotated[
        float | None,
        typer.Option(
            "--ahead", help="Hold out what lies beyond this part of the largest x: 2 is half (a file's default)."
        ),
    ] = None,
    against: Annotated[str, typer.Option("--against", help="Curves of a study: over size or over tokens.")] = "size",
    laws: Annotated[
        str, typer.Option("--laws", help="Laws of one variable, and 'default', the lab's own choice. Default: six.")
    ] = "",
    convention: Convention = "params_total",
    column_map: ColumnMap = "",
    as_json: AsJson = False,
) -> None:
    """Backtest laws: fit the cheaper points of every curve, forecast the dearer, and grade the forecasts.

    Exit code 2 where no law can be fitted to any curve.
    """
    from lab.analysis.comparisons.backtest import ESTIMATORS, LAST, run_backtest
    from lab.analysis.comparisons.curves import AHEAD
    from lab.analysis.comparisons.scores import calibrate, score_backtest

    if ahead is not None and not ahead >= 1:
        raise InputError("--ahead", ahead, "a forecast reaches beyond what is fitted: 1 or more", "say 2 or 4")
    collection = (
        _open_file(study, curve, x, y, split, ahead or AHEAD)
        if curve
        else _open_study(study, against, convention, column_map, ahead or 1.0)
    )
    with open_count(collection.name, "curves", len(collection.curves)) as advance:
        backtest = run_backtest(collection, split_list(laws) or ESTIMATORS, advance=advance)
    scores = score_backtest(backtest) if len(backtest.frame) else []
    calibration = calibrate(backtest) if scores else None
    if as_json:
        print_json(_describe(backtest, scores, calibration))
    else:
        _print(backtest, scores)
    if not any(score.answered for score in scores if score.estimator != LAST):
        _refuse(backtest)


def _open_file(name: str, curve: str, x: str, y: str, split: str, ahead: float) -> Collection:
    from lab.analysis.comparisons.curves import read_curves

    if not (x and y):
        raise InputError("--curve", curve, "a file of curves needs --x and --y", "name the scale and the loss")
    return read_curves(Path(name), split_list(curve), x, y, split, ahead)


def _open_study(name: str, against: str, convention: str, column_map: str, ahead: float) -> Collection:
    from lab.analysis.comparisons.curves import collect_study
    from lab.analysis.laws.fits import check_convention
    from lab.cli.console.studies import open_study

    check_convention(convention)
    if against == "size":
        return collect_study(open_study(name, column_map, convention), "size", convention, ahead)
    if against == "tokens":
        return collect_study(open_study(name, column_map, convention), "tokens", convention, ahead)
    raise UnknownNameError.among("--against", against, ("size", "tokens"))


def _refuse(backtest: Backtest) -> None:
    collection = backtest.collection
    reasons = [row["reason"] for row in backtest.frame.to_dict("records") if row["reason"]]
    reason = reasons[0] if reasons else "no curve has points to fit and points to forecast"
    raise RefusedError(f"backtest of {collection.name}", None, reason, "bring longer curves, or name simpler --laws")


def _describe(backtest: Backtest, scores: list[Score], calibration: Any) -> dict[str, object]:
    collection = backtest.collection
    return {
        "collection": {key: getattr(collection, key) for key in ("name", "x", "y", "group", "notes")},
        "loss": backtest.loss,
        "scores": [
            {
                "group": score.group,
                "estimator": score.estimator,
                "curves": score.curves,
                "answered": score.answered,
                "estimates": score.estimates,
            }
            for score in scores
        ],
        "calibration": [] if calibration is None else calibration.to_dict("records"),
        "curves": backtest.frame.to_dict("records"),
    }


def _print(backtest: Backtest, scores: list[Score]) -> None:
    from lab.analysis.comparisons.backtest import DEFAULT, INSIDE, LEVELS, MEMBERS
    from lab.scaling.requirements import FEWEST_UNITS

    collection = backtest.collection
    for note in collection.notes:
        print_note(f"note: {note}")
    headers = ("estimator", "answered", "mean RMSLE", "95 % interval", "median", "skill", "wins")
    held = tuple(f"in {level:.0%}" for level in LEVELS)
    for group in collection.groups:
        own = [score for score in scores if score.group == group]
        frame = backtest.frame[backtest.frame["group"] == group]
        rows: list[tuple[object, ...]] = []
        for s in own:
            shares = (float(frame.loc[frame["estimator"] == s.estimator, column].mean()) for column in INSIDE)
            head = (s.estimator, f"{s.answered}/{s.curves}", s.rmsle.value, format_interval(s.rmsle))
            rows.append((*head, s.median.value, s.skill.value, s.wins.value, *shares, s.miscalibration.value))
        few = f"; fewer than {FEWEST_UNITS}: means without intervals" if own[0].curves < FEWEST_UNITS else ""
        title = f"{collection.group} {group} · {own[0].curves} curves{few}"
        print_table(title, (*headers, *held, "MSCE"), rows, right=(*headers[1:3], *headers[4:], *held, "MSCE"))
    if DEFAULT in backtest.estimators:
        print_text(f"default: at every point the median of what {', '.join(MEMBERS)} foretell.")
    print_text(f"Fitted by {backtest.loss}. Skill: 1 − mean RMSLE over that of the last value. in 95%: share held.")
    troubled = backtest.frame[backtest.frame["rmsle"].isna()]
    for (estimator, reason), count in Counter(zip(troubled["estimator"], troubled["reason"], strict=True)).items():
        print_text(f"{estimator}: no answer on {count} of its curves: {reason}.")
