"""CPU and memory of whole trees, from the pids of their leaders: measured by whoever asks, not by procman.

A tree is what descends from its leader, and what is still in the leader's session: what daemonised
within it has another parent by then.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from procman.quicktuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Usage(NamedTuple):
    """cpu: percent of one processor, since the last look. memory: resident bytes."""

    cpu: float
    memory: int


class Meter:
    """Remembers the CPU time of each process, so that the next look can tell the difference."""

    def __init__(self) -> None:
        self._times: dict[int, float] = {}
        self._at = 0.0

    def read(self, trees: Mapping[str, Iterable[int]], now: float) -> dict[str, Usage]:
        """Look at the pids of each tree. now: monotonic seconds."""
        import psutil

        times: dict[int, float] = {}
        found: dict[str, Usage] = {}
        elapsed = now - self._at
        for name, pids in trees.items():
            spent, memory = 0.0, 0
            for pid in pids:
                try:
                    process = psutil.Process(pid)
                    with process.oneshot():
                        time = sum(process.cpu_times()[:2])
                        memory += process.memory_info().rss
                except (psutil.Error, OSError):
                    continue
                times[pid] = time
                spent += time - self._times.get(pid, time)
            found[name] = Usage(100 * spent / elapsed if self._at and elapsed > 0 else 0.0, memory)
        self._times, self._at = times, now
        return found


def trees(leaders: Mapping[str, int]) -> dict[str, list[int]]:
    """Give the pids of each tree, by one look at the machine. leaders: a pid for each name."""
    import psutil

    names = {pid: name for name, pid in leaders.items()}
    parents: dict[int, int] = {}
    for process in psutil.process_iter():
        try:
            session = os.getsid(process.pid)
            within = session in names and session != process.pid
            parents[process.pid] = session if within else process.ppid()
        except (psutil.Error, OSError):
            continue
    found: dict[str, list[int]] = {name: [] for name in leaders}
    for pid in parents:
        above: int | None = pid
        seen = set()
        while above is not None and above not in names and above not in seen:
            seen.add(above)
            above = parents.get(above)
        if above in names:
            found[names[above]].append(pid)
    return found
