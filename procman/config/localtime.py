"""The machine's own time zone, with all its changes past and to come.

`datetime.astimezone()` knows only the offset of one moment, and the zone's name is not everywhere to be
had; the C library knows both, so it is asked. Imported only where there is a cron line: datetime costs time.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo


class LocalTime(tzinfo):
    """Times of day as localtime(3) gives them, `fold` as PEP 495 has it."""

    def utcoffset(self, at: datetime | None) -> timedelta | None:
        if at is None:
            return None
        wall = at.replace(tzinfo=None, microsecond=0)
        # Of a time without a zone timestamp() asks the system, gaps and repeated hours included.
        return wall - datetime.fromtimestamp(wall.timestamp(), UTC).replace(tzinfo=None)

    def dst(self, at: datetime | None) -> timedelta | None:  # noqa: ARG002 - how much of it is saving, nobody asks
        return None

    def tzname(self, at: datetime | None) -> str | None:
        return None if at is None else at.replace(tzinfo=None).astimezone().tzname()

    def fromutc(self, at: datetime) -> datetime:
        local = datetime.fromtimestamp(at.replace(tzinfo=UTC).timestamp())  # noqa: DTZ006 - it gets its zone here
        return local.replace(tzinfo=self)


_LOCAL = LocalTime()


def local_now() -> datetime:
    return datetime.now(_LOCAL)
