"""Whole trees: wherever a descendant moved to, it is gone when procman has ended."""

from __future__ import annotations

import os
import re
from signal import SIGINT, SIGKILL, SIGUSR1
from typing import TYPE_CHECKING

import pytest

from tests.faults.conftest import PIPES, PORTABLE_PIPES, TERMINALS
from tests.faults.trees import ON_TERMINALS, TREES
from tests.harness import child, children_of, command_line, eventually, is_alive

if TYPE_CHECKING:
    from tests.faults.conftest import Manner
    from tests.project import Project

pytestmark = pytest.mark.fault

EMPTY_DAEMON = "env -i PATH=$PATH setsid sh -c \"trap '' TERM INT HUP; echo ready; sleep 1000; true\" & wait"


# A terminal makes a difference to those that stay in its session or hold it open.
MANNERS = [
    *(pytest.param(PIPES, tree, id=f"{tree}-pipes") for tree in TREES),
    *(pytest.param(TERMINALS, tree, id=f"{tree}-terminals") for tree in ON_TERMINALS),
    *(pytest.param(PORTABLE_PIPES, tree, id=f"{tree}-portable") for tree in TREES),
]


@pytest.mark.parametrize(("manner", "tree"), MANNERS)
def test_stopping_reaches_everything(project: Project, manner: Manner, tree: str) -> None:
    command, count = TREES[tree]
    project.procfile(f"web: {command}\n")
    procman = project.start("-t", "0.3", *manner.args, env=manner.env)
    procman.until("ready")
    eventually(lambda: len(project.survivors()) >= count + 2)  # procman and its guardian
    assert procman.stop() == -SIGINT
    assert not project.survivors()


@pytest.mark.parametrize("tree", ["daemon", "other-session", "other-group", "generations", "nohup"])
def test_the_crash_of_another_reaches_everything(project: Project, road: Manner, tree: str) -> None:
    project.procfile(f"web: {TREES[tree][0]}\nworker: {child('holder', 3)}\n")
    procman = project.start("-t", "0.3", *road.args, env=road.env)
    procman.until("ready", times=2)
    os.kill(procman.pids("worker.1")[0], SIGUSR1)
    assert procman.wait() == 3
    assert not project.survivors()


@pytest.mark.parametrize("status", [0, 1])
def test_a_daemon_whose_parent_has_ended_goes_with_the_last(
    project: Project, road: Manner, status: int
) -> None:
    project.procfile(f"web: {child('daemoniser', status)}\n")
    procman = project.start("-t", "0.3", *road.args, env=road.env)
    assert procman.wait() == status
    assert not project.survivors()
    daemon = re.search(r"daemon has pid (\d+)", procman.output)
    assert daemon is not None
    assert not is_alive(int(daemon[1]))


def test_a_daemon_may_live_while_others_run(project: Project, road: Manner) -> None:
    project.procfile(f"web: {child('daemoniser', 0)}\nworker: {child('listener')}\n")
    procman = project.start("-t", "0.3", *road.args, env=road.env)
    procman.until("web.1    | exited with code 0")
    procman.until("ready", times=2)
    daemon = int(procman.until(re.compile(r"daemon has pid \d+")).split()[-1])
    assert is_alive(daemon)
    assert procman.stop() == -SIGINT
    assert not is_alive(daemon)
    assert not project.survivors()


def test_a_daemon_that_emptied_its_environment_is_found_by_its_ancestry(project: Project) -> None:
    project.procfile(f"web: {EMPTY_DAEMON}\n")
    procman = project.start("-t", "0.3")
    procman.until("ready")
    daemon = eventually(lambda: [pid for pid in project.survivors() if "trap" in command_line(pid)])
    assert procman.stop() == -SIGINT
    assert not any(map(is_alive, daemon))
    assert not project.survivors()


def test_an_orphan_without_environment_or_session_of_ours_is_still_found(project: Project) -> None:
    daemon = "env -i setsid sh -c 'trap \\\"\\\" TERM; echo ready; cd /; sleep 1000; true'"
    project.procfile(f'web: sh -c "{daemon} & exit 0"; sleep 1000\n')
    procman = project.start("-t", "0.3")
    procman.until("ready")
    orphan = eventually(lambda: children_of(procman.pid, "trap"))
    assert procman.stop() == -SIGINT
    assert not any(map(is_alive, orphan))


def test_one_that_flees_into_ever_new_sessions_is_caught(project: Project) -> None:
    # On Linux: without a subreaper it may be gone between two looks (docs/guarantees.md).
    project.procfile(f"web: {child('fugitive')}\n")
    procman = project.start("-t", "0.2", "--stop-on", "never", "--no-pty")
    procman.until("ready")
    if procman.process.poll() is None:
        procman.signal(SIGINT)
    procman.wait()
    assert not project.survivors()


def test_strays_outside_the_group_may_clean_up_as_well(project: Project, manner: Manner) -> None:
    project.procfile(f"web: setsid {child('listener')} & wait\n")
    procman = project.start("-t", "8", *manner.args, env=manner.env)
    procman.until("ready")
    assert procman.stop() == -SIGINT
    assert "cleaned up" in procman.lines("web.1")
    assert "sending SIGKILL" not in procman.output


def test_orphans_are_reaped_and_not_taken_for_children(project: Project, streams: Manner) -> None:
    project.procfile(f"web: {child('orphaner', 30)}\n")
    procman = project.start(*streams.args)
    procman.until("ready")
    eventually(lambda: len(children_of(procman.pid)) == 2)  # web.1 and the guardian, and no zombie
    assert procman.output.count("exited with") == 0
    assert procman.stop() == -SIGINT
    assert procman.lines("web.1")[-1] == "terminated by SIGTERM"


def test_a_process_that_procman_did_not_start_is_none_of_its_business(project: Project) -> None:
    project.procfile(f"web: {child('listener')}\n")
    shell = f"sleep 1000 & echo earlier child $! >&2; exec $procman start -p {project.port}"
    procman = project.launch("sh", "-c", shell)
    procman.until("ready")
    earlier = int(procman.until(re.compile(r"earlier child \d+")).split()[-1])
    assert procman.stop() == -SIGINT
    assert is_alive(earlier)
    os.kill(earlier, SIGKILL)


def test_a_hundred_trees_are_stopped_as_fast_as_one(project: Project, road: Manner) -> None:
    project.procfile("worker: sleep 1000 & sleep 1000\n")
    procman = project.start("-c", "worker=100", "-t", "60", *road.args, env=road.env)
    procman.until("started with pid", times=100, within=20)
    assert procman.stop(within=6) == -SIGINT
    assert not project.survivors()
    assert "sending SIGKILL" not in procman.output


def test_the_whole_tree_is_killed_and_not_only_its_leader(project: Project) -> None:
    project.procfile(f"web: {child('forker', 3, 3)}\n")
    procman = project.start("-t", "0.2", env=PORTABLE_PIPES.env)
    procman.until("ready")
    assert len(project.survivors()) == 42
    assert procman.stop() == -SIGINT
    assert not project.survivors()
