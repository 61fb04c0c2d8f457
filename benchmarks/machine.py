"""What the machine tells of processes: descendants, CPU time, wake-ups, memory (Linux' /proc)."""

from __future__ import annotations

import os
import platform
import time
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SHELLS = frozenset({"sh", "dash", "bash"})
MIB = 1024.0
"""In kB, as /proc counts."""
REST, RESTLESS = 0.1, 3.0
"""Seconds: in which somebody has to be at rest, and after which nobody is waited for any more."""
AT_REST = 0.02
"""The part of a core that somebody at rest may use: some look around now and then."""


class Usage(NamedTuple):
    """cpu: nanoseconds on a processor. wakeups: voluntary context switches."""

    cpu: int
    wakeups: int


def describe() -> str:
    """Name the machine by cores, kernel and Python: all that the figures can be compared by."""
    cores = len(os.sched_getaffinity(0))
    return f"{cores} cores, {platform.system()} {platform.release()}, CPython {platform.python_version()}"


def load() -> float:
    """Give how many processes wanted a core during the last minute: beyond their number all is slow."""
    return os.getloadavg()[0]


def descendants(root: int) -> list[int]:
    """Give a process and everything below it."""
    parents: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with suppress(OSError, ValueError):
                parents.setdefault(_parent(int(entry)), []).append(int(entry))
    found = [root]
    for pid in found:
        found += parents.get(pid, [])
    return found


def managing(root: int, children: Iterable[int]) -> list[int]:
    """Give the processes of a manager: not what it supervises, and not the shells in between."""
    supervised = set(children)
    return [pid for pid in descendants(root) if pid not in supervised and _name(pid) not in SHELLS]


def usage(pids: Iterable[int]) -> Usage:
    """Sum up what all threads of these processes have used since they began."""
    cpu = wakeups = 0
    for pid in pids:
        with suppress(OSError):
            for thread in os.listdir(f"/proc/{pid}/task"):
                cpu += int(_text(f"/proc/{pid}/task/{thread}/schedstat").split()[0])
                wakeups += _field(_text(f"/proc/{pid}/task/{thread}/status"), "voluntary_ctxt_switches")
    return Usage(cpu, wakeups)


def settle(pids: Sequence[int]) -> None:
    """Wait until these processes have come to rest, for `RESTLESS` seconds at most."""
    give_up_at = time.perf_counter() + RESTLESS
    before = usage(pids).cpu
    while time.perf_counter() < give_up_at:
        time.sleep(REST)
        now = usage(pids).cpu
        if now - before < AT_REST * REST * 1e9:
            break
        before = now


def memory(pids: Iterable[int]) -> float:
    """Sum up MiB: all that is resident of the largest process, of its helpers what they don't share."""
    resident, private = [], []
    for pid in pids:
        with suppress(OSError):
            text = _text(f"/proc/{pid}/smaps_rollup")
            resident.append(_field(text, "Rss"))
            private.append(_field(text, "Private_Clean") + _field(text, "Private_Dirty"))
    if not resident:
        return 0.0
    largest = resident.index(max(resident))
    return (resident[largest] + sum(private) - private[largest]) / MIB


def _parent(pid: int) -> int:
    text = _text(f"/proc/{pid}/stat")
    return int(text[text.rindex(")") + 2 :].split()[1])


def _name(pid: int) -> str:
    with suppress(OSError):
        return _text(f"/proc/{pid}/comm").strip()
    return ""


def _field(text: str, name: str) -> int:
    for line in text.splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    return 0


def _text(path: str) -> str:
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()
