from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from procman.config.cron import Schedule, next_times
from procman.errors import ProcmanError
from procman.export import schedules
from tests.export.engines import engine, output

pytestmark = pytest.mark.engine

START = datetime(2026, 11, 30, 7, 3, tzinfo=UTC)
LINES = (
    "*/5 * * * *",
    "0 3 * * *",
    "30 4 1 * *",
    "15 */6 * * 1",
    "0 0 * * 7",
    "0 0 13 * 5",
    "7 5 */10 */3 *",
    "0 12 */2 * 3",
)


def schedule(line: str) -> Schedule:
    return Schedule(*line.split())


@pytest.mark.parametrize("line", LINES)
def test_systemd_is_due_when_cron_is(line: str) -> None:
    program = engine("systemd-analyze")
    expected = next_times(schedule(line), START, 5)
    found: set[datetime] = set()
    for event in schedules.calendar_events(schedule(line)):
        base = f"--base-time={START:%Y-%m-%d %H:%M:%S} UTC"
        done = output(program, "calendar", "--iterations=5", base, event, env={"TZ": "UTC", "PATH": "/bin"})
        assert done.returncode == 0, done.stderr
        times = re.findall(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC", done.stdout)
        found |= {datetime.fromisoformat(time).replace(tzinfo=UTC) for time in times}
    due = sorted(time for time in found if time > START)
    assert due[:5] == list(expected)


@pytest.mark.parametrize("line", [line for line in LINES if line != "0 12 */2 * 3"])
def test_launchd_is_due_when_cron_is(line: str) -> None:
    wanted = schedules.calendar_intervals(schedule(line))
    names = {"Minute": "minute", "Hour": "hour", "Day": "day", "Month": "month"}

    def is_due(at: datetime) -> bool:
        now = {**{key: getattr(at, name) for key, name in names.items()}, "Weekday": at.isoweekday() % 7}
        for each in wanted:
            # launchd.plist(5): of day and weekday one is enough.
            either = {"Day", "Weekday"} if {"Day", "Weekday"} <= each.keys() else set()
            if all(now[key] == value for key, value in each.items() if key not in either) and (
                not either or any(now[key] == each[key] for key in either)
            ):
                return True
        return False

    expected = next_times(schedule(line), START, 1)
    minutes = (
        START + timedelta(minutes=n) for n in range(1, int((expected[-1] - START).total_seconds() // 60) + 1)
    )
    assert [at for at in minutes if is_due(at)] == list(expected)


def test_what_launchd_has_no_words_for_is_refused() -> None:
    with pytest.raises(ProcmanError, match="a day of the month and of the week at once"):
        schedules.calendar_intervals(schedule("0 12 */2 * 3"))


def test_clusters_and_crontabs_know_no_weekday_seven() -> None:
    assert schedules.crontab_fields(schedule("0 4 * * 7")) == "0 4 * * 0"
    assert schedules.crontab_fields(schedule("*/5 4 1 2 6")) == "*/5 4 1 2 6"


@pytest.mark.parametrize(
    "line", ["61 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8", "*/0 * * * *"]
)
def test_a_field_out_of_its_range_is_refused_with_its_name(line: str) -> None:
    with pytest.raises(ProcmanError, match=r"(minute|hour|day|month|weekday) is .*, it goes from \d+ to \d+"):
        schedules.check_schedule(schedule(line))
