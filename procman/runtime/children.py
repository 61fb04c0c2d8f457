"""The hands: carries out the core's actions on real processes and says what became of them."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from typing import TYPE_CHECKING, assert_never

from procman.config.shellwords import is_simple_command
from procman.core.actions import (
    Abandon,
    Action,
    Announce,
    AwaitEmpty,
    Forward,
    Kill,
    Signal,
    Spawn,
    Suspend,
    Sweep,
)
from procman.core.events import Event, Exited, PortBusy, Spawned, SpawnFailed, Status
from procman.runtime import census
from procman.runtime.child import Child
from procman.runtime.listeners import is_free
from procman.runtime.pty import set_size, window_size
from procman.runtime.spawn import why_not

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from procman.config.plan import Instance
    from procman.runtime.guardian import Guardian
    from procman.runtime.spawn import Pipes, Spawner
    from procman.runtime.tree import Tree

MOST_WAITS = 40
"""Looks at a port that is not free again, a quarter of a second apart, before the start is tried anyway."""


class Children:
    """All that was spawned, by name and by pid.

    instances: by name, live. environ_of: the whole environment of an instance about to be spawned.
    terminal: the descriptor whose window the children's pseudo-terminals follow, None for pipes.
    """

    def __init__(
        self,
        instances: Mapping[str, Instance],
        environ_of: Callable[[Instance], Mapping[str, str]],
        run: str,
        spawner: Spawner,
        tree: Tree,
        guardian: Guardian,
        *,
        terminal: int | None,
    ) -> None:
        self._instances = instances
        self._environ_of = environ_of
        self._run = run
        self._spawner = spawner
        self._tree = tree
        self._guardian = guardian
        self._terminal = terminal
        self._by_name: dict[str, Child] = {}
        self._by_pid: dict[int, Child] = {}
        self._unopened: dict[str, Child] = {}
        self._waits: dict[str, int] = {}
        self._beside: dict[int, Callable[[Status], None]] = {}

    def act(self, action: Action, now: float) -> list[Event]:
        """Carry out one action; what it led to at once comes back as events."""
        match action:
            case Spawn(name=name):
                return [self._spawn(self._instances[name])]
            case Signal(name=name, signum=signum):
                self._signal_group(name, signum)
            case Sweep(name=name, signum=signum, everyone=everyone):
                self._sweep(name, signum, everyone=everyone)
            case Kill(name=name):
                self._kill(name)
            case AwaitEmpty(name=name):
                self._tree.await_empty(name, now)
            case Forward(signum=signum):
                self.signal_all(signum)
            case Abandon() | Announce() | Suspend():
                raise AssertionError(action)  # the engine's own
            case _:
                assert_never(action)
        return []

    def reap(self) -> list[Event]:
        """Collect everything that ended; what procman did not spawn itself is reaped without a word."""
        events: list[Event] = []
        while True:
            try:
                pid, wait_status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                break
            if pid == 0:
                break
            if pid == self._guardian.pid:
                self._guardian.replace()
                self._tree.ignore(self._guardian.pid)
                continue
            self._guardian.leader_gone(pid)
            if (told := self._beside.pop(pid, None)) is not None:
                told(_status(wait_status))
            elif (child := self._by_pid.pop(pid, None)) is not None:
                child.release()
                self._tree.leader_gone(pid)
                if self._by_name.get(child.name) is child:  # no successor of one that was given up
                    del self._by_name[child.name]
                    events.append(Exited(child.name, _status(wait_status)))
        self._guardian.tidy()
        return events

    def opened(self, name: str) -> Child:
        """Hand over a child whose start has been announced: now its output may be read."""
        return self._unopened.pop(name)

    def pid_of(self, name: str) -> int | None:
        child = self._by_name.get(name)
        return None if child is None else child.pid

    def terminal_of(self, name: str) -> int:
        """Give the pseudo-terminal of a running process, -1 when it has none."""
        child = self._by_name.get(name)
        return -1 if child is None else child.master

    def run_beside(self, name: str, command: str, told: Callable[[Status], None]) -> None:
        """Run a command as `name` would be run, silently; it belongs to that process's tree."""
        instance = self._instances[name]
        try:
            pid = self._spawner.silently(command, self._environment(instance), instance.cwd)
        except OSError:
            told(Status(code=1))
            return
        self._guardian.add(pid)
        self.beside(pid, told)

    def beside(self, pid: int, told: Callable[[Status], None]) -> None:
        """Tell how a process ended that procman started and doesn't supervise."""
        self._beside[pid] = told

    def members(self, name: str) -> list[int]:
        """Give the pids of a process's tree, as they are now."""
        self._tree.look_again()
        return [row.pid for row in self._tree.members(name)]

    def resize(self) -> None:
        """Follow the window: every pseudo-terminal gets its size, every pipe child the signal."""
        if self._terminal is None:
            self.signal_all(signal.SIGWINCH)
            return
        size = window_size(self._terminal)
        for child in self._by_pid.values():
            with suppress(OSError):
                set_size(child.master, size)

    def signal_all(self, signum: int) -> None:
        for name in self._by_name:
            self._signal_group(name, signum, wake=False)

    def _spawn(self, instance: Instance) -> Event:
        if self._must_wait(instance):
            return PortBusy(instance.name)
        try:
            pipes = self._start(instance)
        except (OSError, ValueError) as error:
            return SpawnFailed(instance.name, why_not(error, instance.cwd))
        child = Child(instance.name, pipes)
        self._by_name[instance.name] = child
        self._by_pid[child.pid] = child
        self._tree.add(instance.name, child.pid)
        self._guardian.add(child.pid)
        self._unopened[instance.name] = child
        return Spawned(instance.name, child.pid)

    def _must_wait(self, instance: Instance) -> bool:
        """Whether a process that ran before has to wait for its own port, but not for ever."""
        # A first start does not wait: its port was looked at before all began.
        waits = self._waits.get(instance.name, MOST_WAITS)
        busy = instance.port is not None and waits < MOST_WAITS and not is_free(instance.port)
        self._waits[instance.name] = waits + 1 if busy else 0
        return busy

    def _start(self, instance: Instance) -> Pipes:
        command = instance.command
        if is_simple_command(command):
            # No idle shell stays: signals, ps and statuses are the program's own.
            command = f"exec {command}"
        environ = self._environment(instance)
        if self._terminal is None:
            return self._spawner.on_pipes(command, environ, instance.cwd)
        return self._spawner.on_terminal(command, environ, instance.cwd, window_size(self._terminal))

    def _environment(self, instance: Instance) -> Mapping[str, str]:
        environ = self._environ_of(instance)
        mark = census.mark_of(environ.get(census.MARK, ""), self._run, instance.name)
        return {**environ, census.MARK: mark}

    def _signal_group(self, name: str, signum: int, *, wake: bool = True) -> None:
        child = self._by_name.get(name)
        if child is None:
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signum)
            if wake:
                os.killpg(child.pid, signal.SIGCONT)

    def _sweep(self, name: str, signum: int, *, everyone: bool) -> None:
        if not self._tree.may_live(name):
            return
        for row in self._tree.members(name):
            if everyone or not self._tree.in_leaders_group(name, row):
                _send([row.pid], signum)
                _send([row.pid], signal.SIGCONT)

    def _kill(self, name: str) -> None:
        child = self._by_name.get(name)
        if child is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(child.pid, signal.SIGKILL)
        if child is not None or self._tree.may_live(name):
            _send((row.pid for row in self._tree.members(name)), signal.SIGKILL)


def _send(pids: Iterable[int], signum: int) -> None:
    for pid in pids:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signum)


def _status(wait_status: int) -> Status:
    if os.WIFSIGNALED(wait_status):
        return Status(signal=os.WTERMSIG(wait_status))
    return Status(code=os.WEXITSTATUS(wait_status))
