"""The README's commands do what it says."""

from __future__ import annotations

import os
import re
import signal
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest

from tests.harness import eventually
from tests.terminal import CTRL_C

if TYPE_CHECKING:
    from tests.project import Project

CHECKOUT = Path(__file__).parent.parent.parent
README = (CHECKOUT / "README.md").read_text("utf-8")
EXAMPLE = str(CHECKOUT / "Procfile.example")

TRY = "python3 -m venv .venv && .venv/bin/pip install -q . && .venv/bin/procman start -f Procfile.example"
TEST = "python3 -m venv .venv && .venv/bin/pip install -q -e '.[test]' && .venv/bin/pytest"
PROCFILE = """\
web: echo "web $PS $PORT"
worker: echo "worker $PS $PORT"
release: echo released
"""


def block(mark: str) -> str:
    """Give the text of the one code block that a mark stands before."""
    (found,) = re.findall(rf"<!-- {mark} -->\n```sh\n(.*?)\n```\n", README, re.DOTALL)
    return str(found)


def commands() -> list[str]:
    """Give the command lines of the README's table, without the word procman."""
    return re.findall(r"^\| `procman ([^`]+)` \|", README, re.MULTILINE)


def test_the_two_commands_are_single_lines_that_set_everything_up() -> None:
    assert block("try") == TRY
    assert block("test") == TEST


def test_what_the_two_commands_name_is_in_the_project() -> None:
    import tomllib

    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["scripts"] == {"procman": "procman.__main__:main"}
    assert any(need.startswith("pytest") for need in project["optional-dependencies"]["test"])
    assert os.path.exists(EXAMPLE)


def test_every_test_that_the_readme_names_is_in_its_file() -> None:
    named = re.findall(r"\[`(test_\w+)`\]\((tests/\S+\.py)\)", README)
    assert len(named) == len(re.findall(r"^\|.*test_.*\|$", README, re.MULTILINE)) > 0
    for name, file in named:
        assert f"def {name}(" in (CHECKOUT / file).read_text("utf-8"), name


def test_every_link_of_the_readme_leads_to_a_file() -> None:
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)\)", README)
    assert [target for target in targets if not (CHECKOUT / target).exists()] == []


def test_the_example_answers_logs_and_goes_at_ctrl_c(project: Project) -> None:
    terminal = project.terminal("-f", EXAMPLE)
    terminal.until(re.compile(r"worker\.1 \| job 1 done"))

    def answers() -> bool:
        try:
            with closing(urlopen(f"http://127.0.0.1:{project.port}/", timeout=5)) as response:
                return bool(response.status == 200)
        except OSError:
            return False

    eventually(answers)
    assert "release: one-off phase, not started" in terminal.output
    assert b"\x1b[36m" in terminal.stdout.data
    terminal.type(CTRL_C)
    assert terminal.wait() == -signal.SIGINT
    assert not project.survivors()


def test_the_example_is_faultless(project: Project) -> None:
    path = f"{os.path.dirname(sys.executable)}:{os.environ['PATH']}"
    done = project.run("check", "-f", EXAMPLE, env={"PATH": path})
    assert (done.returncode, done.stdout) == (0, "valid procfile detected (web, worker, release)\n")
    assert "error" not in done.stderr


SHOWN = {
    "start": ["web web.1", "worker worker.1", "release: one-off phase, not started"],
    "start web worker": ["web web.1", "worker worker.1"],
    "start -c web=2,worker=4": ["web web.2", "worker worker.4"],
    "start --release": ["released", "web web.1"],
    "run rails console": ["this is rails console"],
    "run worker": ["worker worker.1 5100"],
    "check": ["valid procfile detected (web, worker, release)"],
    "env web --explain": ["A=1  # .env:1", "PORT=5000  # procman"],
}


@pytest.mark.parametrize("command", commands())
def test_every_command_of_the_table_does_what_it_says(project: Project, command: str) -> None:
    project.procfile(PROCFILE)
    project.env("A=1\n")
    (project.root / "bin").mkdir()
    project.write("bin/rails", '#!/bin/sh\necho "this is rails $*"\n').chmod(0o700)
    path = f"{project.root}/bin:{os.environ['PATH']}"
    done = project.run(*command.split(), env={"PATH": path})
    assert done.returncode == 0, done.stderr
    assert "error" not in done.stderr
    for text in SHOWN[command]:
        assert text in done.stdout
