"""What concerns several processes: small functions over a snapshot, none of which acts."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from procman.config.kinds import Kind
from procman.core.policy import comes_back
from procman.core.process import Process, State

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping

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
    # What was needed and has done its work (a script that prepares something) is there as well.
    if needed.state is State.EXITED:
        return needed.status is not None and not needed.status.failed
    return needed.state is State.UP and not need.completed


def failed_need(instance: Instance, snapshot: Snapshot, skipped: Container[str] = ()) -> str | None:
    """Name what the instance needs and will not get, since it ended badly and is not coming back.

    skipped: those that were never started because of that.
    """
    for need in instance.needs:
        needed = snapshot.get(need.name)
        if needed is None or _is_met(need, snapshot):
            continue
        if needed.state is State.EXITED or (needed.state is State.DOWN and need.name in skipped):
            return need.name
    return None


def dependants(instances: Mapping[str, Instance]) -> dict[str, list[str]]:
    """Give for each name who needs it to be ready (whoever needed it to complete is past that)."""
    found: dict[str, list[str]] = {}
    for instance in instances.values():
        for need in instance.needs:
            if not need.completed:
                found.setdefault(need.name, []).append(instance.name)
    return found


def may_stop(needed_by: Iterable[str], snapshot: Snapshot) -> bool:
    """Whether all dependants have come down."""
    return all(name not in snapshot or snapshot[name].at_rest for name in needed_by)


def is_coming_back(process: Process | None) -> bool:
    """Whether there is nothing of it to be needed now, but there would be again."""
    return process is not None and process.state in (State.STOPPING, State.BACKOFF)


def takes_down(stop_on: StopOn, instance: Instance, status: Status) -> bool:
    """Whether this end of a process, which nobody asked for, ends all the others.

    One that comes back takes nobody with it, nor does one that was parked after coming back too often.
    """
    if instance.kind in (Kind.PREFLIGHT, Kind.RELEASE):
        return status.failed
    if instance.schedule is not None or comes_back(instance.restart, status):
        return False
    match stop_on:
        case StopOn.CRASH:
            return status.failed
        case StopOn.EXIT:
            return True
        case StopOn.NEVER:
            return False
