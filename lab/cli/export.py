"""`lab export`: every figure of a study, on disk."""

from lab.cli.console.arguments import ALL_FORMATS, AsJson, Formats, OutputFolder, StudyName, Width, split_list
from lab.cli.console.output import print_json, print_text


def command(
    study: StudyName,
    formats: Formats = ALL_FORMATS,
    width: Width = "single",
    to: OutputFolder = None,
    as_json: AsJson = False,
) -> None:
    """Write every figure of a study: PDF, SVG, PNG, HTML, CSV and caption each."""
    from lab.cli.console.studies import open_study
    from lab.figures import list_figures
    from lab.figures.printing import export_figure
    from lab.report import find_sweep
    from lab.runs.store import find_results

    tables = open_study(study)
    sweep = find_sweep(tables)
    folder = to or find_results() / "figures" / tables.study.name
    written = {
        name: export_figure(name, tables, {}, folder, formats=split_list(formats), width=width)
        for name in list_figures(sweep.figures if sweep else ())
    }
    if as_json:
        print_json({"study": tables.study.name, "files": written})
        return
    for name, paths in written.items():
        print_text(f"{name}: {', '.join(path.suffix[1:] for path in paths)}")
    print_text(f"All in {folder}")
