"""Guards at the door: tables that can be read and are still wrong, told by the numbers of their rows.

What cannot be right is refused; what may be right is said, in a note that every command shows. Rows are numbered as in
the file, the first below the head being row 1.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lab.core.columns import COLUMNS
from lab.core.errors import InputError

SIZES = ("params_total", "params_body", "params_active")
COUNTED = (*SIZES, "tokens", "flops")

MOST_TOKENS = 1e16  # a thousand times all text there is; training compute is never less than that by much
MOST_TOKENS_PER_PARAMETER = 1e6
SMALL = 1_000  # a model or a data set below this is a toy, or counted in millions
GAP = 1e4  # between neighbouring values of one column: beyond, two units are mixed
WORST_FLOPS, FOREIGN_FLOPS = 3.0, 300.0  # factors between flops and 6·N·D: to be said, and to be refused
HIGHEST_LOSS = 20.0  # nats/token; guessing among 100 000 tokens costs 11.5
FEWEST_POINTS, MANY_POINTS = 8, 20  # of a training curve: in even steps of tokens, and in any
RANGES_NAMED = 6


def find_doubts(frame: pd.DataFrame, loss_name: str = "loss_nats") -> list[str]:
    """What may be wrong with the rows of a file, one sentence each.

    `frame` has the columns the file gave, as numbers, under the lab's names, and the index counts the file's rows from
    0; `loss_name` is what the file calls the loss. Raises `InputError` for what cannot be right: tokens that are
    compute, compute that is tokens, and units that 6·N·D contradicts.
    """
    _refuse_confusion(frame)
    _refuse_units(frame)
    return [*_doubt_name(loss_name), *(note for doubt in DOUBTS for note in doubt(frame))]


def find_curves(frame: pd.DataFrame) -> pd.Series:
    """For every row the training curve it seems to be a checkpoint of, 'curve-17' after its first row; '' for none.

    A curve is at least eight rows alike in everything but tokens, compute and results, in even steps of tokens (or at
    least 20 rows in any steps), with a loss that falls in four steps of five. Runs of their own, each trained to its
    own horizon, are few, and spaced by factors.
    """
    labels = pd.Series("", index=frame.index, dtype=object)
    along = next((name for name in ("tokens", "flops") if name in frame), None)
    if along is None:
        return labels
    fixed = [name for name in frame.columns if _is_setting(frame[name])]
    settings = frame[fixed].astype(str).groupby(fixed).ngroup() if fixed else pd.Series(0, index=frame.index)
    for _, run in frame[[along, "loss_nats"]].sort_values(along).groupby(settings):
        if _is_curve(run[along].to_numpy(float), run["loss_nats"].to_numpy(float)):
            labels[run.index] = f"curve-{run.index.min() + 1}"
    return labels


def name_rows(rows: Sequence[int] | NDArray[np.int64] | pd.Index) -> str:
    """'rows 1–3, 7, 9–12 and 20 more' for the positions 0, 1, 2, 6, … of rows."""
    numbers = np.unique(np.asarray(rows, int)) + 1
    runs = np.split(numbers, np.flatnonzero(np.diff(numbers) > 1) + 1)
    told = [f"{run[0]}–{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs[:RANGES_NAMED]]
    left = sum(len(run) for run in runs[RANGES_NAMED:])
    return f"{'row' if len(numbers) == 1 else 'rows'} {', '.join(told)}{f' and {left} more' if left else ''}"


def _refuse_confusion(frame: pd.DataFrame) -> None:
    if "tokens" in frame and len(rows := _find(frame["tokens"] > MOST_TOKENS)):
        raise InputError(
            "column tokens",
            f"{name_rows(rows)}: {frame['tokens'].max():.3g}",
            f"no run has seen {MOST_TOKENS:.0e} tokens; these look like training compute",
            "name the column flops (--map C=…)",
        )
    for size in SIZES if "flops" in frame else ():
        if size in frame and len(rows := _find(frame["flops"] < frame[size])):
            raise InputError(
                "column flops",
                f"{name_rows(rows)}: {frame['flops'].min():.3g}",
                f"less than one operation per parameter ({size}); these look like tokens, or like another unit",
                "name the column tokens (--map D=…), or write out PFLOP and PFLOP-days as FLOP",
            )


def _refuse_units(frame: pd.DataFrame) -> None:
    ratio = _compare_compute(frame)
    if not len(ratio) or 1 / FOREIGN_FLOPS < ratio.median() < FOREIGN_FLOPS:
        return
    rows = _find((ratio > FOREIGN_FLOPS) | (ratio < 1 / FOREIGN_FLOPS))
    raise InputError(
        "columns flops, tokens and parameters",
        f"{name_rows(rows)}: flops is {ratio.median():.1e} times 6·N·D",
        "all three are counted in units of 1; is one in millions or billions, or in PFLOP?",
        "write the units out in the file, or leave the wrong column out",
    )


def _doubt_name(loss_name: str) -> Iterator[str]:
    words = loss_name.lower()
    if re.search(r"ppl|perplexity", words) and "log" not in words:
        yield f"the loss is called {loss_name!r}: a perplexity is no loss in nats; take its logarithm first"
    elif re.search(r"bits|bpb|bpc|bpt", words):
        yield f"the loss is called {loss_name!r}: bits are not nats; multiply by ln 2, and by bytes per token"
    elif re.search(r"acc|error_rate", words):
        yield f"the loss is called {loss_name!r}: laws are fitted to a loss in nats per token"


def _doubt_units(frame: pd.DataFrame) -> Iterator[str]:
    for name in COUNTED:
        if name not in frame:
            continue
        values = np.sort(frame[name].to_numpy(float))
        if values[-1] < SMALL:
            what = "parameter counts" if name in SIZES else name
            yield f"{what} below 1000 in every row: are they in millions or billions? columns are in units of 1"
        elif (gap := float((values[1:] / values[:-1]).max(initial=1.0))) > GAP:
            edge = values[int(np.argmax(values[1:] / values[:-1]))]
            small = _find(frame[name] <= edge)
            rows = small if 2 * len(small) <= len(frame) else _find(frame[name] > edge)
            yield f"{name} of {name_rows(rows)} is a factor {gap:.0e} away from the others: are two units mixed?"


def _doubt_compute(frame: pd.DataFrame) -> Iterator[str]:
    ratio = _compare_compute(frame)
    off = ratio[(ratio > WORST_FLOPS) | (ratio < 1 / WORST_FLOPS)]
    if len(off):
        worst = off.iloc[int(np.argmax(np.abs(np.log(off.to_numpy(float)))))]
        yield (
            f"flops differs from 6·N·D by more than a factor {WORST_FLOPS:g} in {name_rows(off.index)} (up to "
            f"×{worst:.2g}): is N counted without the head, or are these other units?"
        )
    size = next((name for name in SIZES if name in frame), None)
    if size and "tokens" in frame:
        rows = _find(frame["tokens"] / frame[size] > MOST_TOKENS_PER_PARAMETER)
        if len(rows):
            yield f"over a million tokens per parameter in {name_rows(rows)}: is tokens a compute, or N in millions?"


def _doubt_loss(frame: pd.DataFrame) -> Iterator[str]:
    loss = frame["loss_nats"]
    if len(rows := _find(loss > HIGHEST_LOSS)):
        yield f"loss_nats is above {HIGHEST_LOSS:g} in {name_rows(rows)}: is it a perplexity? take its logarithm"
    for name in COUNTED:
        if name in frame and len(frame) >= FEWEST_POINTS and frame[name].nunique() > 2 and loss.nunique() > 2:
            rank = float(frame[name].rank().corr(loss.rank()))
            if rank > 0.5:
                yield f"loss_nats rises with {name} (rank correlation {rank:.2f}): is it an accuracy?"
                return


def _doubt_copies(frame: pd.DataFrame) -> Iterator[str]:
    known = [name for name in ("family", "source", "optimizer", "seed", *COUNTED, "loss_nats") if name in frame]
    copies = frame[known].duplicated(keep=False)
    if len(rows := _find(copies)):
        yield f"same N, D and loss in {name_rows(rows)} although other columns differ: drop what is one run twice"


def _doubt_seeds(frame: pd.DataFrame) -> Iterator[str]:
    if "seed" in frame:
        return
    yield "no seed column: the scatter between runs is known from the residuals of a law alone"
    design = [name for name in frame.columns if _is_setting(frame[name]) or name in ("tokens", "flops")]
    if len(rows := _find(frame[design].astype(str).duplicated(keep=False))):
        yield f"{name_rows(rows)} repeat the setting of another: if these are seeds, give a seed column"


DOUBTS: tuple[Callable[[pd.DataFrame], Iterator[str]], ...] = (
    _doubt_units,
    _doubt_compute,
    _doubt_loss,
    _doubt_copies,
    _doubt_seeds,
)


def _compare_compute(frame: pd.DataFrame) -> pd.Series:
    """flops / 6ND of every row, by the count of N that agrees best; empty where the file does not give all three."""
    sizes = [name for name in SIZES if name in frame]
    if not (sizes and {"tokens", "flops"} <= set(frame.columns)):
        return pd.Series(dtype=float)
    ratios = [frame["flops"] / (6.0 * frame[name] * frame["tokens"]) for name in sizes]
    return min(ratios, key=lambda ratio: float(np.abs(np.log(ratio)).median()))


def _is_setting(column: pd.Series) -> bool:
    """Whether a column says which run a row is of: not how far it has come, nor a result, nor a number of the user's
    own, which may be a step.
    """
    name = str(column.name)
    if name in COLUMNS:
        moving = ("run_key", "tokens", "unique_tokens", "flops", "flops_6nd", "cpu_seconds", "stage", "status")
        return COLUMNS[name].kind in ("identity", "axis") and name not in moving
    return bool(pd.to_numeric(column.astype(str), errors="coerce").isna().any())


def _is_curve(along: NDArray[np.float64], loss: NDArray[np.float64]) -> bool:
    steps = np.diff(along)
    if len(along) < FEWEST_POINTS or not (steps > 0).all():
        return False
    even = float(np.quantile(steps, 0.9)) < 1.5 * float(np.quantile(steps, 0.1))
    return (even or len(along) >= MANY_POINTS) and float((np.diff(loss) < 0).mean()) >= 0.8


def _find(where: pd.Series) -> NDArray[np.int64]:
    """The index labels where a condition holds."""
    return where.index[where.to_numpy(bool)].to_numpy(np.int64)
