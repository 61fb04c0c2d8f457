"""procman dies without a chance to clean up: whatever it started is gone within a second."""

from __future__ import annotations

import os
import re
from signal import SIGABRT, SIGKILL, SIGSEGV, SIGSTOP, SIGTERM, Signals
from typing import TYPE_CHECKING

import pytest

from tests.faults.conftest import PIPES, PORTABLE, TERMINALS, promised
from tests.faults.trees import ON_TERMINALS, TREES
from tests.harness import child, children_of, eventually, is_alive

if TYPE_CHECKING:
    from tests.faults.conftest import Manner
    from tests.harness import Procman
    from tests.project import Project

pytestmark = pytest.mark.fault


def all_gone(project: Project) -> None:
    def describe() -> str:
        return f"alive: {project.survivors()}"

    eventually(lambda: not project.survivors(), promised(1.0), describe=describe)


def killed(procman: Procman, signum: int = SIGKILL) -> None:
    procman.signal(signum)
    assert procman.process.wait(5) == -signum


MANNERS = [
    *(pytest.param(PIPES, tree, id=f"{tree}-pipes") for tree in TREES),
    *(pytest.param(TERMINALS, tree, id=f"{tree}-terminals") for tree in ON_TERMINALS),
]


@pytest.mark.parametrize(("streams", "tree"), MANNERS)
def test_nothing_survives_a_sigkill(project: Project, streams: Manner, tree: str) -> None:
    command, count = TREES[tree]
    project.procfile(f"web: {command}\n")
    procman = project.start(*streams.args)
    procman.until("ready")
    eventually(lambda: len(project.survivors()) >= count + 2)
    killed(procman)
    all_gone(project)


@pytest.mark.parametrize("tree", ["stubborn", "daemon", "other-session", "generations"])
def test_nothing_survives_a_sigkill_on_the_portable_road(project: Project, tree: str) -> None:
    project.procfile(f"web: {TREES[tree][0]}\n")
    procman = project.start(env=PORTABLE)
    procman.until("ready")
    killed(procman)
    all_gone(project)


def test_a_hundred_processes_and_daemons_are_gone_a_second_after_a_sigkill(project: Project) -> None:
    project.procfile(
        f"web: sleep 1000\nstubborn: {child('stubborn')}\ndaemon: {child('daemoniser')}\n"
        f"crashed: {child('daemoniser', 0)}\nflood: {child('flooder')}\n"
    )
    procman = project.start("-c", "web=100,stubborn=3,daemon=3", "-q", "flood")
    procman.until("ready", times=7, within=20)
    procman.until("crashed.1  | exited with code 0")
    assert len(project.survivors()) > 110
    killed(procman)
    all_gone(project)


@pytest.mark.parametrize("signum", [SIGSEGV, SIGABRT])
def test_nothing_survives_a_crash_of_procman_itself(project: Project, signum: Signals) -> None:
    project.procfile(f"web: ulimit -c 0; {child('forker')}\n")
    procman = project.start(wrapper=("sh", "-c", 'ulimit -c 0; exec "$@"', "sh"))
    procman.until("ready")
    killed(procman, signum)
    all_gone(project)


def test_nothing_survives_a_sigkill_while_it_starts(project: Project) -> None:
    project.procfile("web: sleep 1000 & sleep 1000\n")
    procman = project.start("-c", "web=200")
    procman.until("web.20  | started")
    killed(procman)
    all_gone(project)


def test_nothing_survives_a_sigkill_while_it_stops(project: Project) -> None:
    project.procfile(f"web: {child('forker')}\n")
    procman = project.start("-t", "60")
    procman.until("ready")
    procman.signal(SIGTERM)
    procman.until("sending SIGTERM to all")
    killed(procman)
    all_gone(project)


def test_nothing_survives_a_sigkill_while_it_is_suspended(project: Project) -> None:
    project.procfile(f"web: {child('forker')}\n")
    procman = project.start()
    procman.until("ready")
    procman.signal(SIGSTOP)
    killed(procman)
    all_gone(project)


def test_a_child_that_kills_its_own_manager_dies_too(project: Project) -> None:
    project.procfile(
        f"web: {child('stubborn')}\nmurderer: trap 'kill -9 $PPID' USR1; echo ready; sleep 1000\n"
    )
    procman = project.start()
    procman.until("ready", times=2)
    pid = procman.pids("murderer.1")[0]
    # The shell acts on its trap when the sleep it waits for has ended.
    os.kill(pid, 10)
    for sleeping in children_of(pid):
        os.kill(sleeping, SIGKILL)
    assert procman.process.wait(5) == -SIGKILL
    all_gone(project)


def test_children_have_a_moment_to_clean_up_after_a_sigkill(project: Project) -> None:
    done = project.root / "done"
    project.procfile(f"web: trap 'echo cleaned > {done}; exit 0' TERM; echo ready; sleep 1000 & wait\n")
    procman = project.start()
    procman.until("ready")
    killed(procman)
    all_gone(project)
    assert done.read_text() == "cleaned\n"


def test_daemons_of_those_that_ended_long_ago_are_found_by_their_mark(project: Project) -> None:
    project.procfile(f"web: {child('daemoniser', 0)}\nworker: {child('listener')}\n")
    procman = project.start()
    procman.until("web.1    | exited with code 0")
    daemon = int(procman.until(re.compile(r"daemon has pid \d+")).split()[-1])
    killed(procman)
    eventually(lambda: not is_alive(daemon), promised(1.0))
    all_gone(project)


@pytest.mark.parametrize("clean", [True, False], ids=["kept-environment", "emptied-environment"])
def test_a_session_below_a_living_child_is_found(project: Project, *, clean: bool) -> None:
    prefix = "" if clean else "env -i PATH=$PATH"
    project.procfile(f"web: {prefix} setsid sh -c \"trap '' TERM; echo ready; sleep 1000; true\" & wait\n")
    procman = project.start()
    procman.until("ready")
    killed(procman)
    all_gone(project)
