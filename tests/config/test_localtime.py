from __future__ import annotations

import os
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from procman.config.cron import Schedule, next_times
from procman.config.localtime import LocalTime, local_now

if TYPE_CHECKING:
    from collections.abc import Iterator

LOCAL = LocalTime()


@contextmanager
def machine_in(zone: str) -> Iterator[ZoneInfo]:
    before = os.environ.get("TZ")
    os.environ["TZ"] = zone
    time.tzset()
    try:
        yield ZoneInfo(zone)
    finally:
        if before is None:
            del os.environ["TZ"]
        else:
            os.environ["TZ"] = before
        time.tzset()


def test_it_has_every_change_that_the_zone_has() -> None:
    with machine_in("America/New_York") as zone:
        at = datetime(2026, 1, 1, tzinfo=UTC)
        while at.year == 2026:
            theirs, ours = at.astimezone(zone), at.astimezone(LOCAL)
            assert ours.replace(tzinfo=None) == theirs.replace(tzinfo=None)
            assert (ours.fold, ours.utcoffset(), ours.tzname()) == (
                theirs.fold,
                theirs.utcoffset(),
                theirs.tzname(),
            )
            assert ours.timestamp() == at.timestamp()
            at += timedelta(minutes=30 if at.month in {3, 11} else 1440)


def test_cron_takes_it_for_the_zone_it_is() -> None:
    with machine_in("Europe/Berlin") as zone:
        for fields in ("30 2 * * *", "*/20 * * * *", "0 3 * * 7"):
            schedule = Schedule(*fields.split())
            for day in (datetime(2027, 3, 27, 23, 0, tzinfo=UTC), datetime(2026, 10, 24, 22, 0, tzinfo=UTC)):
                ours = next_times(schedule, day.astimezone(LOCAL), 12)
                theirs = next_times(schedule, day.astimezone(zone), 12)
                assert [at.timestamp() for at in ours] == [at.timestamp() for at in theirs]


def test_now_is_now() -> None:
    assert abs(local_now().timestamp() - time.time()) < 1.0
