"""The wheel and the sdist contain what they should, and the constraints what the project asks for."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parent.parent
PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["project"]
needs_hatchling = pytest.mark.skipif(find_spec("hatchling") is None, reason="hatchling is not installed")


def build(target: str, folder: Path) -> Path:
    """Build without the network: with the hatchling that is here, in no environment of its own."""
    argv = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(folder)]
    done = subprocess.run(argv, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (built,) = folder.iterdir()
    return built


@needs_hatchling
def test_the_wheel_holds_the_package_the_man_page_and_the_completions_and_no_more(tmp_path: Path) -> None:
    with zipfile.ZipFile(build("wheel", tmp_path)) as wheel:
        names = set(wheel.namelist())
        (metadata,) = (wheel.read(name).decode() for name in names if name.endswith(".dist-info/METADATA"))
    modules = {str(path.relative_to(CHECKOUT)) for path in (CHECKOUT / "procman").rglob("*.py")}
    data = {name.partition(".data/data/")[2] for name in names if ".data/data/" in name}
    rest = {name for name in names if ".data/" not in name and ".dist-info/" not in name}
    assert rest == {*modules, "procman/py.typed"}
    assert data == {
        "share/man/man1/procman.1",
        "share/bash-completion/completions/procman",
        "share/zsh/site-functions/_procman",
        "share/fish/vendor_completions.d/procman.fish",
    }
    assert any(name.endswith("licenses/LICENSE") for name in names)
    needed = re.findall(r"^Requires-Dist: ([\w.-]+)[^;\n]*$", metadata, re.MULTILINE)
    assert set(needed) == {"click", "colorama", "cronsim", "psutil", "python-dotenv"}


@needs_hatchling
def test_the_sdist_holds_what_it_takes_to_build_and_test_and_nothing_of_one_s_own(tmp_path: Path) -> None:
    with tarfile.open(build("sdist", tmp_path)) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    files = ["pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "Procfile.example"]
    files += ["procman/cli/main.py", "tests/conftest.py", "docs/procman.1", "docs/generate.py"]
    assert {name for name in files if name not in names} == set()
    strange = (".venv", ".git/", "__pycache__", ".hypothesis", ".mypy_cache", ".env", "dist/")
    assert {name for name in names if any(part in name for part in strange)} == set()


def test_every_dependency_is_in_the_constraints() -> None:
    text = (CHECKOUT / "constraints-dev.txt").read_text("utf-8")
    pinned = {line.partition("==")[0] for line in text.split("\n") if "==" in line}
    groups = [PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()]
    needed = {re.split(r"[\[><=]", each)[0].lower() for group in groups for each in group}
    assert needed - {"procman"} - pinned == set()


def test_the_versions_of_python_are_those_that_the_workflow_tests() -> None:
    workflow = (CHECKOUT / ".github" / "workflows" / "ci.yml").read_text("utf-8")
    (matrix,) = re.findall(r"python: \[(.*)\]", workflow)
    tested = set(re.findall(r"3\.\d+", matrix))
    said = {line.rpartition(" ")[2] for line in PROJECT["classifiers"] if "Python :: 3." in line}
    assert said == tested
