"""Static gates: what no module may do, and how large one may be."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib

import pytest

from tests.house.modules import ROOT, Module, list_modules

EVERYTHING = ("lab", "sweeps", "dashboard", "benchmarks", "docs", "tests")
LIBRARY = pytest.mark.parametrize("module", list_modules(), ids=lambda module: module.name)
ALL = pytest.mark.parametrize("module", list_modules(*EVERYTHING), ids=lambda module: module.name)

# Each runs code out of data, or trusts text as markup.
FORBIDDEN_MODULES = ("pickle", "cPickle", "dill", "cloudpickle", "marshal", "shelve", "joblib")
FORBIDDEN_CALLS = {
    "eval", "exec", "os.system", "os.popen", "yaml.load", "yaml.unsafe_load", "pd.read_pickle", "st.html",
    "components.html", "torch.hub.load",
}  # fmt: skip
FORBIDDEN_ARGUMENTS = {"allow_pickle": True, "unsafe_allow_html": True, "shell": True, "weights_only": False}
VAGUE = re.compile(r"^(utils?|helpers?|common|misc|managers?|exp\d+|.*_v\d+)$")

LONGEST_FILE, LONGEST_FUNCTION = 400, 80  # lines
LARGEST_FILE, LARGEST_ARCHIVE = 2**19, 2**25  # bytes


@LIBRARY
def test_no_module_runs_code_out_of_data(module: Module) -> None:
    for imported in module.imports:
        assert imported.target.split(".")[0] not in FORBIDDEN_MODULES, f"{module.relative}:{imported.line}"
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call):
            place = f"{module.relative}:{node.lineno}"
            name = ast.unparse(node.func)
            assert name not in FORBIDDEN_CALLS, f"{place}: {name}"
            if name == "torch.load":
                assert any(k.arg == "weights_only" for k in node.keywords), f"{place}: torch.load without weights_only"


@LIBRARY
def test_no_argument_opens_a_door(module: Module) -> None:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.keyword) and node.arg in FORBIDDEN_ARGUMENTS:
            value = getattr(node.value, "value", None)
            assert value != FORBIDDEN_ARGUMENTS[node.arg], f"{module.relative}:{node.value.lineno}: {node.arg}={value}"


@LIBRARY
def test_no_failure_is_swallowed(module: Module) -> None:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ExceptHandler):
            place = f"{module.relative}:{node.lineno}"
            assert node.type is not None, f"{place}: bare except"
            broad = ast.unparse(node.type) in ("Exception", "BaseException")
            assert not (broad and all(isinstance(s, ast.Pass) for s in node.body)), f"{place}: swallows every failure"


@ALL
def test_files_are_nouns_of_a_readable_size(module: Module) -> None:
    assert not VAGUE.match(module.path.stem), f"{module.relative}: a name that says nothing"
    lines = module.source.count("\n")
    assert lines <= LONGEST_FILE, f"{module.relative}: {lines} lines; does it hold two ideas?"


@LIBRARY
def test_functions_are_short(module: Module) -> None:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            size = (node.end_lineno or 0) - node.lineno + 1
            assert size <= LONGEST_FUNCTION, f"{module.relative}:{node.lineno} {node.name}: {size} lines"


@LIBRARY
def test_every_module_says_what_it_is(module: Module) -> None:
    assert ast.get_docstring(module.tree) or not module.tree.body, f"{module.relative}: no docstring"


def test_constraints_pin_every_requirement_and_name_no_host() -> None:
    pins = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][A-Za-z0-9.]*", pin) for pin in pins), (
        "name==version and nothing else"
    )
    names = {pin.split("==")[0].lower().replace("_", "-") for pin in pins}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = project["dependencies"] + project["optional-dependencies"]["dev"]
    missing = {re.split(r"[^\w.-]", name)[0].lower() for name in wanted} - names
    assert not missing, f"constraints.txt does not pin {sorted(missing)}"
    assert "torch==2.13.0" in pins


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a clone")
def test_the_repository_holds_text_figures_and_archives_only() -> None:
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, tracked.split("\0")):
        path = ROOT / name
        largest = LARGEST_ARCHIVE if name.startswith("results/") else LARGEST_FILE
        assert not path.is_file() or path.stat().st_size <= largest, f"{name}: {path.stat().st_size} bytes"
