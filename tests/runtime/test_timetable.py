from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from procman.core.events import KillAsked, RestartAsked, ScaleAsked, StartAsked, StopAsked
from procman.runtime.timetable import LATEST, LOOK_AGAIN, Timetable

if TYPE_CHECKING:
    from procman.core.events import Event

BERLIN = ZoneInfo("Europe/Berlin")


class Machine:
    """Two clocks, and a timetable that is read whenever its deadline has come, as the engine does."""

    def __init__(self, at: datetime, **schedules: str) -> None:
        self.at = at
        self.monotonic = 1000.0
        self.said: list[str] = []
        self.running: set[str] = set()
        self.paused: set[str] = set()
        self.table = Timetable(
            {f"{name}.1": fields for name, fields in schedules.items()},
            say=self.said.append,
            is_running=self.running.__contains__,
            paused=self.paused,
            now=lambda: self.at,
            clock=lambda: self.monotonic,
        )
        self.reads = 0

    def pass_time(self, seconds: float) -> list[tuple[str, str]]:
        """Let both clocks go on; give what was asked to start, and when."""
        found = []
        until = self.monotonic + seconds
        while (deadline := self.table.deadline) is not None and deadline <= until:
            self.set_clock(deadline - self.monotonic)
            self.monotonic = deadline
            found += self.read()
        self.set_clock(until - self.monotonic)
        self.monotonic = until
        return found

    def tell(self, *events: Event) -> None:
        """Tell of what the supervisor has dealt with, as the engine does."""
        for event in events:
            self.table.notice(event, self.monotonic)

    def set_clock(self, seconds: float) -> None:
        """Move the wall clock only: the machine slept, or somebody set it."""
        self.at = (self.at.astimezone(UTC) + timedelta(seconds=seconds)).astimezone(self.at.tzinfo)

    def read(self) -> list[tuple[str, str]]:
        self.reads += 1
        events = self.table.read(self.monotonic)
        assert all(isinstance(event, StartAsked) for event in events)
        self.tell(*events)
        return [(event.name, f"{self.at:%H:%M:%S}") for event in events]


def machine(text: str = "2026-11-30 07:03:30", **schedules: str) -> Machine:
    return Machine(datetime.fromisoformat(text).replace(tzinfo=UTC), **schedules)


def test_each_line_is_asked_to_start_at_its_times() -> None:
    it = machine(cron="*/5 * * * *", cron_daily="7 7 * * *")
    assert it.pass_time(600) == [
        ("cron.1", "07:05:00"),
        ("cron_daily.1", "07:07:00"),
        ("cron.1", "07:10:00"),
    ]
    assert it.said == []


def test_lines_of_the_same_minute_start_together() -> None:
    assert machine(a="* * * * *", b="4 7 * * *").pass_time(45) == [("a.1", "07:04:00"), ("b.1", "07:04:00")]


def test_it_has_no_descriptor_and_looks_again_once_a_minute() -> None:
    it = machine(cron="0 0 1 1 *")
    assert it.table.fileno() == -1
    assert it.table.deadline == 1000 + LOOK_AGAIN
    assert it.pass_time(3600) == []
    assert it.reads == 60


def test_a_schedule_that_never_comes_is_no_reason_to_fail() -> None:
    assert machine(cron="0 0 31 2 *").pass_time(600) == []


def test_a_run_that_is_still_going_is_not_doubled_and_this_is_said() -> None:
    it = machine(cron="*/5 * * * *")
    it.running.add("cron.1")
    assert it.pass_time(200) == []
    assert it.said == ["cron.1 is still running, so its run of 07:05 is skipped"]
    it.running.clear()
    assert it.pass_time(300) == [("cron.1", "07:10:00")]


