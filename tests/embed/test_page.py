"""Every example of docs/embedding.md is run, in one folder, from the first to the last."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests import walkthrough

if TYPE_CHECKING:
    from tests.project import Project
    from tests.walkthrough import Fence

pytestmark = pytest.mark.engine  # a long walk through a page: after the suite of every day

PAGE = (Path(__file__).parents[2] / "docs" / "embedding.md").read_text("utf-8")


def run(project: Project, argv: list[str]) -> str:
    programs = project.root / ".programs"
    done = subprocess.run(
        argv,
        cwd=project.root,
        env=project.environ({"PATH": f"{programs}:{os.environ['PATH']}"}),
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )
    assert done.returncode == 0, f"{argv[-1]}\n{done.stdout}{done.stderr}"
    return done.stdout


def follow(project: Project, fence: Fence) -> None:
    match fence.language:
        case "python":
            run(project, [sys.executable, "-W", "error", "-c", fence.text])
        case "sh":
            run(project, ["bash", "-ec", fence.text])
        case _:
            (step,) = walkthrough.steps(fence.text)
            printed = run(project, ["bash", "-c", step.command]).rstrip("\n").split("\n")
            assert walkthrough.agrees(step.shown, printed), "\n".join(printed)


def test_every_example_of_the_page_does_what_it_says(project: Project) -> None:
    (project.root / ".programs").mkdir()
    for name in ("pytest", "procman"):
        program = project.write(f".programs/{name}", f'#!/bin/sh\nexec {sys.executable} -m {name} "$@"\n')
        program.chmod(0o700)
    ran = 0
    for fence in walkthrough.fences(PAGE):
        if not walkthrough.write_file(project.root, fence) and fence.mark == "run":
            follow(project, fence)
            ran += 1
    assert ran == 5
    assert project.survivors() == []


def test_every_example_is_a_file_or_is_run() -> None:
    assert all(fence.mark == "run" or fence.mark.startswith("file: ") for fence in walkthrough.fences(PAGE))


def test_every_name_of_the_public_api_is_on_the_page() -> None:
    import procman

    kept_apart = {"Entry", "Procfile", "Span", "Diagnostic", "FormationError"}  # values that the others give
    assert {name for name in procman.__all__ if name not in PAGE} <= kept_apart
