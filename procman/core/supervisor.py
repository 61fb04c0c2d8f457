"""Holds the processes and the rules together: events in, actions out, nothing done here.

Whoever drives it calls `begin` once, `handle` for every event, `tick` when `deadline` has passed,
carries out what they return, and is done when `finished`.
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from procman.core.actions import SYSTEM, Action, Announce, Forward, Suspend
from procman.core.ending import Cause, Ending, Insistence
from procman.core.events import (
    DeadlinePassed,
    Event,
    Exited,
    KillAsked,
    OutputLost,
    ProcessEvent,
    QuitAsked,
    RestartAsked,
    ScaleAsked,
    SignalArrived,
    SpawnFailed,
    StartAsked,
    Status,
    StopAsked,
    signal_name,
)
from procman.core.policy import comes_back
from procman.core.process import State
from procman.core.rules import StopOn, dependants, failed_need, may_start, may_stop, takes_down
from procman.core.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from procman.config.plan import Instance
    from procman.core.process import Process

ENDING_SIGNALS = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT})
FORWARDED_SIGNALS = frozenset({signal.SIGUSR1, signal.SIGUSR2})


class Supervisor:
    """multiply: makes one more instance of a type, for `scale`."""

    def __init__(
        self,
        instances: Iterable[Instance],
        *,
        stop_on: StopOn = StopOn.CRASH,
        multiply: Callable[[str, int], Instance] | None = None,
    ) -> None:
        self._stop_on = stop_on
        self._multiply = multiply
        self._table = Table(instances)
        self._waiting = dict.fromkeys(
            instance.name for instance in self._table.instances.values() if not instance.schedule
        )
        self._stopping: dict[str, None] = {}
        self._held: set[str] = set()
        self._spawning: str | None = None
        self._closing = False
        self._ending = Ending()
        self._swept = False
        self.finished = False

    @property
    def cause(self) -> Cause | None:
        """The first crash, if one ended the run or happened in it."""
        return self._ending.cause

    @property
    def signal(self) -> int:
        """The ending signal that arrived first, 0 for none."""
        return self._ending.signal

    @property
    def snapshot(self) -> Mapping[str, Process]:
        return self._table.processes

    @property
    def instances(self) -> Mapping[str, Instance]:
        """All instances by name, live: `scale` adds to it and takes away."""
        return self._table.instances

    @property
    def deadline(self) -> float | None:
        """The next moment, in monotonic seconds, at which `tick` has something to do."""
        return min(self._table.deadlines.values(), default=None)

    @property
    def closing(self) -> bool:
        return self._closing

    @property
    def all_started(self) -> bool:
        """Whether nothing waits for its first start any more."""
        return not self._waiting and self._spawning is None

    def begin(self, now: float) -> list[Action]:
        return self._settle(now)

    def handle(self, event: Event, now: float) -> list[Action]:
        match event:
            case SignalArrived(signum=signum):
                actions = self._signalled(signum, now)
            case OutputLost(reason=reason, failed=failed):
                if failed:
                    self._blame(Cause(SYSTEM, Status(code=1), reason))
                actions = self._close(now)
            case QuitAsked():
                actions = [Announce(SYSTEM, "quit received, starting shutdown", "signal"), *self._close(now)]
            case ScaleAsked(process_type=process_type, quantity=quantity):
                actions = self._scaled(process_type, quantity, now)
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
        actions: list[Action] = []
        for name in self._table.due(now):
            before = self._table.get(name)
            actions += self._apply(DeadlinePassed(name), now)
            if before is not None and before.state is State.STARTING:
                actions += self._late(name, before, now)
        return actions + self._settle(now)

    def _apply(self, event: ProcessEvent, now: float) -> list[Action]:
        actions = self._table.apply(event, now)
        if self._spawning == event.name:
            after = self._table.get(event.name)
            if after is None or after.state is not State.STARTING or after.pid is not None:
                self._spawning = None
        return self._ending.introduced(actions) if self._closing else actions

    def _asked(self, event: StartAsked | StopAsked | RestartAsked | KillAsked, now: float) -> list[Action]:
        """Somebody's word on one process comes before the plan's; what ends begins nothing any more."""
        if self._closing and isinstance(event, (StartAsked, RestartAsked)):
            return []
        self._waiting.pop(event.name, None)
        # Whoever stops the last process by hand may want to start it again: procman stays.
        (self._held.add if isinstance(event, (StopAsked, KillAsked)) else self._held.discard)(event.name)
        return self._apply(event, now)

    def _scaled(self, process_type: str, quantity: int, now: float) -> list[Action]:
        if self._closing or self._multiply is None:
            return []
        starting, stopping = self._table.scale(process_type, quantity, self._multiply)
        self._waiting |= dict.fromkeys(starting)
        # Scaled to nothing on purpose: procman stays, to be scaled up again.
        (self._held.discard if quantity else self._held.add)(process_type)
        for name in stopping:
            self._waiting.pop(name, None)
        return [action for name in stopping for action in self._apply(StopAsked(name), now)]

    def _exited(self, event: Exited, name: str, status: Status, now: float) -> list[Action]:
        instance, before = self.instances.get(name), self.snapshot.get(name)
        actions = self._apply(event, now)
        if instance is None or before is None or before.state not in (State.UP, State.STARTING):
            return actions
        if instance.schedule is None and status.failed and not comes_back(instance.restart, status):
            self._blame(Cause(name, status))
        if takes_down(self._stop_on, instance, status):
            actions += self._close(now)
        return actions

    def _late(self, name: str, before: Process, now: float) -> list[Action]:
        """Treat a process that had to be ready in time, and is not, as crashed."""
        instance, after = self.instances.get(name), self.snapshot.get(name)
        if instance is None or after is None or after.state is not State.STOPPING:
            return []
        status = Status(code=1)
        if comes_back(instance.restart, status):
            return []
        self._blame(Cause(name, status, f"not ready after {before.patience:g} s"))
        return self._close(now) if takes_down(self._stop_on, instance, status) else []

    def _blame(self, cause: Cause) -> None:
        if not self._closing:
            self._ending.blame(cause)

    def _signalled(self, signum: int, now: float) -> list[Action]:
        if signum == signal.SIGTSTP:
            return [Suspend()]
        if signum in FORWARDED_SIGNALS:
            text = f"{signal_name(signum)} received, forwarding it to children"
            return [Announce(SYSTEM, text, "signal"), Forward(signum)]
        if signum not in ENDING_SIGNALS:
            return []
        match self._ending.interrupted(signum, now):
            case Insistence.FIRST:
                text = "already shutting down" if self._closing else "starting shutdown"
                line = Announce(SYSTEM, f"{signal_name(signum)} received, {text}", "signal")
                return [line, *self._close(now)]
            case Insistence.SAME:
                return []
            case Insistence.AGAIN:
                return self._kill_all(now)

    def _kill_all(self, now: float) -> list[Action]:
        self._stopping.clear()
        names = [*self._table.processes, SYSTEM]
        return [action for name in names for action in self._apply(KillAsked(name), now)]

    def _close(self, now: float) -> list[Action]:
        """Take everything down, dependants first."""
        if self._closing:
            return []
        self._closing = True
        self._waiting.clear()
        self._stopping = dict.fromkeys(self._table.processes)
        return self._stop_next(now)

    def _stop_next(self, now: float) -> list[Action]:
        """Stop whom nobody needs any more, and whom those needed who were down already."""
        needing = dependants(self.instances)
        actions: list[Action] = []
        while names := [n for n in self._stopping if may_stop(needing.get(n, ()), self.snapshot)]:
            for name in names:
                del self._stopping[name]
                actions += self._apply(StopAsked(name), now)
        return actions

    def _settle(self, now: float) -> list[Action]:
        """Start what may start, stop what may stop, end when nothing is left: until nothing changes."""
        actions: list[Action] = []
        if self._waiting and self._spawning is None:
            actions += self._start_next(now)
        if self._stopping:
            actions += self._stop_next(now)
        if self._waiting or self._table.active or (self._is_kept() and not self._closing):
            return actions
        actions += self._close(now)
        if self._table.active or self._stopping:
            return actions
        # The strays of unknown origin come last, when nobody can make new ones.
        if not self._swept:
            self._swept = True
            return actions + self._apply(StopAsked(SYSTEM), now)
        self.finished = self._table.strays.at_rest
        return actions

    def _is_kept(self) -> bool:
        """Whether procman goes on with nothing running: a cron line's time comes, a stopped one may start."""
        return bool(self._held) or any(instance.schedule for instance in self.instances.values())

    def _start_next(self, now: float) -> list[Action]:
        """One spawn at a time, so that a signal is seen between any two of a thousand."""
        for name in list(self._waiting):
            instance = self.instances[name]
            if may_start(instance, self.snapshot):
                del self._waiting[name]
                self._held.discard(name)
                self._spawning = name
                return self._apply(StartAsked(name), now)
            if failed := failed_need(instance, self.snapshot):
                del self._waiting[name]
                return [Announce(name, f"not started: {failed}, which it needs, has failed", "skipped")]
        return []
