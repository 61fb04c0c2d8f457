"""Many processes at once: how long until all run, what they take while idle, how long until all are gone."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from benchmarks import machine
from benchmarks.measure import Finding
from benchmarks.results import Row
from benchmarks.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.contenders import Contender

SETTLED = 0.5
REST = 2.0


class Scale:
    def __init__(self, count: int) -> None:
        self.name = "scale"
        self._count = count
        processes = f"{count} process{'es' if count > 1 else ''}"
        self.rows = (
            Row(f"start-{count}", f"start, exec to {processes} running", "ms"),
            Row(f"stop-{count}", f"stop, Ctrl-C to {processes} gone", "ms"),
            Row(f"memory-{count}", f"memory with {processes}", "MiB"),
        )

    def can(self, contender: Contender) -> bool:
        return contender.supervises and bool(contender.program)

    def once(self, contender: Contender, program: Sequence[str]) -> list[Finding]:
        with Stage(contender, program) as stage:
            begin = stage.launch("wait", self._count)
            started = stage.await_running(self._count) - begin
            time.sleep(SETTLED)
            memory = machine.memory(stage.managing())
            stopped = -stage.interrupt() + stage.await_gone()
        return [
            Finding(f"start-{self._count}", started * 1000),
            Finding(f"stop-{self._count}", stopped * 1000),
            Finding(f"memory-{self._count}", memory),
        ]


class Idle:
    """Ten processes that say nothing: whatever the manager does then, it does for itself."""

    name = "idle"
    rows = (
        Row("idle-cpu", "CPU while nothing happens", "µs/s"),
        Row("idle-wakeups", "wake-ups while nothing happens", "/s"),
    )

    def can(self, contender: Contender) -> bool:
        return contender.supervises and bool(contender.program)

    def once(self, contender: Contender, program: Sequence[str]) -> list[Finding]:
        with Stage(contender, program) as stage:
            stage.launch("wait", 10)
            stage.await_running(10)
            time.sleep(SETTLED * 3)
            managing = stage.managing()
            before, begin = machine.usage(managing), time.perf_counter()
            time.sleep(REST)
            after, seconds = machine.usage(managing), time.perf_counter() - begin
        return [
            Finding("idle-cpu", (after.cpu - before.cpu) / 1000 / seconds),
            Finding("idle-wakeups", (after.wakeups - before.wakeups) / seconds),
        ]


class Crash:
    """One of many exits with 1: how long until manager and children are gone."""

    def __init__(self, count: int) -> None:
        self.name = "crash"
        self._count = count
        self.rows = (Row(f"crash-{count}", f"one of {count} crashes, to all gone", "ms"),)

    def can(self, contender: Contender) -> bool:
        return contender.supervises and contender.crashes and bool(contender.program)

    def once(self, contender: Contender, program: Sequence[str]) -> list[Finding]:
        with Stage(contender, program) as stage:
            stage.launch_each([stage.command("wait")] * (self._count - 1) + [stage.command("crash")])
            stage.await_running(self._count)
            time.sleep(SETTLED)
            gone = -stage.go() + stage.await_gone()
        return [Finding(f"crash-{self._count}", gone * 1000)]
