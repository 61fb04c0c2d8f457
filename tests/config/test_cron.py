from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procman.config.cron import FIELDS, LIMITS, Schedule, next_times, parse_schedule, times_text

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")


def times(fields: str, after: datetime, count: int = 3) -> list[str]:
    return [f"{at:%m-%d %H:%M}" for at in next_times(Schedule(*fields.split()), after, count)]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_line_is_five_fields_and_the_command_as_it_stands() -> None:
    assert parse_schedule('*/5 0 * 12 7 tar c *.py | gzip >"a  b"') == (
        ("*/5", "0", "*", "12", "7"),
        'tar c *.py | gzip >"a  b"',
    )
    assert parse_schedule("1\t2  3 4 \t5 x") == (("1", "2", "3", "4", "5"), "x")


@pytest.mark.parametrize(
    "command",
    ["", "x", "* * * *", "* * * * *", "* * * * * ", "1,2 * * * * x", "1-2 * * * * x", "*/ * * * * x"],
)
def test_anything_else_is_no_schedule(command: str) -> None:
    assert parse_schedule(command) is None


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("*/5 * * * *", ["11-30 07:05", "11-30 07:10", "11-30 07:15"]),
        ("0 0 * * *", ["12-01 00:00", "12-02 00:00", "12-03 00:00"]),
        ("3 7 * * *", ["12-01 07:03", "12-02 07:03", "12-03 07:03"]),
        ("0 0 */5 * *", ["12-01 00:00", "12-06 00:00", "12-11 00:00"]),  # uwsgi has 5, 10, 15
        ("0 0 1 */5 *", ["01-01 00:00", "06-01 00:00", "11-01 00:00"]),
        ("0 0 * * 1", ["12-07 00:00", "12-14 00:00", "12-21 00:00"]),  # 2026-11-30 is a Monday
        ("0 0 * * 7", ["12-06 00:00", "12-13 00:00", "12-20 00:00"]),
        ("0 0 * * 0", ["12-06 00:00", "12-13 00:00", "12-20 00:00"]),
        ("0 0 2 * 4", ["12-02 00:00", "12-03 00:00", "12-10 00:00"]),  # day or weekday
        ("0 0 */2 * 1", ["12-07 00:00", "12-21 00:00", "01-11 00:00"]),  # day and weekday
        ("0 0 29 2 *", ["02-29 00:00", "02-29 00:00", "02-29 00:00"]),
        ("07 08 09 01 *", ["01-09 08:07", "01-09 08:07", "01-09 08:07"]),
    ],
)
def test_fields_mean_what_they_mean_to_cron(fields: str, expected: list[str]) -> None:
    assert times(fields, utc("2026-11-30 07:03:59")) == expected


def test_a_date_that_never_comes_has_no_times() -> None:
    assert times("0 0 31 2 *", utc("2026-11-30 00:00")) == []


def test_in_spring_what_falls_into_the_missing_hour_runs_at_its_end() -> None:
    before = datetime(2027, 3, 28, 0, 0, tzinfo=BERLIN)
    assert times("30 2 * * *", before, 2) == ["03-28 03:00", "03-29 02:30"]


def test_in_spring_every_half_hour_stays_half_an_hour() -> None:
    before = datetime(2027, 3, 28, 1, 0, tzinfo=BERLIN)
    found = next_times(Schedule("*/30", *"****"), before, 3)
    assert [f"{at:%H:%M}" for at in found] == ["01:30", "03:00", "03:30"]
    assert [at.timestamp() - before.timestamp() for at in found] == [1800, 3600, 5400]


def test_in_autumn_a_time_of_the_repeated_hour_comes_once() -> None:
    before = datetime(2026, 11, 1, 0, 0, tzinfo=NEW_YORK)
    assert times("30 1 * * *", before, 2) == ["11-01 01:30", "11-02 01:30"]


def test_in_autumn_the_first_rounds_time_is_no_time_of_the_second() -> None:
    second_round = datetime(2026, 11, 1, 1, 10, tzinfo=NEW_YORK, fold=1)
    assert times("30 1 * * *", second_round, 1) == ["11-02 01:30"]


def test_in_autumn_every_half_hour_stays_half_an_hour() -> None:
    before = datetime(2026, 11, 1, 0, 30, tzinfo=NEW_YORK)
    found = next_times(Schedule("*/30", *"****"), before, 6)
    assert [f"{at:%H:%M}" for at in found] == ["01:00", "01:30", "01:00", "01:30", "02:00", "02:30"]
    assert [at.timestamp() - before.timestamp() for at in found] == [1800 * n for n in range(1, 7)]


def test_a_date_is_written_where_it_changes() -> None:
    found = [utc(text) for text in ("2026-11-30 23:50", "2026-11-30 23:55", "2026-12-01 00:00")]
    assert times_text(found) == "2026-11-30 23:50, 23:55, 2026-12-01 00:00"
    assert times_text(()) == ""


def field(name: str) -> st.SearchStrategy[str]:
    lowest, highest = LIMITS[name]
    return st.just("*") | st.integers(lowest, highest).map(str) | st.integers(1, highest).map("*/{}".format)


def matches(schedule: Schedule, at: datetime) -> bool:
    """Decide as crontab(5) says."""

    def fits(name: str, value: int) -> bool:
        text, lowest = getattr(schedule, name), LIMITS[name][0]
        if text.startswith("*"):
            return (value - lowest) % int(text[2:] or 1) == 0
        return int(text) == value

    day = fits("day", at.day)
    weekday = fits("weekday", at.isoweekday()) or (at.isoweekday() == 7 and fits("weekday", 0))
    either = schedule.day[0] != "*" and schedule.weekday[0] != "*"
    return (
        fits("minute", at.minute)
        and fits("hour", at.hour)
        and fits("month", at.month)
        and ((day or weekday) if either else (day and weekday))
    )


@given(
    st.tuples(*map(field, FIELDS)).map(lambda each: Schedule(*each)),
    st.datetimes(datetime(2026, 1, 1), datetime(2029, 1, 1)),  # noqa: DTZ001 - it gets its zone below
)
@settings(max_examples=30, deadline=None)
def test_the_times_are_those_that_match_minute_by_minute(schedule: Schedule, naive: datetime) -> None:
    after = naive.replace(tzinfo=UTC)
    minute = after.replace(second=0, microsecond=0)
    hours = [minute + timedelta(minutes=n) for n in range(1, 4 * 60)]
    expected = [at for at in hours if matches(schedule, at)][:20]
    found = next_times(schedule, after, 20)
    assert [at for at in found if at <= hours[-1]] == expected
    assert all(matches(schedule, at) for at in found)


@given(st.integers(0, 59), st.integers(0, 3), st.integers(0, 180), st.sampled_from([0, 1]))
@settings(max_examples=20, deadline=None)
def test_whatever_the_clocks_do_times_are_later_and_rise(minute: int, hour: int, at: int, fold: int) -> None:
    for changing in (datetime(2026, 10, 25, tzinfo=BERLIN), datetime(2027, 3, 28, tzinfo=BERLIN)):
        after = (changing + timedelta(minutes=at)).replace(fold=fold)
        for schedule in (Schedule(str(minute), str(hour), "*", "*", "*"), Schedule(str(minute), *"****")):
            stamps = [after.timestamp(), *(at.timestamp() for at in next_times(schedule, after, 4))]
            assert len(stamps) == 5
            assert all(earlier < later for earlier, later in itertools.pairwise(stamps))
