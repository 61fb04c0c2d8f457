"""Holds the processes and the rules together: events in, actions out, nothing done here.

Whoever drives it calls `begin` once, `handle` for every event, `tick` when `deadline` has passed, carries out
what they return, and is done when `finished`. `cause`, `signal` and `closing` are the ending's (ending.py).
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from procman.core.actions import SYSTEM, Action, Announce, Forward, Suspend
from procman.core.ending import ENDING_SIGNALS, FORWARDED_SIGNALS, Cause, Ending, Insistence
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
from procman.core.rules import StopOn, takes_down
from procman.core.table import Table
from procman.core.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from procman.config.plan import Instance
    from procman.core.process import Process


class Supervisor:
    """multiply: makes one more instance of a type, for `scale`."""

    def __init__(
        self,
        instances: Iterable[Instance],
        *,
        stop_on: StopOn = StopOn.CRASH,
        multiply: Callable[[str, int], Instance] | None = None,
    ) -> None:
        self._stop_on, self._multiply = stop_on, multiply
        self._table = Table(instances)
        self._turns = Turns(i.name for i in self._table.instances.values() if not i.schedule)
        self._spawning: str | None = None
        self._ending = Ending()
        self._swept = self.finished = False

    @property
    def taken_down(self) -> Mapping[str, Process]:
        """Those that were not at rest when the end began, as they are now."""
        return {name: process for name, process in self.snapshot.items() if name in self._ending.taken_down}

    @property
    def cause(self) -> Cause | None:
        return self._ending.cause

    @property
    def signal(self) -> int:
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
        return self._ending.closing

    @property
    def all_started(self) -> bool:
        return not self._turns.waiting and self._spawning is None

    def begin(self, now: float) -> list[Action]:
        return self._settle(now)

    def handle(self, event: Event, now: float) -> list[Action]:
        match event:
            case SignalArrived(signum=signum):
                actions = self._signalled(signum, now)
            case OutputLost(reason=reason, failed=failed):
                if failed:
                    self._ending.blame(Cause(SYSTEM, Status(code=1), reason))
                actions = self._close(now)
            case QuitAsked():
                actions = [Announce(SYSTEM, "quit received, starting shutdown", "signal"), *self._close(now)]
            case ScaleAsked(process_type=process_type, quantity=quantity):
                actions = self._scaled(process_type, quantity, now)
            case SpawnFailed(name=name, reason=reason):
                actions = self._apply(event, now)
                self._ending.blame(Cause(name, Status(code=1), reason))
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
        return self._ending.introduced(actions)

    def _asked(self, event: StartAsked | StopAsked | RestartAsked | KillAsked, now: float) -> list[Action]:
        """Somebody's word on one process comes before the plan's; what ends begins nothing any more."""
        if event.name not in self.snapshot or (
            self.closing and isinstance(event, (StartAsked, RestartAsked))
        ):
            return []
        self._turns.leave([event.name])
        # Whoever stops the last process by hand may want to start it again: procman stays.
        self._turns.hold(event.name, held=isinstance(event, (StopAsked, KillAsked)))
        return self._apply(event, now)

    def _scaled(self, process_type: str, quantity: int, now: float) -> list[Action]:
        if self.closing or self._multiply is None:
            return []
        starting, stopping = self._table.scale(process_type, quantity, self._multiply)
        self._turns.join(starting)
        self._turns.leave(stopping)
        # Scaled to nothing on purpose: procman stays, to be scaled up again.
        self._turns.hold(process_type, held=quantity == 0)
        for name in stopping:
            self._turns.hold(name, held=False)
        return [action for name in stopping for action in self._apply(StopAsked(name), now)]

    def _exited(self, event: Exited, name: str, status: Status, now: float) -> list[Action]:
        instance, before = self.instances.get(name), self.snapshot.get(name)
        actions = self._apply(event, now)
        if instance is None or before is None or before.state not in (State.UP, State.STARTING):
            return actions
        if instance.schedule is None and status.failed and not comes_back(instance.restart, status):
            self._ending.blame(Cause(name, status))
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
        self._ending.blame(Cause(name, status, f"not ready after {before.patience:g} s"))
        return self._close(now) if takes_down(self._stop_on, instance, status) else []

    def _signalled(self, signum: int, now: float) -> list[Action]:
        if signum == signal.SIGTSTP:
            return [Suspend()]
        if signum in FORWARDED_SIGNALS:
            line = Announce(SYSTEM, f"{signal_name(signum)} received, forwarding it to children", "signal")
            return [line, Forward(signum)]
        if signum not in ENDING_SIGNALS:
            return []
        match self._ending.interrupted(signum, now):
            case Insistence.FIRST:
                text = "already shutting down" if self.closing else "starting shutdown"
                line = Announce(SYSTEM, f"{signal_name(signum)} received, {text}", "signal")
                return [line, *self._close(now)]
            case Insistence.SAME:
                return []
            case Insistence.AGAIN:
                self._turns.close(())
                names = (*self._table.processes, SYSTEM)
                return [action for name in names for action in self._apply(KillAsked(name), now)]

    def _close(self, now: float) -> list[Action]:
        """Take everything down, dependants first."""
        if self.closing:
            return []
        self._ending.begin(self._table.active)
        self._turns.close(self._table.processes)
        return self._stop_next(now)

    def _stop_next(self, now: float) -> list[Action]:
        actions: list[Action] = []
        while names := self._turns.next_stops(self.instances, self.snapshot):
            actions += [action for name in names for action in self._apply(StopAsked(name), now)]
        return actions

    def _settle(self, now: float) -> list[Action]:
        """Start what may start, stop what may stop, end when nothing is left: until nothing changes."""
        actions: list[Action] = []
        if self._turns.waiting and self._spawning is None:
            actions += self._start_next(now)
        if self._turns.stopping:
            actions += self._stop_next(now)
        if self._turns.waiting or self._table.active or (self._is_kept() and not self.closing):
            return actions
        actions += self._close(now)
        if self._table.active or self._turns.stopping:
            return actions
        # The strays of unknown origin come last, when nobody can make new ones.
        if not self._swept:
            self._swept = True
            return actions + self._apply(StopAsked(SYSTEM), now)
        self.finished = self._table.strays.at_rest
        return actions

    def _is_kept(self) -> bool:
        """Whether procman goes on with nothing running: a cron line's time comes, a stopped one may start."""
        return bool(self._turns.held) or any(instance.schedule for instance in self.instances.values())

    def _start_next(self, now: float) -> list[Action]:
        """One spawn at a time, so that a signal is seen between any two of a thousand."""
        if (name := self._turns.next_start(self.instances, self.snapshot)) is not None:
            self._spawning = name
            return self._apply(StartAsked(name), now)
        return [
            Announce(name, f"not started: {failed}, which it needs, has failed", "skipped")
            for name, failed in self._turns.hopeless(self.instances, self.snapshot)
        ]
