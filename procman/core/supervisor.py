"""Holds the processes and the rules together: events in, actions out, nothing done here.

Whoever drives it calls `begin` once, `handle` for every event, `tick` when `deadline` has passed,
carries out what they return, and is done when `finished`.
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, NamedTuple

from procman.core.actions import SYSTEM, Action, Announce, Forward, Kill, Signal, Suspend
from procman.core.events import (
    DeadlinePassed,
    Event,
    Exited,
    KillAsked,
    OutputLost,
    ProcessEvent,
    RestartAsked,
    SignalArrived,
    SpawnFailed,
    StartAsked,
    Status,
    StopAsked,
    signal_name,
)
from procman.core.lifecycle import Process, State, step
from procman.core.policy import comes_back
from procman.core.rules import StopOn, may_start, takes_down

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from procman.config.plan import Instance

SECOND_THOUGHTS = 0.4
"""Seconds within which a repeated signal is the same one: npm and others deliver Ctrl-C twice."""

ENDING_SIGNALS = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT})
FORWARDED_SIGNALS = frozenset({signal.SIGUSR1, signal.SIGUSR2})


class Cause(NamedTuple):
    """The first crash: what `start` ends with and what its summary names."""

    name: str
    status: Status
    reason: str = ""


class Supervisor:
    def __init__(self, instances: Iterable[Instance], *, stop_on: StopOn = StopOn.CRASH) -> None:
        self._stop_on = stop_on
        self._instances = {instance.name: instance for instance in instances}
        self._processes = {
            instance.name: Process(instance.name, instance.stop_signal, instance.grace, instance.restart)
            for instance in self._instances.values()
        }
        patience = max((instance.grace for instance in self._instances.values()), default=5.0)
        self._strays = Process(SYSTEM, grace=patience, state=State.EXITED)
        self._waiting = dict.fromkeys(self._processes)
        self._active: set[str] = set()
        self._deadlines: dict[str, float] = {}
        self._spawning: str | None = None
        self._closing = False
        self._terminating = False
        self._killing = False
        self._swept = False
        self._signal_at: float | None = None
        self.cause: Cause | None = None
        self.signal: int = 0
        self.finished = False

    @property
    def snapshot(self) -> Mapping[str, Process]:
        return self._processes

    @property
    def deadline(self) -> float | None:
        """The next moment, in monotonic seconds, at which `tick` has something to do."""
        return min(self._deadlines.values(), default=None)

    @property
    def closing(self) -> bool:
        return self._closing

    def begin(self, now: float) -> list[Action]:
        return self._settle(now)

    def handle(self, event: Event, now: float) -> list[Action]:
        match event:
            case SignalArrived(signum=signum):
                actions = self._signalled(signum, now)
            case OutputLost():
                actions = self._close(now)
            case SpawnFailed(name=name, reason=reason):
                actions = self._apply(event, now)
                self._blame(Cause(name, Status(code=1), reason))
                actions += self._close(now)
            case Exited(name=name, status=status):
                actions = self._exited(event, name, status, now)
            case StartAsked() | StopAsked() | RestartAsked() | KillAsked():
                actions = self._asked(event, now)
            case _:
                actions = self._apply(event, now)
        return actions + self._settle(now)

    def tick(self, now: float) -> list[Action]:
        due = [name for name, deadline in self._deadlines.items() if deadline <= now]
        actions = [action for name in due for action in self._apply(DeadlinePassed(name), now)]
        return actions + self._settle(now)

    def _apply(self, event: ProcessEvent, now: float) -> list[Action]:
        name = event.name
        process = self._strays if name == SYSTEM else self._processes.get(name)
        if process is None:
            return []
        after, actions = step(process, event, now)
        if name == SYSTEM:
            self._strays = after
        else:
            self._processes[name] = after
            (self._active.discard if after.at_rest else self._active.add)(name)
        if after.deadline is None:
            self._deadlines.pop(name, None)
        else:
            self._deadlines[name] = after.deadline
        if self._spawning == name and after.state is not State.STARTING:
            self._spawning = None
        return self._introduced(actions) if self._closing else actions

    def _introduced(self, actions: list[Action]) -> list[Action]:
        """Say once each that the closing sends signals, before the first: a late spawn's may be it."""
        for index, action in enumerate(actions):
            if isinstance(action, Signal) and not self._terminating:
                self._terminating = True
                line = Announce(SYSTEM, "sending SIGTERM to all processes", "stopping")
                return [*actions[:index], line, *actions[index:]]
            if isinstance(action, Kill) and not self._killing:
                self._killing = True
                line = Announce(SYSTEM, "sending SIGKILL to all processes", "stopping")
                return [*actions[:index], line, *actions[index:]]
        return actions

    def _asked(self, event: StartAsked | StopAsked | RestartAsked | KillAsked, now: float) -> list[Action]:
        """Somebody's word on one process comes before the plan's; what ends begins nothing any more."""
        if self._closing and isinstance(event, (StartAsked, RestartAsked)):
            return []
        self._waiting.pop(event.name, None)
        return self._apply(event, now)

    def _exited(self, event: Exited, name: str, status: Status, now: float) -> list[Action]:
        instance, before = self._instances.get(name), self._processes.get(name)
        actions = self._apply(event, now)
        if instance is None or before is None or before.state is not State.UP:
            return actions
        if status.failed and not comes_back(instance.restart, status):
            self._blame(Cause(name, status))
        if takes_down(self._stop_on, instance, status):
            actions += self._close(now)
        return actions

    def _blame(self, cause: Cause) -> None:
        if self.cause is None and not self._closing:
            self.cause = cause

    def _signalled(self, signum: int, now: float) -> list[Action]:
        if signum == signal.SIGTSTP:
            return [Suspend()]
        if signum in FORWARDED_SIGNALS:
            text = f"{signal_name(signum)} received, forwarding it to children"
            return [Announce(SYSTEM, text, "signal"), Forward(signum)]
        if signum not in ENDING_SIGNALS:
            return []
        if self._signal_at is None:
            self._signal_at = now
            self.signal = signum
            text = "already shutting down" if self._closing else "starting shutdown"
            return [Announce(SYSTEM, f"{signal_name(signum)} received, {text}", "signal"), *self._close(now)]
        if now - self._signal_at < SECOND_THOUGHTS:
            return []
        return [action for name in (*self._processes, SYSTEM) for action in self._apply(KillAsked(name), now)]

    def _close(self, now: float) -> list[Action]:
        """Take everything down; the strays of unknown origin come last, when nobody can make new ones."""
        if self._closing:
            return []
        self._closing = True
        self._waiting.clear()
        return [action for name in self._processes for action in self._apply(StopAsked(name), now)]

    def _settle(self, now: float) -> list[Action]:
        """Start what may start, end when nothing is left: again until nothing changes."""
        actions: list[Action] = []
        if self._waiting and self._spawning is None:
            actions += self._start_next(now)
        if self._waiting or self._active:
            return actions
        actions += self._close(now)
        if self._active:
            return actions
        if not self._swept:
            self._swept = True
            return actions + self._apply(StopAsked(SYSTEM), now)
        self.finished = self._strays.at_rest
        return actions

    def _start_next(self, now: float) -> list[Action]:
        """One spawn at a time, so that a signal is seen between any two of a thousand."""
        for name in self._waiting:
            if may_start(self._instances[name], self._processes):
                del self._waiting[name]
                self._spawning = name
                return self._apply(StartAsked(name), now)
        return []
