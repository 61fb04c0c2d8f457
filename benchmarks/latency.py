"""Microseconds from a child's write to the reader of the manager's output, on an idle machine."""

from __future__ import annotations

import re
import time
from statistics import median, quantiles
from typing import TYPE_CHECKING

from benchmarks.measure import Finding
from benchmarks.results import Row
from benchmarks.stage import Failed, Stage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.contenders import Contender

TICKS = 200
_TICK = re.compile(rb"<0 (\d+)>")


class Latency:
    name = "latency"
    rows = (
        Row("latency", "a line's way, median", "µs", "less", "cat"),
        Row("latency-p95", "a line's way, 95 of 100", "µs", "less", "cat"),
    )

    def can(self, contender: Contender) -> bool:
        return contender.relays and bool(contender.program)

    def once(self, contender: Contender, program: Sequence[str]) -> list[Finding]:
        with Stage(contender, program, "pipe") as stage:
            stage.launch("tick", 1, TICKS)
            stage.await_running(1)
            time.sleep(0.2)
            stage.go()
            ways: list[float] = []
            rest = b""
            while len(ways) < TICKS:
                data = stage.read(65536)
                now = time.monotonic_ns()
                if not data:
                    raise Failed(f"{len(ways)} of {TICKS} lines came")
                *lines, rest = (rest + data).split(b"\n")
                ways += [(now - int(tick)) / 1000 for line in lines for tick in _TICK.findall(line)]
        return [
            Finding("latency", median(ways)),
            Finding("latency-p95", quantiles(ways, n=20)[-1]),
        ]