@pytest.mark.parametrize("stop", [StopAsked("cron.1"), KillAsked("cron.1")], ids=str)
@pytest.mark.parametrize(
    "start", [StartAsked("cron.1"), RestartAsked("cron.1"), ScaleAsked("cron", 1)], ids=str
)
def test_one_that_was_stopped_by_hand_waits_until_it_is_started_by_hand(stop: Event, start: Event) -> None:
    it = machine(cron="*/5 * * * *", cron_other="*/10 * * * *")
    it.tell(stop)
    assert it.paused == {"cron.1"}
    assert it.pass_time(600) == [("cron_other.1", "07:10:00")]
    assert it.said == []
    it.tell(start)
    assert it.paused == set()
    assert it.pass_time(120) == [("cron.1", "07:15:00")]


def test_what_has_no_schedule_is_not_paused_and_a_start_of_another_changes_nothing() -> None:
    it = machine(cron="*/5 * * * *")
    it.tell(StopAsked("web.1"), StopAsked("cron.1"), StartAsked("web.1"), ScaleAsked("web", 2))
    assert it.paused == {"cron.1"}


def test_a_time_that_passed_while_the_machine_slept_is_told_and_not_made_up_for() -> None:
    it = machine(cron="*/5 * * * *")
    it.set_clock(3600)
    assert it.pass_time(LOOK_AGAIN) == []
    assert it.said == ["cron.1 was due at 07:05, and the clock went past it: not run"]
    assert it.pass_time(40) == [("cron.1", "08:05:00")]


def test_a_time_that_has_just_passed_is_still_met() -> None:
    it = machine("2026-11-30 07:03:30", cron="5 7 * * *")
    it.set_clock(60)  # asleep to 07:04:30, and the next look is a minute off
    assert it.pass_time(LOOK_AGAIN) == [("cron.1", "07:05:30")]
    assert LATEST > LOOK_AGAIN


def test_a_clock_that_is_set_forward_moves_what_comes_next() -> None:
    it = machine("2026-11-30 07:00:10", cron="0 9 * * *")
    it.set_clock(3600)
    assert it.pass_time(3600) == [("cron.1", "09:00:00")]


def test_a_clock_that_is_set_back_an_hour_is_followed() -> None:
    it = machine("2026-11-30 07:04:50", cron="*/5 * * * *")
    assert it.pass_time(20) == [("cron.1", "07:05:00")]
    it.set_clock(-3600)
    assert it.pass_time(300) == [("cron.1", "06:10:00")]


def test_a_clock_that_is_set_back_by_a_moment_runs_nothing_twice() -> None:
    it = machine("2026-11-30 07:04:50", cron="*/5 * * * *")
    assert it.pass_time(10) == [("cron.1", "07:05:00")]
    it.set_clock(-2)
    assert it.read() == []
    assert it.pass_time(301) == []
    assert it.pass_time(1) == [("cron.1", "07:10:00")]


def test_waking_a_moment_too_early_is_no_start() -> None:
    it = machine("2026-11-30 07:04:59", cron="*/5 * * * *")
    it.monotonic += 1
    it.at += timedelta(seconds=0.9996)  # the wall clock is slewed
    assert it.read() == []
    assert it.pass_time(0.001) == [("cron.1", "07:05:00")]


def test_in_spring_a_job_of_the_missing_hour_runs_at_its_end() -> None:
    it = Machine(datetime(2027, 3, 28, 1, 58, tzinfo=BERLIN), cron="30 2 * * *")
    assert it.pass_time(3600) == [("cron.1", "03:00:00")]


def test_in_autumn_a_job_of_the_repeated_hour_runs_once() -> None:
    it = Machine(datetime(2026, 10, 25, 1, 59, tzinfo=BERLIN), cron="30 2 * * *", every="*/30 * * * *")
    assert it.pass_time(2.5 * 3600) == [
        ("every.1", "02:00:00"),
        ("cron.1", "02:30:00"),
        ("every.1", "02:30:00"),
        ("every.1", "02:00:00"),
        ("every.1", "02:30:00"),
        ("every.1", "03:00:00"),
    ]
    assert it.said == []
