"""Who belongs to whom, with real processes: shells that fork, daemons that hide."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

import pytest

from procman.core.actions import SYSTEM
from procman.core.events import Emptied
from procman.runtime.census import MARK
from procman.runtime.tree import Tree
from tests.harness import eventually, is_alive

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "web.1"
SETSID = shutil.which("setsid") or ""
needs_setsid = pytest.mark.skipif(not SETSID, reason="setsid(1) is not installed")


class Leader(NamedTuple):
    """A shell that leads a session, and the pids that it printed."""

    process: subprocess.Popen[str]
    pids: list[int]

    @property
    def pid(self) -> int:
        return self.process.pid

    def end(self, tree: Tree, signum: int = signal.SIGKILL) -> None:
        self.process.send_signal(signum)
        self.process.wait()
        tree.leader_gone(self.pid)
        tree.look_again()


class Forest:
    def __init__(self, run: str, portable: bool) -> None:
        self.run = run
        self.tree = Tree(run, portable=portable)
        self._leaders: list[Leader] = []

    def plant(self, script: str, name: str = NAME, *, pids: int = 1) -> Leader:
        """Start a script that prints so many pids, one a line, once they are what they are meant to be."""
        process = subprocess.Popen(
            ["/bin/sh", "-c", script],
            env={**os.environ, MARK: f"{self.run}/{name}"},
            stdout=subprocess.PIPE,
            start_new_session=True,
            text=True,
        )
        self.tree.add(name, process.pid)
        assert process.stdout is not None
        leader = Leader(process, [int(process.stdout.readline()) for _ in range(pids)])
        self._leaders.append(leader)
        return leader

    def members(self, name: str = NAME) -> set[int]:
        # A portable look may be as old as it took; adding nobody ends its time.
        self.tree.add("nobody.1", -1)
        self.tree.leader_gone(-1)
        return {row.pid for row in self.tree.members(name)}

    def fell(self, pid: int) -> None:
        """Kill one, and reap it where it is ours to reap."""
        os.kill(pid, signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(pid, 0)

    def close(self) -> None:
        for leader in self._leaders:
            leader.process.kill()
            leader.process.wait()
            assert leader.process.stdout is not None
            leader.process.stdout.close()


@pytest.fixture
def forest(run: str, portable: bool) -> Iterator[Forest]:
    forest = Forest(run, portable)
    yield forest
    forest.close()


@pytest.fixture
def native(run: str) -> Iterator[Forest]:
    forest = Forest(run, portable=False)
    yield forest
    forest.close()


def test_a_tree_is_its_leader_and_all_its_descendants(forest: Forest) -> None:
    leader = forest.plant("sleep 100 & echo $!; sh -c 'sleep 100 & echo $!; wait'; wait", pids=2)
    assert {leader.pid, *leader.pids} < forest.members()
    assert forest.members("worker.1") == set()


def test_two_trees_are_told_apart(forest: Forest) -> None:
    web = forest.plant("sleep 100 & echo $!; wait")
    worker = forest.plant("sleep 100 & echo $!; wait", "worker.1")
    assert forest.members() == {web.pid, *web.pids}
    assert forest.members("worker.1") == {worker.pid, *worker.pids}


def test_a_tree_is_empty_when_its_leader_was_alone_and_has_gone(forest: Forest) -> None:
    leader = forest.plant("echo $$; exec sleep 100")
    forest.tree.await_empty(NAME, 0.0)
    assert forest.tree.read(0.0) == []
    leader.end(forest.tree)
    assert eventually(lambda: forest.tree.read(1.0)) == [Emptied(NAME)]
    assert forest.tree.read(2.0) == []  # told once


def test_a_tree_is_not_empty_while_a_child_of_its_leader_lives_on(forest: Forest) -> None:
    leader = forest.plant("sleep 100 & echo $!; wait")
    leader.end(forest.tree)
    forest.tree.await_empty(NAME, 0.0)
    assert forest.tree.read(0.0) == []
    assert forest.members() == set(leader.pids)
    forest.fell(leader.pids[0])
    assert eventually(lambda: forest.tree.read(1.0)) == [Emptied(NAME)]


@needs_setsid
def test_a_daemon_in_a_session_of_its_own_is_found_by_its_mark(forest: Forest) -> None:
    leader = forest.plant(f"{SETSID} sh -c 'echo $$; exec sleep 100' & wait")
    assert os.getsid(leader.pids[0]) != leader.pid
    leader.end(forest.tree)
    assert forest.members() == set(leader.pids)
    assert forest.tree.may_live(NAME)


@needs_setsid
def test_a_daemon_that_emptied_its_environment_belongs_to_nobody_but_is_not_lost(native: Forest) -> None:
    leader = native.plant(f"{SETSID} env -i sh -c 'echo $$; exec sleep 100' & wait")
    assert native.members() == {leader.pid, *leader.pids}  # while its parent lives
    leader.end(native.tree)
    assert (native.members(), native.members(SYSTEM)) == (set(), set(leader.pids))
    native.tree.await_empty(SYSTEM, 0.0)
    assert native.tree.read(0.0) == []
    native.fell(leader.pids[0])
    assert native.tree.read(0.0) == [Emptied(SYSTEM)]


def test_an_orphan_without_a_mark_is_known_by_its_leaders_session(forest: Forest) -> None:
    leader = forest.plant("env -i sh -c 'echo $$; exec sleep 100' & wait")
    leader.end(forest.tree)
    assert forest.members() == set(leader.pids)


def test_a_process_that_was_there_before_is_nobodys_business(run: str, portable: bool) -> None:
    with subprocess.Popen(["sleep", "100"], start_new_session=True) as before:
        tree = Tree(run, portable=portable)
        tree.await_empty(SYSTEM, 0.0)
        assert tree.read(0.0) == [Emptied(SYSTEM)]
        assert tree.members(SYSTEM) == []
        before.kill()


def test_what_serves_procman_itself_is_not_counted(native: Forest) -> None:
    with subprocess.Popen(["sleep", "100"], start_new_session=True) as guardian:
        assert native.members(SYSTEM) == {guardian.pid}
        native.tree.ignore(guardian.pid)
        assert native.members(SYSTEM) == set()
        guardian.kill()


def test_a_tree_that_was_given_up_is_not_awaited_and_says_who_is_left(forest: Forest) -> None:
    leader = forest.plant("sleep 100 & echo $!; wait")
    leader.end(forest.tree)
    forest.tree.await_empty(NAME, 0.0)
    forest.members()
    assert forest.tree.abandon(NAME) == leader.pids
    forest.fell(leader.pids[0])
    eventually(lambda: not is_alive(leader.pids[0]))
    assert forest.tree.read(1.0) == []


def test_who_moved_out_of_the_leaders_group_is_told_apart(forest: Forest) -> None:
    regroup = "import os, time; os.setpgid(0, 0); print(os.getpid(), flush=True); time.sleep(100)"
    leader = forest.plant(f"sleep 100 & echo $!; {sys.executable} -c '{regroup}' & wait", pids=2)
    stayed, moved = leader.pids
    forest.members()
    inside = {r.pid: forest.tree.in_leaders_group(NAME, r) for r in forest.tree.members(NAME)}
    assert inside == {leader.pid: True, stayed: True, moved: False}


def test_awaited_trees_are_looked_for_at_once_and_on_linux_never_by_the_clock(native: Forest) -> None:
    native.plant("echo $$; exec sleep 100")
    before = native.tree.deadline
    native.tree.await_empty(NAME, 7.0)
    awaited = native.tree.deadline
    native.tree.read(7.0)
    assert (before, awaited, native.tree.deadline) == (None, 7.0, None)


def test_elsewhere_they_are_looked_for_less_and_less_often(run: str) -> None:
    forest = Forest(run, portable=True)
    forest.plant("echo $$; exec sleep 100")
    forest.tree.await_empty(NAME, 0.0)
    pauses = []
    for _ in range(8):
        forest.tree.read(0.0)
        pauses.append(round(forest.tree.deadline or 0.0, 4))
    forest.close()
    assert pauses == [0.01, 0.015, 0.0225, 0.0338, 0.0506, 0.0759, 0.1, 0.1]
