"""`run` becomes the program: status, signals, terminal and descriptors are the program's own."""

from __future__ import annotations

import json
import os
import sys
from signal import SIGINT, SIGKILL, SIGTERM
from typing import TYPE_CHECKING

import pytest

from tests.faults.test_crashes import FATAL, STATUSES
from tests.harness import child, eventually

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.project import Project

pytestmark = pytest.mark.fault


def ends(project: Project, statuses: Sequence[int], *args: str) -> list[int]:
    process = project.launch(sys.executable, STATUSES, json.dumps(list(statuses)), "run", *args)
    assert process.wait(40) == 0, process.output
    found: list[int] = json.loads(process.output.splitlines()[0])
    return found


@pytest.mark.parametrize("first", range(0, 256, 32))
def test_each_of_256_statuses_is_runs_own(project: Project, first: int) -> None:
    project.procfile("web: exit $STATUS\n")
    statuses = range(first, first + 32)
    assert ends(project, statuses, "web") == list(statuses)


def test_a_signal_that_ends_the_program_ends_run(project: Project) -> None:
    project.procfile("web: ulimit -c 0; kill -$STATUS $$\n")
    assert ends(project, FATAL, "web") == [-signum for signum in FATAL]


@pytest.mark.parametrize("signum", [SIGINT, SIGTERM, SIGKILL])
def test_a_signal_goes_to_the_program_and_nobody_stands_between(project: Project, signum: int) -> None:
    project.procfile("web: true\n")
    running = project.launch(*project.command("run", "sleep", "1000"))
    eventually(lambda: names(running.pid) == ["sleep", "1000"])
    assert len(project.survivors()) == 1
    running.signal(signum)
    assert running.wait() == -signum


def test_a_program_may_clean_up_after_ctrl_c(project: Project) -> None:
    project.procfile(f"web: {child('listener')}\n")
    running = project.launch(*project.command("run", "web"))
    running.until("ready")
    running.signal(SIGINT)
    running.until("got SIGINT")
    running.signal(SIGTERM)
    assert running.wait() == 0
    assert "cleaned up" in running.output


def test_standard_input_is_the_programs(project: Project) -> None:
    project.procfile("web: true\n")
    done = project.run("run", "cat", stdin="a line\nand another")
    assert (done.returncode, done.stdout) == (0, "a line\nand another")


def test_the_program_has_the_terminal(project: Project) -> None:
    project.procfile("web: true\n")
    terminal = project.shell(
        *project.command("run", "sh", "-c", "test -t 0 && test -t 1 && read x && exit $x")
    )
    terminal.type("42\n")
    assert terminal.wait() == 42


def test_the_program_starts_with_clean_signals(project: Project) -> None:
    if not os.path.exists("/proc/self/status"):
        pytest.skip("read from /proc/self/status")
    project.procfile("web: true\n")
    done = project.run("run", "grep", "Sig", "/proc/self/status")
    sets = dict(line.split(":\t") for line in done.stdout.splitlines())
    assert int(sets["SigIgn"], 16) == int(sets["SigBlk"], 16) == 0


@pytest.mark.parametrize(
    ("command", "status"), [(["no-such-program-here"], 127), (["/etc/passwd"], 126), (["./folder"], 126)]
)
def test_what_can_not_be_run_has_the_shells_status(project: Project, command: list[str], status: int) -> None:
    project.procfile("web: true\n")
    (project.root / "folder").mkdir()
    done = project.run("run", *command)
    assert done.returncode == status
    assert command[0] in done.stderr
    assert "Traceback" not in done.stderr


def names(pid: int) -> list[str]:
    import psutil

    return psutil.Process(pid).cmdline()
