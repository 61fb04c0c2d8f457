from __future__ import annotations

import os
from typing import TYPE_CHECKING

from procman.config.instance import Instance
from procman.config.kinds import Kind
from procman.config.settings import Size
from procman.core.events import RestartAsked
from procman.runtime.gauge import EVERY, MEBIBYTE, Gauge, resident

if TYPE_CHECKING:
    from collections.abc import Iterable


class Memory:
    """A gauge over one instance whose memory the test decides."""

    def __init__(self, *, restart_over: bool) -> None:
        self.used = 0
        self.said: list[tuple[str, str, str]] = []
        size = Size(100 * MEBIBYTE, restart_over)
        web = Instance("web.1", "web", 1, "serve", {}, None, Kind.PROCESS, size=size)
        free = Instance("free.1", "free", 1, "roam", {}, None, Kind.PROCESS)
        self.gauge = Gauge(
            {web.name: web, free.name: free},
            members=lambda name: [1] if name == "web.1" else [2],
            say=lambda name, text, event: self.said.append((name, text, event)),
            measure=self._measure,
            clock=lambda: 1000.0,
        )

    def _measure(self, pids: Iterable[int]) -> int:
        assert list(pids) == [1], "only who has a size is looked at"
        return self.used


def test_a_tree_over_its_size_is_told_once() -> None:
    memory = Memory(restart_over=False)
    memory.used = 101 * MEBIBYTE
    assert memory.gauge.read(1005.0) == []
    assert memory.gauge.read(1010.0) == []
    assert memory.said == [("web.1", "uses 101 MiB, its size is 100 MiB", "size")]


def test_a_tree_that_shrank_and_grew_again_is_told_again() -> None:
    memory = Memory(restart_over=False)
    for used in (101, 99, 102):
        memory.used = used * MEBIBYTE
        memory.gauge.read(1005.0)
    assert len(memory.said) == 2


def test_restart_over_asks_for_a_restart_each_time() -> None:
    memory = Memory(restart_over=True)
    memory.used = 200 * MEBIBYTE
    assert memory.gauge.read(1005.0) == [RestartAsked("web.1")]
    assert memory.gauge.read(1010.0) == [RestartAsked("web.1")]
    assert memory.said[0][1].endswith("restarting")


def test_it_looks_every_few_seconds_and_has_no_descriptor() -> None:
    gauge = Memory(restart_over=False).gauge
    assert gauge.fileno() == -1
    assert gauge.deadline == 1000.0 + EVERY
    gauge.read(1005.0)
    assert gauge.deadline == 1005.0 + EVERY


def test_resident_adds_up_what_is_alive() -> None:
    own = resident([os.getpid()])
    assert own > MEBIBYTE
    assert resident([os.getpid(), 2**22 + 1]) < 2 * own
