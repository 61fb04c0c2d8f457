"""The five fields of a cron line, as other timetables write them.

All mean what cron(8) means: `*/5` of the days is 1, 6, 11 …; day and weekday that are both plain numbers are
two ways to be due, else both have to fit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.config.cron import FIELDS, LIMITS
from procman.errors import ProcmanError

if TYPE_CHECKING:
    from procman.config.cron import Schedule

WEEKDAYS = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")
MOST_INTERVALS = 1500
"""Times that a launchd job lists one by one: more than every minute of a day is a slip."""


def crontab_fields(schedule: Schedule) -> str:
    """Return the fields for crontab(5) and for CronJobs, which know no weekday 7."""
    check_schedule(schedule)
    return schedule._replace(weekday="0" if schedule.weekday == "7" else schedule.weekday).text


def calendar_events(schedule: Schedule) -> list[str]:
    """Return one or two expressions for OnCalendar= of systemd.timer(5)."""
    check_schedule(schedule)
    minute, hour = _repetition(schedule.minute, 0), _repetition(schedule.hour, 0)
    month, day = _repetition(schedule.month, 1), _repetition(schedule.day, 1)
    weekdays = ",".join(WEEKDAYS[number % 7] for number in _numbers("weekday", schedule.weekday))
    time = f"{hour}:{minute}:00"
    if schedule.weekday == "*":
        return [f"*-{month}-{day} {time}"]
    if _is_plain(schedule.day) and _is_plain(schedule.weekday):
        return [f"*-{month}-{day} {time}", f"{weekdays} *-{month}-* {time}"]
    return [f"{weekdays} *-{month}-{day} {time}"]


def calendar_intervals(schedule: Schedule) -> list[dict[str, int]]:
    """Return StartCalendarInterval of launchd.plist(5): a dictionary for each time, no steps."""
    check_schedule(schedule)
    names = dict(zip(FIELDS, ("Minute", "Hour", "Day", "Month", "Weekday"), strict=True))
    found: list[dict[str, int]] = [{}]
    for field, text in zip(FIELDS, schedule, strict=True):
        if text != "*":
            found = [{**each, names[field]: number} for each in found for number in _numbers(field, text)]
        if len(found) > MOST_INTERVALS:
            raise ProcmanError(f"{schedule.text}: launchd would need more than {MOST_INTERVALS} times")
    both = {"Day", "Weekday"}
    if both <= found[0].keys() and not (_is_plain(schedule.day) and _is_plain(schedule.weekday)):
        raise ProcmanError(
            f"{schedule.text}: launchd can't ask for a day of the month and of the week at once",
            hint="test one of them in the command",
        )
    return found


def check_schedule(schedule: Schedule) -> None:
    """Refuse a field that none of the timetables would take."""
    for field, text in zip(FIELDS, schedule, strict=True):
        low, high = LIMITS[field]
        number = text.removeprefix("*/")
        if text == "*":
            continue
        if not number.isdecimal() or not (1 if "/" in text else low) <= int(number) <= high:
            raise ProcmanError(f"{schedule.text}: {field} is {text}, it goes from {low} to {high}")


def _is_plain(text: str) -> bool:
    return not text.startswith("*")


def _repetition(text: str, low: int) -> str:
    return f"{low}/{text[2:]}" if text.startswith("*/") else text


def _numbers(field: str, text: str) -> list[int]:
    low, high = LIMITS[field]
    if field == "weekday":
        high = 6
    if _is_plain(text):
        return [int(text) % 7 if field == "weekday" else int(text)]
    return list(range(low, high + 1, int(text.removeprefix("*").removeprefix("/") or "1")))
