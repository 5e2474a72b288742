"""Laws: any law of the shelf fitted to the study one's own way, and the ledger of sealed forecasts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, get_args, get_type_hints

import pandas as pd
import streamlit as st

from dashboard.controls import choose_options, spell
from dashboard.exhibit import show_figure
from dashboard.grid import offer_csv, show_grid
from dashboard.notices import contain_errors, show_hint
from dashboard.pages import Page
from dashboard.studies import BY_HASH, FIRST_COMMAND, read_ledger, read_tables
from dashboard.text import escape_markdown
from lab.analysis.comparisons.multiverse import assess_exponents
from lab.analysis.forecasts.grading import calibrate, tabulate_grades
from lab.analysis.laws.fits import NamedFit, fit_law_to
from lab.analysis.laws.named import fit_again
from lab.analysis.selection import select_runs
from lab.core.estimate import Estimate
from lab.core.registry import open_shelf
from lab.figures import Range
from lab.scaling import read_loss
from lab.scaling.intervals import METHODS
from lab.tables import Study, Tables

DEFAULT_LAW = "chinchilla"
LEDGER_COMMAND = "lab forecast STUDY --at params_total=1e7,tokens=1e9"


@dataclass(frozen=True)
class Options:
    """How the law is fitted: what a one-variable law scales, what N counts, the loss, and how wide an interval is
    wanted, relative to the estimate.
    """

    against: Literal["size", "tokens", "compute"] = "size"
    convention: Literal["params_total", "params_body", "params_active"] = "params_total"
    loss: Literal["huber:0.01", "huber:0.001", "squares", "absolute", "asymmetric:10", "squares@raw"] = "huber:0.01"
    relative_width: Annotated[float, Range(0.02, 0.5, 0.02)] = 0.1


def render(study: Study | None) -> None:
    """A law of one's choice on the study, then the ledger."""
    st.title("Laws", anchor=False)
    if study is None:
        show_hint(
            "No runs yet", "Drop a file of your own runs in the sidebar, or train the smallest study.", FIRST_COMMAND
        )
    else:
        st.header("Fit", anchor="fit")
        with contain_errors():
            _show_fit(read_tables(study))
    st.header("Forecast ledger", anchor="ledger")
    with contain_errors():
        _show_ledger()


def _show_fit(tables: Tables) -> None:
    laws = open_shelf("laws").names()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        law = st.selectbox("Law", laws, laws.index(DEFAULT_LAW), key="laws.law", bind="query-params", width=240)
        method = st.selectbox(
            "Interval", METHODS, format_func=spell, key="laws.interval", bind="query-params", width=170
        )
    options = choose_options("laws", Options)
    st.caption(escape_markdown(describe_law(law), limit=1000))
    named = fit_named(tables, law, options["against"], options["convention"], options["loss"], method)
    fit = named.fit
    st.subheader(escape_markdown(f"{named.title}: {fit.status}"), anchor=False)
    if fit.reason:
        st.text(f"{fit.reason}. {fit.next_step}".rstrip())
    if fit.estimates:
        frame = tabulate(named, options["relative_width"])
        show_grid(frame)
        offer_csv(frame, tables.study.name, law)
    for line in describe_search(named):
        st.caption(escape_markdown(line, limit=1000))
    if st.toggle("Robustness: the exponents under every other analysis", key="laws.robustness", bind="query-params"):
        for name, badge, reason in judge_exponents(tables, [e.name for e in fit.estimates]):
            st.markdown(f"**{escape_markdown(name)}** is {badge}: {escape_markdown(reason)}.")
    _show_drawing(tables, law, options["against"], options["convention"])
    excluded = select_runs(tables).excluded
    if len(excluded):
        with st.expander(f"Left out: {len(excluded)} runs", key="laws-excluded"):
            show_grid(excluded)


def _show_drawing(tables: Tables, law: str, against: str, convention: str) -> None:
    """The law among its runs where it has one variable, else its residuals; by the default loss."""
    column = {"size": convention, "tokens": "tokens", "compute": "flops"}[against]
    for name, fixed in (("fit", {"law": law, "against": column}), ("residuals", {"law": law})):
        if law in get_args(get_type_hints(open_shelf("figures").load(name).options)["law"]):
            show_figure(name, tables, **fixed)
            return


@st.cache_data(hash_funcs=BY_HASH, max_entries=64, show_spinner="Fitting …")
def fit_named(tables: Tables, law: str, against: str, convention: str, loss: str, interval: str) -> NamedFit:
    """The law on the study's runs by the loss and the interval method of the names given; raises `InputError`."""
    return fit_again(tables, fit_law_to(tables, law, against, convention), read_loss(loss), interval)


@st.cache_data(hash_funcs=BY_HASH, max_entries=64, show_spinner="Fitting again and again …")
def judge_exponents(tables: Tables, names: list[str]) -> list[tuple[str, str, str]]:
    """Every exponent among the names with its badge, robust or fragile, and why."""
    return [(name, found.badge, found.reason) for name, found in assess_exponents(tables, names).items()]


def describe_law(name: str) -> str:
    """What a law is, and whose."""
    law = open_shelf("laws").load(name)
    head = (open_shelf("laws").find(name).module.__doc__ or "").strip().splitlines()[0]
    return f"{head} {law.citation}."


def tabulate(named: NamedFit, width: float) -> pd.DataFrame:
    """A row per estimate with the units that an interval of a relative width would need."""
    needs = f"units for ±{width / 2:.0%}"
    return pd.DataFrame(
        [
            {
                "estimate": e.name,
                "value": e.value,
                "low": e.low,
                "high": e.high,
                "unit": e.unit,
                needs: named.fit.count_needed(e.name, width * abs(e.value)),
            }
            for e in named.fit.estimates
        ]
    )


def describe_search(named: NamedFit) -> list[str]:
    """What stands behind the numbers: runs and units, method, loss, how the search ended, what the residuals say."""
    fit = named.fit
    if fit.theta is None:
        return []
    method = next(iter(fit.estimates)).method
    return [
        f"{fit.n} runs, {fit.units} independent units. {method}. {fit.loss}, sum {fit.objective:.6g}.",
        f"{fit.agreement:.0%} of the starts agree; a Newton step would gain {fit.decrement:.0e} of the objective; "
        f"condition number {fit.condition:.3g}; data {fit.data_hash[:16]}.",
        *(f"{remark}." for remark in (fit.residuals.remarks if fit.residuals else ())),
    ]


def _show_ledger() -> None:
    grades = read_ledger()
    if not grades:
        show_hint(
            "Nothing sealed yet",
            "A forecast is sealed before its run exists, and graded by itself when the run is stored.",
            LEDGER_COMMAND,
        )
        return
    show_grid(tabulate_grades(grades))
    scores = [score for score in calibrate(grades) if score.n]
    if scores:
        st.subheader("How well calibrated the lab is", anchor=False)
        show_grid(pd.DataFrame([_describe_score(score) for score in scores]))


def _describe_score(score: Estimate) -> dict[str, object]:
    return {
        "score": score.name,
        "value": score.value,
        "low": score.low,
        "high": score.high,
        "independent forecasts": score.n,
    }


page = Page(title="Laws", icon="function", order=3, render=render)
