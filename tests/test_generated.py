"""What is generated is what it would be now; PROCMAN_WRITE_GOLDEN=1 writes it."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parent.parent
GENERATE = str(CHECKOUT / "docs" / "generate.py")
CLICK = "8.5"
"""Help pages and completion scripts are partly click's own words, which change with it."""

pytestmark = pytest.mark.skipif(
    not version("click").startswith(CLICK), reason=f"the pages are those of click {CLICK}"
)


def generate(*args: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    return subprocess.run(
        [sys.executable, GENERATE, *args], env=environ, capture_output=True, text=True, check=False
    )


def test_help_pages_man_page_and_completions_are_up_to_date() -> None:
    if os.environ.get("PROCMAN_WRITE_GOLDEN"):
        assert generate().returncode == 0
    done = generate("--check")
    assert (done.returncode, done.stderr) == (0, "")


def test_the_help_page_is_what_a_terminal_of_eighty_columns_shows() -> None:
    page = (CHECKOUT / "docs" / "help.md").read_text("utf-8")
    environ = {**os.environ, "COLUMNS": "80"}
    for args in ([], ["start"], ["export"]):
        argv = [sys.executable, "-m", "procman", *args, "--help"]
        shown = subprocess.run(argv, env=environ, capture_output=True, text=True, check=True).stdout
        text = "\n".join(line.rstrip() for line in shown.rstrip().split("\n"))
        assert f"## {' '.join(['procman', *args])}\n\n```text\n{text}\n```\n" in page


def test_the_man_page_names_every_command_and_no_line_is_taken_for_a_request() -> None:
    from procman.cli.main import COMMANDS

    lines = (CHECKOUT / "docs" / "procman.1").read_text("utf-8").split("\n")
    assert all(any(line.startswith(f".SS \\fBprocman {name}\\fR") for line in lines) for name in COMMANDS)
    requests = {line.split(" ")[0] for line in lines if line.startswith((".", "'"))}
    assert requests <= {".TH", ".SH", ".SS", ".B", ".BR", ".I", ".IR", ".RI", ".PP", ".TP", ".nf", ".fi"}
