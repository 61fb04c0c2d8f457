"""Cron lines: five fields in piku's grammar, and the times they stand for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from procman.quicktuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

FIELDS = ("minute", "hour", "day", "month", "weekday")
LIMITS = {"minute": (0, 59), "hour": (0, 23), "day": (1, 31), "month": (1, 12), "weekday": (0, 7)}
"""The lowest and the highest value of each field; weekdays count from Monday, 0 and 7 are Sunday."""
_FIRST = tuple("*0123456789")
FIELD = r"(?:\*(?:/[0-9]+)?|[0-9]+)"

_LINE = rf"((?:{FIELD}[ \t]+){{5}})(.+)"


class Schedule(NamedTuple):
    """The five fields as they were written: `*`, `*/n` or `n` each."""

    minute: str
    hour: str
    day: str
    month: str
    weekday: str

    @property
    def text(self) -> str:
        return " ".join(self)


def parse_schedule(command: str) -> tuple[Schedule, str] | None:
    """Split `*/5 * * * * command`; None where it isn't of this shape. Ranges are not looked at."""
    if not command.startswith(_FIRST):  # few do: the others need no pattern
        return None
    found = re.compile(_LINE, re.DOTALL).fullmatch(command)
    return (Schedule(*found[1].split()), found[2]) if found else None


def next_times(schedule: Schedule, after: datetime, count: int) -> tuple[datetime, ...]:
    """Return the first times later than an aware datetime, in its zone; fewer when there are no more.

    Fields mean what they mean to cron(8): `*/5` of the days is 1, 6, 11 …; of day and weekday one is
    enough when both are plain numbers. What falls into the hour that spring leaves out runs at that hour's
    end, what falls into the one that autumn repeats runs once, unless minute or hour are `*` or `*/n`.
    """
    from itertools import islice

    from cronsim import CronSim, CronSimError

    since = after.timestamp()
    try:
        # In the hour that is repeated cronsim also gives what its first round has had already.
        later = (at for at in CronSim(schedule.text, after) if at.timestamp() > since)
        return tuple(islice(later, count))
    except CronSimError:  # a day that none of the months has, a value out of range
        return ()


def times_text(times: Sequence[datetime]) -> str:
    """Write times down, a date only where it changes: `2026-11-30 07:05, 07:10`."""
    parts: list[str] = []
    for index, at in enumerate(times):
        same_day = index > 0 and times[index - 1].date() == at.date()
        parts.append(at.strftime("%H:%M" if same_day else "%Y-%m-%d %H:%M"))
    return ", ".join(parts)
