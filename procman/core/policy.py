"""When an ended process comes back, and how long that takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.config.plan import Restart

if TYPE_CHECKING:
    from procman.core.events import Status

LONGEST_DELAY = 60.0
GOOD_MINUTE = 60.0
"""Seconds up after which earlier failures are forgotten."""
PARKED_AFTER = 10
"""Failures in a row after which a process is left alone."""


def comes_back(restart: Restart, status: Status) -> bool:
    """Whether a process that ended by itself is started again."""
    return restart is Restart.ALWAYS or (restart is Restart.ON_FAILURE and status.failed)


def restart_delay(failures: int) -> float:
    """Seconds between an end and the next start: 1, 2, 4 … 60; never under 1 (as s6 and runit)."""
    return min(LONGEST_DELAY, 2.0 ** max(0, failures - 1))


def is_parked(failures: int) -> bool:
    return failures >= PARKED_AFTER
