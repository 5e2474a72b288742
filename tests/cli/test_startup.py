"""`lab --help` is instant, imports nothing heavy, and every command explains itself."""

from __future__ import annotations

import resource
import subprocess
import sys

import pytest

from lab.cli.console.app import spell_command
from lab.core.registry import open_shelf
from tests.cli.driving import Terminal

HEAVY = ("torch", "pandas", "scipy", "sklearn", "plotly", "matplotlib", "streamlit", "sqlalchemy")
COMMANDS = open_shelf("commands").names()


def test_help_costs_little_more_than_the_library_that_prints_it(terminal: Terminal) -> None:
    """CPU of `lab --help` against that of importing typer and what it prints with, the least of five each: 0.3 s in all
    on a quiet machine, and a machine that is not slows both.
    """
    bare = [sys.executable, "-c", "import typer.main, typer.rich_utils, rich.table, rich.markdown"]
    help_, library = (
        min(measure_cpu(command, terminal) for _ in range(5))
        for command in ([*bare[:1], "-m", "lab.cli", "--help"], bare)
    )
    assert help_ < 3 * library


def measure_cpu(command: list[str], terminal: Terminal) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=terminal.folder, env=terminal.environment, capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)


@pytest.mark.parametrize("arguments", [["--help"], ["list"], ["list", "--help"]], ids=" ".join)
def test_nothing_heavy_is_imported(terminal: Terminal, arguments: list[str]) -> None:
    probe = (
        "import sys\nfrom lab.cli import main\n"
        f"sys.argv = ['lab', *{arguments!r}]\n"
        "try: main()\n"
        f"finally: print(*(set(sys.modules) & set({HEAVY!r})), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe],
        cwd=terminal.folder,
        env=terminal.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr.split() == []


@pytest.mark.parametrize("name", COMMANDS)
def test_command_explains_itself(terminal: Terminal, name: str) -> None:
    done = terminal.run(spell_command(name), "--help")
    assert done.returncode == 0
    assert open_shelf("commands").load(name).__doc__.split()[0] in done.stdout


def test_unknown_command_names_the_nearest(terminal: Terminal) -> None:
    assert "list" in terminal.refuse("lst")


def test_unknown_option_names_the_nearest(terminal: Terminal) -> None:
    assert "--json" in terminal.refuse("list", "--jsn")


def test_users_command_is_one_file_and_a_shadow_is_announced(terminal: Terminal) -> None:
    folder = terminal.folder / "mine" / "cli"
    folder.mkdir(parents=True)
    (folder / "greet.py").write_text(
        'def command(name: str = "you") -> None:\n    """Greet."""\n    print("hello", name)\n'
    )
    (folder / "list.py").write_text('def command() -> None:\n    """List otherwise."""\n    print("mine")\n')
    greeted = terminal.run("greet", "--name", "reader", LAB_PATH=str(folder.parent))
    assert greeted.stdout == "hello reader\n"
    assert "commands 'list' is yours" in greeted.stderr
    assert terminal.run("list", LAB_PATH=str(folder.parent)).stdout == "mine\n"


def test_missing_lab_path_is_named(terminal: Terminal) -> None:
    assert "nowhere" in terminal.refuse("list", LAB_PATH="/nowhere")


def _write_command(terminal: Terminal, body: str) -> dict[str, str]:
    folder = terminal.folder / "mine" / "cli"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "act.py").write_text(f'def command() -> None:\n    """Act."""\n    {body}\n')
    return {"LAB_PATH": str(folder.parent)}


def test_surprise_hides_its_traceback_in_a_file(terminal: Terminal) -> None:
    setting = {**_write_command(terminal, "{}['absent']"), "TMPDIR": str(terminal.folder)}
    message = terminal.refuse("act", code=1, **setting)
    (written,) = terminal.folder.glob("lab-error-*.txt")
    assert str(written) in message
    assert "KeyError: 'absent'" in written.read_text()
    assert "Traceback" in terminal.run("--debug", "act", **setting).stderr


def test_interruption_says_how_to_resume(terminal: Terminal) -> None:
    message = terminal.refuse("act", code=130, **_write_command(terminal, "raise KeyboardInterrupt"))
    assert "resume with: lab act" in message


def test_store_failure_is_the_labs_own(terminal: Terminal) -> None:
    body = "from lab.core.errors import StoreError; raise StoreError('store', 'x.db', 'is damaged')"
    assert "is damaged" in terminal.refuse("act", code=1, **_write_command(terminal, body))


def test_reader_that_leaves_early_is_no_failure(terminal: Terminal) -> None:
    setting = _write_command(terminal, "[print('line') for _ in range(100_000)]")
    done = subprocess.run(
        f"{sys.executable} -m lab.cli act | head -1",
        shell=True,
        cwd=terminal.folder,
        env={**terminal.environment, **setting},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("line\n", "")
