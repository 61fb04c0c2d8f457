"""Memory of whole trees, for the types that have a `size`: warn, or restart what has grown beyond it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from procman.core.events import Event, RestartAsked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from procman.config.plan import Instance

EVERY = 5.0
"""Seconds between two looks; there is none at all when no type has a size."""
MEBIBYTE = 1024 * 1024


class Gauge:
    """A feed without a descriptor.

    members: the pids of each instance's tree. say: shows a line of procman's own in a process's prefix.
    """

    def __init__(
        self,
        instances: Mapping[str, Instance],
        *,
        members: Callable[[str], list[int]],
        say: Callable[[str, str, str], None],
        measure: Callable[[Iterable[int]], int] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._instances = instances
        self._members = members
        self._say = say
        self._measure = measure or resident
        self._over: set[str] = set()
        self.deadline: float | None = clock() + EVERY

    def fileno(self) -> int:
        return -1

    def read(self, now: float) -> list[Event]:
        self.deadline = now + EVERY
        events: list[Event] = []
        for instance in list(self._instances.values()):
            if instance.size is None:
                continue
            used = self._measure(self._members(instance.name))
            if used <= instance.size.limit:
                self._over.discard(instance.name)
            elif instance.name not in self._over:
                self._over.add(instance.name)
                limit = instance.size.limit // MEBIBYTE
                text = f"uses {used // MEBIBYTE} MiB, its size is {limit} MiB"
                if instance.size.restart_over:
                    self._over.discard(instance.name)
                    events.append(RestartAsked(instance.name))
                    text += ": restarting"
                self._say(instance.name, text, "size")
        return events


def resident(pids: Iterable[int]) -> int:
    """Add up the resident memory of processes, in bytes; shared pages count for each of them."""
    import psutil

    total = 0
    for pid in pids:
        try:
            total += psutil.Process(pid).memory_info().rss
        except (psutil.Error, OSError):
            continue
    return total
