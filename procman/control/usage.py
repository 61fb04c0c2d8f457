"""CPU and memory of whole trees, from the pids of their leaders: measured by whoever asks, not by procman.

A tree is what descends from its leader, and what is still in the leader's session: what daemonised
within it has another parent by then.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    import psutil


class Usage(NamedTuple):
    """cpu: percent of one processor, since the last look. memory: resident bytes."""

    cpu: float
    memory: int


class Meter:
    """Remembers the CPU time of each process, so that the next look can tell the difference."""

    def __init__(self) -> None:
        self._times: dict[int, float] = {}
        self._at = 0.0

    def read(self, leaders: Mapping[str, int], now: float) -> dict[str, Usage]:
        """Look at all processes once. leaders: a pid for each name. now: monotonic seconds."""
        import psutil

        times: dict[int, float] = {}
        found: dict[str, Usage] = {}
        elapsed = now - self._at
        for name, members in trees(leaders).items():
            spent, memory = 0.0, 0
            for process in members:
                try:
                    with process.oneshot():
                        time = sum(process.cpu_times()[:2])
                        memory += process.memory_info().rss
                except (psutil.Error, OSError):
                    continue
                times[process.pid] = time
                spent += time - self._times.get(process.pid, time)
            found[name] = Usage(100 * spent / elapsed if self._at and elapsed > 0 else 0.0, memory)
        self._times, self._at = times, now
        return found


def trees(leaders: Mapping[str, int]) -> dict[str, list[psutil.Process]]:
    """Give all processes of each tree, by one look at the machine."""
    import psutil

    names = {pid: name for name, pid in leaders.items()}
    processes = {process.pid: process for process in psutil.process_iter()}
    parents: dict[int, int] = {}
    for pid, process in processes.items():
        try:
            session = os.getsid(pid)
            parents[pid] = session if session in names and session != pid else process.ppid()
        except (psutil.Error, OSError):
            continue
    found: dict[str, list[psutil.Process]] = {name: [] for name in leaders}
    for pid, process in processes.items():
        above: int | None = pid
        seen = set()
        while above is not None and above not in names and above not in seen:
            seen.add(above)
            above = parents.get(above)
        if above in names:
            found[names[above]].append(process)
    return found
