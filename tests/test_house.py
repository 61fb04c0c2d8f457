"""The contracts of the house: what may import what, how large things are, what a start may cost.

docs/architecture.md says why; pyproject.toml has the layers; modules.txt what is not imported at the start.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "procman"
FILES = sorted(PACKAGE.rglob("*.py"))
DRAWERS = {"utils", "util", "helpers", "helper", "manager", "common", "misc", "tools", "lib", "base"}
LONGEST_FILE = 250
LONGEST_FUNCTION = 40
MOST_METHODS = 12
GRANTED = {
    "display_options": "a list of options and nothing else",
    "start": "the composition root: two lines over, to be split",
}


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def definitions() -> list[tuple[str, ast.FunctionDef | ast.ClassDef]]:
    """Give every function and class of the package, with its file."""
    return [
        (name(path), node)
        for path in FILES
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, (ast.FunctionDef, ast.ClassDef))
    ]


def test_imports_go_one_way() -> None:
    pytest.importorskip("importlinter", reason="import-linter is of the dev extra")
    linter = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run(
        [linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=50
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_there_is_no_drawer() -> None:
    assert [name(path) for path in FILES if path.stem in DRAWERS or path.parent.name in DRAWERS] == []


def test_a_file_is_as_small_as_its_noun() -> None:
    sizes = {name(path): len(path.read_text("utf-8").splitlines()) for path in FILES}
    assert {path: size for path, size in sizes.items() if size > LONGEST_FILE} == {}


def test_a_function_fits_on_a_screen() -> None:
    """Count from its first statement on: a long signature is a lint of its own."""
    lengths = {
        f"{path}:{node.lineno} {node.name}": (node.end_lineno or 0) - _first(node).lineno + 1
        for path, node in definitions()
        if isinstance(node, ast.FunctionDef) and node.name not in GRANTED
    }
    assert {where: length for where, length in lengths.items() if length > LONGEST_FUNCTION} == {}


def _first(function: ast.FunctionDef) -> ast.stmt:
    documented = ast.get_docstring(function) is not None and len(function.body) > 1
    return function.body[1 if documented else 0]


def test_a_class_does_not_own_everything() -> None:
    public = {
        f"{path}:{node.lineno} {node.name}": sum(
            isinstance(part, ast.FunctionDef) and not part.name.startswith("_") for part in node.body
        )
        for path, node in definitions()
        if isinstance(node, ast.ClassDef)
    }
    assert {where: count for where, count in public.items() if count > MOST_METHODS} == {}


def test_every_package_says_its_verb() -> None:
    silent = [
        name(path)
        for path in FILES
        if path.name == "__init__.py" and not ast.get_docstring(ast.parse(path.read_bytes()))
    ]
    assert silent == []


def unwanted() -> list[str]:
    lines = (ROOT / "tests" / "modules.txt").read_text("utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def imported(tmp_path: Path, *args: str) -> set[str]:
    """Give all that was imported by the first spawn, or by the end."""
    noted = tmp_path / "imported"
    (tmp_path / "Procfile").write_text("web: true\n")
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    environ = {k: v for k, v in environ.items() if not k.startswith(("COVERAGE", "PROCMAN"))}
    done = subprocess.run(
        # Isolated from user-site packages, whose .pth files may import what they like.
        [sys.executable, "-s", "-m", "tests.imports", noted, *args],
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    modules = set(noted.read_text("utf-8").splitlines())
    return {
        ".".join(parts[:depth])
        for m in modules
        if (parts := m.split("."))
        for depth in range(1, len(parts) + 1)
    }


def site_packages() -> set[str]:
    """Give what this interpreter imports before any program of ours (.pth files of editable installs)."""
    done = subprocess.run(
        [sys.executable, "-s", "-c", "import sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "args", [("--version",), ("start",), ("start", "--formation", "web=2", "--port", "5600")], ids=" ".join
)
def test_the_way_to_the_first_child_imports_nothing_that_it_does_not_need(
    args: tuple[str, ...], tmp_path: Path
) -> None:
    assert sorted(imported(tmp_path, *args) & set(unwanted()) - site_packages()) == []


def test_the_list_of_unwanted_modules_catches_what_is_imported(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("A=1\n")
    assert "dotenv" in imported(tmp_path, "start")


def test_version_imports_no_room_but_the_front_door(tmp_path: Path) -> None:
    rooms = {module for module in imported(tmp_path, "--version") if module.startswith("procman.")}
    assert rooms == {"procman.__main__", "procman.cli", "procman.cli.main", "procman.errors"}
