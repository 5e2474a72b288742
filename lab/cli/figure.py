"""`lab figure`: one figure of a study, on disk."""

from typing import Annotated

import typer

from lab.cli.console.arguments import ALL_FORMATS, AsJson, Formats, OutputFolder, Width, parse_assignments, split_list
from lab.cli.console.dials import describe_dials, parse_dials, read_flags
from lab.cli.console.output import print_json, print_note, print_table, print_text
from lab.core.errors import InputError
from lab.core.registry import open_shelf

context_settings = {"allow_extra_args": True, "ignore_unknown_options": True}  # a figure's own options are flags too


def command(
    context: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="[NAME]", help="A figure; without one, all are listed with options.")
    ] = "",
    study: Annotated[str, typer.Option("--study", "-s", help="A study, a sweep, or a file of runs.")] = "",
    settings: Annotated[list[str] | None, typer.Option("--set", metavar="OPTION=VALUE", help="An option.")] = None,
    formats: Formats = ALL_FORMATS,
    width: Width = "single",
    to: OutputFolder = None,
    as_json: AsJson = False,
) -> None:
    """Draw a figure: PDF, SVG, PNG, HTML, the CSV behind it, and its caption.

    The options of a figure (`lab figure` lists them) are given as `--set option=value` or as `--option value`.
    """
    if not name:
        _list_figures(as_json)
        return
    if not study:
        raise InputError("lab figure", name, "needs the study it shows", "add --study NAME; `lab status` names them")
    from lab.cli.console.studies import open_study
    from lab.figures import draw_figure
    from lab.figures.printing import save_figure
    from lab.runs.store import find_results

    texts = read_flags(context.args)
    for setting in settings or ():
        texts |= parse_assignments(setting, "--set")
    options = parse_dials(open_shelf("figures").load(name).options, texts, name)
    tables = open_study(study)
    frame, drawing = draw_figure(name, tables, options)
    folder = to or find_results() / "figures" / tables.study.name
    paths = save_figure(name, tables, frame, drawing, folder, split_list(formats), width)
    if frame.empty:
        print_note(f"note: nothing to show yet: {frame.attrs['missing']}")
    if as_json:
        data = frame.to_dict("records")
        print_json({"figure": name, "study": tables.study.name, "options": options, "data": data, "files": paths})
        return
    for path in paths:
        print_text(str(path))


def _list_figures(as_json: bool) -> None:
    shelf = open_shelf("figures")
    figures = {name: shelf.load(name) for name in shelf.names()}
    if as_json:
        print_json({name: {"title": f.title, "options": describe_dials(f.options)} for name, f in figures.items()})
        return
    rows = [(name, figure.title, "\n".join(describe_dials(figure.options))) for name, figure in figures.items()]
    print_table("figures", ("name", "title", "options"), rows)
