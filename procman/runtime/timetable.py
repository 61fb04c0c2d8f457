"""Cron lines as a feed: asks for a start when a schedule's next time has come.

Theory of operation. Schedules speak of the wall clock, the engine sleeps by the monotonic one, and the two
part whenever somebody sets the clock or closes the laptop. So the wall clock is read again at least once a
minute, and every next time is worked out afresh from it. A time that went by while the machine slept is
not made up for, only told: that is what cron(8) does, and a job of the night is seldom meant for the
morning. A clock set back by a moment (NTP) doesn't make a job run twice.

It is an observer, too: who stops a job by hand has stopped its schedule, until he starts it again.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from procman.config.cron import Schedule, next_times
from procman.config.localtime import local_now
from procman.core.events import KillAsked, RestartAsked, ScaleAsked, StartAsked, StopAsked

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from procman.core.events import Event

LOOK_AGAIN = 60.0
"""Seconds after which the wall clock is read again, whatever is due."""
LATEST = 90.0
"""Seconds by which a start may be late: more than LOOK_AGAIN, since only then a sleep is noticed."""


class Timetable:
    """schedules: the five fields by instance name. say: shows a line. is_running: asked of a name.

    paused: who was stopped by hand, kept here for all to see. now: aware wall-clock time. clock: monotonic
    seconds.
    """

    def __init__(
        self,
        schedules: Mapping[str, str],
        *,
        say: Callable[[str], None],
        is_running: Callable[[str], bool],
        paused: set[str],
        now: Callable[[], datetime] = local_now,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._schedules = {name: Schedule(*fields.split()) for name, fields in schedules.items()}
        self._say = say
        self._is_running = is_running
        self._paused = paused
        self._now = now
        self._looked = now()
        self._next = {name: self._after(name, self._looked) for name in self._schedules}
        self.deadline: float | None = self._sleep(self._looked, clock())

    def fileno(self) -> int:
        """Give -1: only time wakes it."""
        return -1

    def read(self, now: float) -> list[StartAsked]:
        wall = self._now()
        events = [StartAsked(name) for name in self._schedules if self._is_due(name, wall)]
        # Set back by less than what is called late: nothing of that time runs a second time.
        back = self._looked.timestamp() - wall.timestamp()
        since = self._looked if 0 < back < LATEST else wall
        self._next = {name: self._after(name, since) for name in self._schedules}
        self._looked = since
        self.deadline = self._sleep(wall, now)
        return events

    def notice(self, event: Event, now: float) -> None:  # noqa: ARG002 - as observers are told
        """Hear who is stopped and started; scaling gives a type back to its schedule."""
        match event:
            case StopAsked(name=name) | KillAsked(name=name) if name in self._schedules:
                self._paused.add(name)
            case StartAsked(name=name) | RestartAsked(name=name):
                self._paused.discard(name)
            case ScaleAsked(process_type=process_type):
                self._paused.discard(f"{process_type}.1")
            case _:
                pass

    def _is_due(self, name: str, wall: datetime) -> bool:
        if name in self._paused:
            return False
        at = self._next[name]
        # By timestamps: times of one zone are compared, and subtracted, as if its clocks were never moved.
        if at is None or (late := wall.timestamp() - at.timestamp()) < 0:
            return False
        if late > LATEST:
            self._say(f"{name} was due at {at:%H:%M}, and the clock went past it: not run")
            return False
        if self._is_running(name):
            self._say(f"{name} is still running, so its run of {at:%H:%M} is skipped")
            return False
        return True

    def _after(self, name: str, since: datetime) -> datetime | None:
        return next(iter(next_times(self._schedules[name], since, 1)), None)

    def _sleep(self, wall: datetime, now: float) -> float:
        waits = [at.timestamp() - wall.timestamp() for at in self._next.values() if at is not None]
        return now + max(0.0, min([LOOK_AGAIN, *waits]))
