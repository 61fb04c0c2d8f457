"""What the guardian does once the program that it guards has gone; that program is guarded.py."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import psutil
import pytest

from procman.runtime.census import MARK
from tests.harness import eventually, is_alive

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

STUBBORN = "trap '' TERM INT HUP; echo ready; while :; do sleep 100; done"
PLAIN = "echo ready; exec sleep 100"


class Guarded:
    """The program, and children that the test starts for it: a guardian knows them by pid and mark only."""

    def __init__(self, run: str, portable: bool) -> None:
        self.run = run
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.runtime.guarded", run, "portable" if portable else "native"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._children: list[subprocess.Popen[str]] = []
        self.guardian = self._answer()

    def tell(self, command: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{command}\n")
        self._process.stdin.flush()
        self.guardian = self._answer()

    def _answer(self) -> int:
        assert self._process.stdout is not None
        return int(self._process.stdout.readline())

    def child(self, script: str = PLAIN, *, mark: str = "", environ: Mapping[str, str] | None = None) -> int:
        """Start a session; give its pid once it is ready."""
        process = subprocess.Popen(
            ["/bin/sh", "-c", script],
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env={**os.environ, **(environ or {}), **({MARK: mark} if mark else {})},
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        self._children.append(process)
        return process.pid

    def die(self) -> None:
        self._process.kill()
        self._process.wait()

    def status_of(self, pid: int) -> int:
        """Wait for a child's end; give how it ended, -n for a signal."""
        (process,) = (child for child in self._children if child.pid == pid)
        return process.wait(10)

    def close(self) -> None:
        self.die()
        eventually(lambda: not is_alive(self.guardian))
        for process in self._children:
            process.kill()
            process.wait()
        for process in (self._process, *self._children):
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    stream.close()


@pytest.fixture
def guarded(run: str, portable: bool) -> Iterator[Guarded]:
    guarded = Guarded(run, portable)
    yield guarded
    guarded.close()


def test_whoever_is_on_the_list_ends_with_the_program_gracefully(guarded: Guarded) -> None:
    child = guarded.child()
    guarded.tell(f"add {child}")
    guarded.die()
    assert guarded.status_of(child) == -signal.SIGTERM


def test_who_does_not_hear_term_is_killed(guarded: Guarded) -> None:
    child = guarded.child(STUBBORN)
    guarded.tell(f"add {child}")
    guarded.die()
    assert guarded.status_of(child) == -signal.SIGKILL


def test_who_sleeps_is_woken_to_hear_term(guarded: Guarded) -> None:
    child = guarded.child("trap 'exit 7' TERM; echo ready; while :; do sleep 0.01; done")
    guarded.tell(f"add {child}")
    os.kill(child, signal.SIGSTOP)
    guarded.die()
    assert guarded.status_of(child) == 7


def test_who_is_on_no_list_but_carries_the_runs_mark_ends_too(guarded: Guarded) -> None:
    child = guarded.child(mark=f"{guarded.run}/web.1")
    guarded.die()
    assert guarded.status_of(child) == -signal.SIGTERM


def test_a_stranger_and_another_runs_child_are_left_alone(guarded: Guarded) -> None:
    strangers = [guarded.child(), guarded.child(mark="0000/web.1")]
    mine = guarded.child()
    guarded.tell(f"add {mine}")
    guarded.die()
    guarded.status_of(mine)
    eventually(lambda: not is_alive(guarded.guardian))
    assert [is_alive(pid) for pid in strangers] == [True, True]


def test_who_was_taken_off_the_list_is_left_alone(guarded: Guarded) -> None:
    child, other = guarded.child(), guarded.child()
    for command in (f"add {child}", f"add {other}", f"discard {child}"):
        guarded.tell(command)
    guarded.die()
    guarded.status_of(other)
    eventually(lambda: not is_alive(guarded.guardian))
    assert is_alive(child)


def test_once_dismissed_it_is_gone_and_touches_nobody(guarded: Guarded) -> None:
    child = guarded.child(mark=f"{guarded.run}/web.1")
    guarded.tell(f"add {child}")
    guarded.tell("dismiss")
    assert not psutil.pid_exists(guarded.guardian)
    assert is_alive(child)


def test_a_successor_takes_the_list_over(guarded: Guarded) -> None:
    child = guarded.child()
    guarded.tell(f"add {child}")
    first = guarded.guardian
    os.kill(first, signal.SIGKILL)
    guarded.tell("replace")
    assert guarded.guardian != first
    guarded.die()
    assert guarded.status_of(child) == -signal.SIGTERM


def test_no_signal_that_can_be_ignored_ends_it(guarded: Guarded) -> None:
    child = guarded.child()
    guarded.tell(f"add {child}")
    # It ignores them from soon after its fork on: a session of its own comes first.
    eventually(lambda: psutil.Process(guarded.guardian).num_fds() == 3)
    for signum in (
        signal.SIGINT,
        signal.SIGTERM,
        signal.SIGHUP,
        signal.SIGQUIT,
        signal.SIGUSR1,
        signal.SIGPIPE,
    ):
        os.kill(guarded.guardian, signum)
    assert is_alive(guarded.guardian)
    guarded.die()
    assert guarded.status_of(child) == -signal.SIGTERM


def test_it_leads_a_session_of_its_own_and_holds_nothing_of_the_program(guarded: Guarded) -> None:
    eventually(lambda: psutil.Process(guarded.guardian).num_fds() == 3)
    assert os.getsid(guarded.guardian) == guarded.guardian
    assert psutil.Process(guarded.guardian).cwd() == "/"
