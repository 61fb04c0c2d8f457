"""What concerns several processes: small functions over a snapshot, none of which acts."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from procman.config.kinds import Kind
from procman.core.lifecycle import Process, State
from procman.core.policy import comes_back

if TYPE_CHECKING:
    from collections.abc import Mapping

    from procman.config.plan import Instance, Need
    from procman.core.events import Status

    Snapshot = Mapping[str, Process]


class StopOn(Enum):
    """Which end of one process ends all (SPEC 8)."""

    CRASH = "crash"
    EXIT = "exit"
    NEVER = "never"


def may_start(instance: Instance, snapshot: Snapshot) -> bool:
    """Whether everything that the instance needs is there (or, for a phase, done)."""
    return all(_is_met(need, snapshot) for need in instance.needs)


def _is_met(need: Need, snapshot: Snapshot) -> bool:
    needed = snapshot.get(need.name)
    if needed is None:
        return True
    if need.completed:
        ended_well = needed.status is not None and not needed.status.failed
        return needed.state is State.EXITED and ended_well
    return needed.state is State.UP


def takes_down(stop_on: StopOn, instance: Instance, status: Status) -> bool:
    """Whether this end of a process, which nobody asked for, ends all the others.

    One that comes back takes nobody with it, nor does one that was parked after coming back too often.
    """
    if instance.kind in (Kind.PREFLIGHT, Kind.RELEASE):
        return status.failed
    if comes_back(instance.restart, status):
        return False
    match stop_on:
        case StopOn.CRASH:
            return status.failed
        case StopOn.EXIT:
            return True
        case StopOn.NEVER:
            return False
