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
    from pathlib import Path

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


class Embedding:
    """A program that embeds a project. folder: for its temporary files, short enough for sockets."""

    def __init__(self, project: Project, folder: Path) -> None:
        self._project = project
        self._folder = folder

    def run(self, how: str = "stay", *, env: dict[str, str] | None = None) -> Procman:
        program = self._project.write("embedder.py", EMBEDDER)
        environ = {"TMPDIR": str(self._folder), **(env or {})}
        return self._project.launch(sys.executable, str(program), how, env=environ)

    def leaves_nothing(self) -> None:
        """Wait a little more than half a second: what is deaf has that grace before it is killed."""
        eventually(lambda: not self._left(), promised(2.0), describe=lambda: f"left: {self._left()}")

    def _left(self) -> list[object]:
        return [*self._project.survivors(), *self._folder.iterdir()]


@pytest.fixture
def embedding(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Embedding:
    return Embedding(project, tmp_path_factory.mktemp("t"))


@pytest.mark.parametrize("env", [{}, PORTABLE], ids=["linux", "portable"])
@pytest.mark.parametrize("program", ["forker", "daemoniser", "stubborn"])
def test_nothing_survives_a_sigkill_of_the_program(
    project: Project, program: str, env: dict[str, str], embedding: Embedding
) -> None:
    project.procfile(f"job: {child(program)}\n")
    host = embedding.run(env=env)
    host.until("embedded")
    host.signal(SIGKILL)
    host.wait()
    embedding.leaves_nothing()


def test_nothing_survives_a_sigkill_of_the_program_s_group_while_it_waits_for_readiness(
    project: Project, embedding: Embedding
) -> None:
    project.procfile(
        f"# procman: ready=log:never\ndb: touch up; {child('forker')}\n# procman: needs=db\njob: true\n"
    )
    host = embedding.run()
    eventually((project.root / "up").exists)
    host.signal_group(SIGKILL)
    host.wait()
    embedding.leaves_nothing()


@pytest.mark.parametrize("signum", [SIGTERM, SIGINT])
def test_nothing_survives_a_signal(project: Project, embedding: Embedding, signum: int) -> None:
    project.procfile(f"job: {child('forker')}\n")
    host = embedding.run()
    host.until("embedded")
    assert host.stop(signum) == -signum
    embedding.leaves_nothing()


def test_nothing_survives_an_exit_that_unwinds_nothing(project: Project, embedding: Embedding) -> None:
    project.procfile(f"job: {child('stubborn')}\n")
    assert embedding.run("leave").wait() == 0
    embedding.leaves_nothing()


def test_a_fork_of_the_program_does_not_keep_its_formation(project: Project, embedding: Embedding) -> None:
    project.procfile(f"job: {child('forker')}\n")
    host = embedding.run("fork")
    host.until("forked")
    host.until("embedded")
    (fork,) = children_of(host.pid, "embedder.py")
    host.signal(SIGKILL)
    host.process.wait()
    eventually(lambda: project.survivors() == [fork], promised(2.0))
    os.kill(fork, SIGKILL)


def test_a_fork_that_leaves_the_block_does_not_end_its_formation(
    project: Project, embedding: Embedding
) -> None:
    project.procfile(f"job: {child('listener')}\n")
    host = embedding.run("fork-and-leave")
    host.until("embedded")
    assert host.stop(SIGINT) == -SIGINT
    embedding.leaves_nothing()


def test_procman_itself_may_be_killed(project: Project, embedding: Embedding) -> None:
    project.procfile(f"job: {child('daemoniser')}\n")
    host = embedding.run()
    host.until("embedded")
    (procman,) = children_of(host.pid, "procman")
    os.kill(procman, SIGKILL)
    assert host.stop(SIGINT) == -SIGINT
    embedding.leaves_nothing()
