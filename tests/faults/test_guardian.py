"""The guardian itself: apart from procman, small, replaced when it dies, gone with an ordinary end."""

from __future__ import annotations

import os
from signal import SIGHUP, SIGINT, SIGKILL, SIGSTOP
from typing import TYPE_CHECKING

import pytest

from tests.faults.test_sigkill import all_gone, killed
from tests.harness import child, children_of, eventually, is_alive

if TYPE_CHECKING:
    from tests.faults.conftest import Manner
    from tests.harness import Procman
    from tests.project import Project

pytestmark = pytest.mark.fault


def guardian_of(procman: Procman) -> int:
    """Give procman's only child that has its command line: forked, and nothing executed."""
    (guardian,) = children_of(procman.pid, "procman")
    return guardian


def test_an_ordinary_end_leaves_no_guardian(project: Project, road: Manner) -> None:
    project.procfile("web: true\n")
    procman = project.start(*road.args, env=road.env)
    assert procman.wait() == 0
    assert not project.survivors()


def test_the_guardian_survives_what_ends_others(project: Project) -> None:
    project.procfile(f"web: {child('listener', 'deaf')}\n")
    procman = project.start("-t", "0.3")
    procman.until("ready")
    guardian = guardian_of(procman)
    for signum in range(1, 32):
        if signum not in (SIGKILL, SIGSTOP):
            os.kill(guardian, signum)
    assert guardian_of(procman) == guardian
    killed(procman)
    all_gone(project)


def test_the_guardian_is_apart_from_procman_and_its_terminal(project: Project) -> None:
    project.procfile(f"web: {child('listener')}\n")
    terminal = project.terminal()
    terminal.until("ready")
    guardian = guardian_of(terminal)
    assert os.getsid(guardian) == guardian
    assert os.readlink(f"/proc/{guardian}/cwd") == "/"
    held = {fd: os.readlink(f"/proc/{guardian}/fd/{fd}") for fd in os.listdir(f"/proc/{guardian}/fd")}
    assert {"1": "/dev/null", "2": "/dev/null"}.items() <= held.items()
    assert held.keys() == {"0", "1", "2"}
    assert held["0"].startswith("pipe:")
    terminal.hang_up()
    assert terminal.wait() == -SIGHUP
    assert not is_alive(guardian)


def test_the_guardian_does_not_hold_the_output_open(project: Project) -> None:
    project.procfile(f"web: {child('stubborn')}\n")
    piped = project.launch("sh", "-c", f"$procman start -p {project.port} | cat; echo output ended >&2")
    piped.until("ready")
    guardians = children_of(children_of(piped.pid, "procman")[0])
    for pid in guardians:
        os.kill(pid, SIGSTOP)  # whoever would clean up can't: what ends the output is procman's end alone
    os.kill(children_of(piped.pid, "procman")[0], SIGKILL)
    for pid in piped.pids():
        os.kill(pid, SIGKILL)
    piped.until("output ended")
    for pid in guardians:
        if is_alive(pid):
            os.kill(pid, SIGKILL)


def test_a_guardian_that_was_killed_is_replaced(project: Project, road: Manner) -> None:
    project.procfile(f"web: {child('forker')}\ndaemon: {child('daemoniser')}\n")
    procman = project.start(*road.args, env=road.env)
    procman.until("ready", times=2)
    for _ in range(3):
        replaced(procman)
    assert "exited" not in procman.output
    killed(procman)
    all_gone(project)


def test_a_replaced_guardian_is_not_left_behind(project: Project) -> None:
    project.procfile(f"web: {child('listener')}\n")
    procman = project.start()
    procman.until("ready")
    replaced(procman)
    assert procman.stop() == -SIGINT
    assert not project.survivors()


def test_a_guardian_that_was_stopped_does_not_hold_up_the_end(project: Project) -> None:
    project.procfile(f"web: {child('listener')}\n")
    procman = project.start()
    procman.until("ready")
    os.kill(guardian_of(procman), SIGSTOP)
    assert procman.stop(within=5) == -SIGINT
    assert not project.survivors()


def test_the_guardian_is_small(project: Project) -> None:
    project.procfile(f"web: {child('listener')}\n")
    procman = project.start()
    procman.until("ready")
    with open(f"/proc/{guardian_of(procman)}/smaps_rollup") as rollup:
        private = sum(int(line.split()[1]) for line in rollup if line.startswith("Private_"))
    assert private < 6 * 1024
    assert procman.stop() == -SIGINT


def replaced(procman: Procman) -> None:
    before = guardian_of(procman)
    os.kill(before, SIGKILL)

    eventually(lambda: before not in children_of(procman.pid) and children_of(procman.pid, "procman"))
