from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from procman import __version__

if TYPE_CHECKING:
    from tests.project import Project


@pytest.mark.parametrize("word", ["version", "--version", "-V", "-v"])
def test_the_version_is_one_line_however_it_is_asked_for(project: Project, word: str) -> None:
    done = project.run(word)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"procman {__version__}\n", "")


def test_the_version_needs_no_project(project: Project) -> None:
    project.procfile("nothing here\n")
    project.env("'")
    assert project.run("version").returncode == 0
