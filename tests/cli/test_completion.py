from __future__ import annotations

from shutil import which
from typing import TYPE_CHECKING

import pytest

from tests.control.running import background, done, quitting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.project import Project


@pytest.fixture(autouse=True)
def ended(project: Project) -> Iterator[None]:
    yield from quitting(project)


def completed(project: Project, *words: str) -> list[str]:
    """Give what bash would be offered for the last of these words."""
    env = {
        "_PROCMAN_COMPLETE": "bash_complete",
        "COMP_WORDS": " ".join(["procman", *words]),
        "COMP_CWORD": str(len(words)),
    }
    found = project.run(env=env)
    assert found.returncode == 0, found.stderr
    return [line.partition(",")[2] for line in found.stdout.splitlines() if line]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_script(project: Project, shell: str) -> None:
    if shell == "bash" and which("bash") is None:
        pytest.skip("bash is asked for its version")
    script = done(project.run("completion", shell))
    assert "_PROCMAN_COMPLETE" in script
    assert project.run("completion", "tcsh").returncode == 2


def test_commands_and_options_are_completed(project: Project) -> None:
    assert completed(project, "res") == ["restart"]
    assert "--detach" in completed(project, "start", "--d")


def test_names_are_those_that_run_else_those_of_the_procfile(project: Project) -> None:
    project.procfile("web: sleep 100\nworker: sleep 100\n")
    assert completed(project, "restart", "w") == ["web", "worker"]
    assert completed(project, "scale", "wo") == ["worker"]
    background(project, "--no-port", "--no-wait", "worker")
    assert completed(project, "restart", "w") == ["worker", "worker.1"]
    assert completed(project, "connect", "x") == []
