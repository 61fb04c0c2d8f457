"""A program that embeds procman dies: nothing of its formation survives it."""

from __future__ import annotations

import os
import sys
from signal import SIGINT, SIGKILL, SIGTERM
from typing import TYPE_CHECKING

import pytest

from tests.faults.conftest import PORTABLE, promised
from tests.harness import child, children_of, eventually

if TYPE_CHECKING:
    from tests.harness import Procman
    from tests.project import Project

pytestmark = pytest.mark.fault

EMBEDDER = """
import os, signal, sys
from procman import Formation

with Formation(grace=0.5, timeout=60, options=sys.argv[2:]) as app:
    app.wait_for("ready")
    match sys.argv[1]:
        case "fork":
            if os.fork() == 0:
                print("forked", flush=True)
                signal.pause()
        case "fork-and-leave":
            if os.fork() == 0:
                sys.exit()
            os.wait()
            app.wait_for("ready", timeout=0)
            assert app.running and app.pid("job")
        case "leave":
            os._exit(0)
    print("embedded", flush=True)
    signal.pause()
"""


def embedded(project: Project, how: str = "stay", *, env: dict[str, str] | None = None) -> Procman:
    """Run a program that embeds this project; what it leaves in its temporary folder is in the project's."""
    (project.root / "tmp").mkdir()
    program = project.write("embedder.py", EMBEDDER)
    return project.launch(
        sys.executable, str(program), how, env={"TMPDIR": str(project.root / "tmp"), **(env or {})}
    )


def all_gone(project: Project) -> None:
    """Wait a little more than half a second: what is deaf has that grace before it is killed."""
    eventually(
        lambda: not project.survivors(), promised(2.0), describe=lambda: f"alive: {project.survivors()}"
    )
    assert list((project.root / "tmp").iterdir()) == []


@pytest.mark.parametrize("env", [{}, PORTABLE], ids=["linux", "portable"])
@pytest.mark.parametrize("program", ["forker", "daemoniser", "stubborn"])
def test_nothing_survives_a_sigkill_of_the_program(
    project: Project, program: str, env: dict[str, str]
) -> None:
    project.procfile(f"job: {child(program)}\n")
    host = embedded(project, env=env)
    host.until("embedded")
    host.signal(SIGKILL)
    host.wait()
    all_gone(project)


def test_nothing_survives_a_sigkill_of_the_program_s_group_while_it_waits_for_readiness(
    project: Project,
) -> None:
    project.procfile(
        f"# procman: ready=log:never\ndb: touch up; {child('forker')}\n# procman: needs=db\njob: true\n"
    )
    host = embedded(project)
    eventually((project.root / "up").exists)
    host.signal_group(SIGKILL)
    host.wait()
    all_gone(project)


@pytest.mark.parametrize("signum", [SIGTERM, SIGINT])
def test_nothing_survives_a_signal(project: Project, signum: int) -> None:
    project.procfile(f"job: {child('forker')}\n")
    host = embedded(project)
    host.until("embedded")
    assert host.stop(signum) == -signum
    all_gone(project)


def test_nothing_survives_an_exit_that_unwinds_nothing(project: Project) -> None:
    project.procfile(f"job: {child('stubborn')}\n")
    assert embedded(project, "leave").wait() == 0
    all_gone(project)


def test_a_fork_of_the_program_does_not_keep_its_formation(project: Project) -> None:
    project.procfile(f"job: {child('forker')}\n")
    host = embedded(project, "fork")
    host.until("forked")
    host.until("embedded")
    (fork,) = children_of(host.pid, "embedder.py")
    host.signal(SIGKILL)
    host.process.wait()
    eventually(lambda: project.survivors() == [fork], promised(2.0))
    os.kill(fork, SIGKILL)


def test_a_fork_that_leaves_the_block_does_not_end_its_formation(project: Project) -> None:
    project.procfile(f"job: {child('listener')}\n")
    host = embedded(project, "fork-and-leave")
    host.until("embedded")
    assert host.stop(SIGINT) == -SIGINT
    all_gone(project)


def test_procman_itself_may_be_killed(project: Project) -> None:
    project.procfile(f"job: {child('daemoniser')}\n")
    host = embedded(project)
    host.until("embedded")
    (procman,) = children_of(host.pid, "procman")
    os.kill(procman, SIGKILL)
    assert host.stop(SIGINT) == -SIGINT
    all_gone(project)
