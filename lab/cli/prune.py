"""`lab prune`: what a perceptron gets wrong after its examples were pruned, by the theory of Sorscher et al. (2022)."""

from typing import Annotated

import typer

from lab.cli.console.arguments import AsJson
from lab.cli.console.output import print_json, print_table, print_text


def command(
    alpha: Annotated[float, typer.Option("--alpha", help="Examples per dimension before pruning.")] = 2.0,
    keep: Annotated[float, typer.Option("--keep", help="Share of them that is kept.")] = 0.5,
    theta: Annotated[float, typer.Option("--theta", help="Angle of the probe to the teacher, degrees.")] = 0.0,
    as_json: AsJson = False,
) -> None:
    """The error of a perceptron that was taught the hard, the easy, any, or all of its examples, by theory.

    The student of largest margin, in infinitely many dimensions; a probe at an angle to the teacher says what is hard.
    """
    from lab.scaling.pruning.band import Band
    from lab.scaling.pruning.theory import solve_student

    bands = {
        "all": Band("random", 1.0),
        "hard": Band("hard", keep, theta),
        "easy": Band("easy", keep, theta),
        "random": Band("random", keep),
    }
    students = {name: solve_student(alpha, band) for name, band in bands.items()}
    if as_json:
        asked = {"alpha": alpha, "keep": keep, "theta_degrees": theta}
        rows = [
            {
                "kept": name,
                "kept_ratio": alpha * bands[name].keep,
                "test_error": student.error,
                "overlap": student.overlap,
                "margin": student.margin,
                "support_per_dimension": student.support,
            }
            for name, student in students.items()
        ]
        print_json({**asked, "students": rows})
        return
    every = students["all"].error
    print_table(
        f"α = {alpha:g} examples per dimension, {keep:g} kept, probe at {theta:g}°",
        ("kept", "per dimension", "test error", "of all's", "margin"),
        [
            (name, f"{alpha * bands[name].keep:.4g}", f"{s.error:.5f}", f"{s.error / every:.3f}", f"{s.margin:.4f}")
            for name, s in students.items()
        ],
        right=("per dimension", "test error", "of all's", "margin"),
    )
    best = min(("hard", "easy", "random"), key=lambda name: students[name].error)
    print_text(f"Least error of as many kept: {best}.")
