"""`lab collapse`: do the curves of compute-optimal runs of all sizes fall on one another?"""

from lab.cli.console.arguments import AsJson, ColumnMap, Convention, StudyName
from lab.cli.console.output import print_json, print_table, print_text
from lab.core.errors import RefusedError


def command(
    study: StudyName, convention: Convention = "params_total", column_map: ColumnMap = "", as_json: AsJson = False
) -> None:
    """Test a sweep's recipe: normalised curves of compute-optimal runs collapse where it was scaled rightly.

    The badge is 'collapses', 'drifts with size' or 'not settled'. Exit code 2 where the study does not bear the test.
    """
    from lab.analysis.comparisons.collapse import NEXT, measure_collapse
    from lab.cli.console.studies import open_study

    tables = open_study(study, column_map, convention)
    found = measure_collapse(tables, convention)
    if found.reason:
        raise RefusedError(f"collapse of {tables.study.name}", None, found.reason, NEXT)
    if as_json:
        print_json(
            {
                "study": tables.study.name,
                "badge": found.badge,
                "drift": found.drift,
                "spread": found.spread.to_dict("records"),
                "runs": sorted(found.curves["run_key"].unique()),
                "left_out": list(found.left_out),
            }
        )
        return
    rows = [(f"{row.share:.2f}", f"{row.over_sizes:.2%}", f"{row.over_seeds:.2%}") for row in found.spread.itertuples()]
    print_table("", ("share of the run", "spread over sizes", "spread over seeds"), rows, right=("spread over sizes",))
    print_text(f"{found.describe()}.")
    for told in found.left_out:
        print_text(f"note: left out: {told}")
