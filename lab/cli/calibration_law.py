"""`lab calibration-law`: does calibration improve with size, data or compute, beyond what chance shows?"""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from lab.cli.console.arguments import AsJson, StudyName
from lab.cli.console.output import format_interval, print_json, print_table, print_text
from lab.core.errors import RefusedError

if TYPE_CHECKING:
    from lab.analysis.calibration.scaling import CalibrationLaw


def command(
    study: StudyName,
    measure: Annotated[
        Literal["ece", "root_gap"],
        typer.Option("--measure", help="ece: of 50 equal widths; root_gap: root of squared gaps, chance taken off."),
    ] = "ece",
    replicates: Annotated[int, typer.Option("--replicates", min=50, max=10_000, help="Resamples of each run.")] = 200,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the resamples.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Fit the calibration of a study's runs as a law in N, D and C, beside a constant and calibrated models.

    From the cells that every evaluation stores, so that nothing is run again. Each run's error is resampled over
    documents and known to the fit; 'no power law is preferred over a constant' is an answer. Exit code 2 where the
    study holds no evaluations, or too few trunks.
    """
    from lab.analysis.calibration.scaling import fit_calibration, load_cells
    from lab.cli.console.studies import open_study

    tables = open_study(study)
    cells = load_cells(tables, list(tables.runs["run_key"]))
    if not cells:
        rule = "no run of it kept the cells of its evaluations"
        raise RefusedError(f"study {tables.study.name}", None, rule, "name a study of trained language models")
    laws = [
        fit_calibration(tables, cells, measure, against, replicates, seed)
        for against in ("params_total", "tokens", "flops")
        if tables.runs[against].nunique() > 2
    ]
    if as_json:
        print_json({"study": tables.study.name, "measure": measure, "laws": [_to_literal(law) for law in laws]})
        return
    rows = []
    for law in laws:
        alpha, null = law.fit.find("alpha"), law.null_slope
        rows.append((law.against, alpha.value, format_interval(alpha), null.value, format_interval(null),
                     len(law.points), law.gain, law.explain()))  # fmt: skip
    columns = ("against", "exponent", "95% interval", "if calibrated", "95% of those", "trunks", "AICc gained", "")
    print_table(f"{measure} of {tables.study.name}", columns, rows, right=("exponent", "if calibrated", "AICc gained"))
    worst = laws[0].points
    print_text(
        f"measured {worst['value'].min():.4g} to {worst['value'].max():.4g}; calibrated models of these confidences "
        f"{worst['null'].min():.4g} to {worst['null'].max():.4g}. A positive exponent falls with the predictor."
    )


def _to_literal(law: "CalibrationLaw") -> dict[str, object]:
    return {
        "against": law.against,
        "status": law.fit.status,
        "exponent": law.fit.find("alpha"),
        "exponent_if_calibrated": law.null_slope,
        "aicc_gained_over_constant": law.gain,
        "preferred": law.preferred,
        "slope_is_the_estimators": law.is_the_estimators,
        "answer": law.explain(),
        "points": law.points.to_dict("records"),
    }
