"""`lab report`: a study as one document."""

from lab.cli.console.arguments import AsJson, OutputFolder, StudyName
from lab.cli.console.output import print_json, print_text


def command(study: StudyName, to: OutputFolder = None, as_json: AsJson = False) -> None:
    """Write one self-contained HTML and a Markdown: verdicts, tables, figures."""
    from lab.cli.console.studies import open_study
    from lab.report import write_report
    from lab.runs.store import find_results

    tables = open_study(study)
    written = write_report(tables, to or find_results() / "reports" / tables.study.name)
    if as_json:
        print_json({"study": tables.study.name, "html": written.html, "markdown": written.markdown})
        return
    print_text(f"report  {written.html}")
    print_text(f"        {written.markdown}")
