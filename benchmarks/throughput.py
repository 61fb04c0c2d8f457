"""Lines a second through a manager, what they cost it, and whether they arrive as they were written."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from benchmarks import integrity, machine
from benchmarks.measure import Finding
from benchmarks.results import Row
from benchmarks.stage import PATIENCE, Failed, Stage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.contenders import Contender

WANTED = 0.4
"""Seconds that a measurement takes about, whoever is measured."""
TRIAL, MOST = 16_000, 2_000_000
CHUNK = 1 << 18
STEP = 0.0005
SILENCE = 2.0


class Throughput:
    """producers: how many at once. output: what the manager writes to, "file", "pipe" or "pty"."""

    def __init__(self, producers: int, output: str) -> None:
        self.name = "throughput"
        self._producers = producers
        self._output = output
        key = f"{output}-{producers}"
        where = f"{producers} producer{'s' if producers > 1 else ''} to a {output}"
        self._speed, self._cost = f"speed-{key}", f"cost-{key}"
        self.rows = (
            Row(self._speed, f"throughput, {where}", "lines/s", "more", "cat"),
            Row(self._cost, f"CPU, {where}", "ns/line", "less", "cat"),
        )
        self._lines: dict[str, int] = {}

    def can(self, contender: Contender) -> bool:
        return contender.relays and bool(contender.program)

    def once(self, contender: Contender, program: Sequence[str]) -> list[Finding]:
        if contender.name not in self._lines:
            trial = self._run(contender, program, TRIAL // self._producers)
            lines = min(MOST, max(TRIAL, int(trial[0].figure * WANTED)))
            self._lines[contender.name] = lines // self._producers
        return self._run(contender, program, self._lines[contender.name])

    def _run(self, contender: Contender, program: Sequence[str], lines: int) -> list[Finding]:
        with Stage(contender, program, self._output) as stage:
            stage.launch("produce", self._producers, lines)
            stage.await_running(self._producers)
            managing = stage.managing()
            machine.settle(managing)  # what a manager does after its start is no part of what it passes on
            before = machine.usage(managing).cpu
            begin = stage.go()
            last = b" %09d ." % (lines - 1)
            read = self._follow if self._output == "file" else self._read
            output, end = read(stage, last)
            cost = machine.usage(managing).cpu - before
        verdict = integrity.check(output, self._producers, lines)
        remark = "" if verdict.intact else str(verdict)
        total = lines * self._producers
        return [
            Finding(self._speed, total / (end - begin), remark),
            Finding(self._cost, cost / total, remark),
        ]

    def _read(self, stage: Stage, last: bytes) -> tuple[bytes, float]:
        """Read until the last line of every producer has come; torn ones come to an end by silence."""
        chunks: list[bytes] = []
        seen, carried = 0, b""
        while seen < self._producers:
            chunk = stage.read(CHUNK, SILENCE)
            if not chunk:
                if not chunks:
                    raise Failed("nothing came")
                break
            chunks.append(chunk)
            seen += (carried + chunk).count(last) - carried.count(last)
            carried = chunk[-len(last) :]
        end = time.perf_counter()
        # What was waited for stands in the middle of the last line: its end is still to come.
        while chunks and not chunks[-1].endswith(b"\n") and (chunk := stage.read(CHUNK, SILENCE)):
            chunks.append(chunk)
        return b"".join(chunks), end

    def _follow(self, stage: Stage, last: bytes) -> tuple[bytes, float]:
        """Wait for the producers' own word, then for the end of the file: a reader would take a core."""
        stage.await_done(self._producers)
        tail = self._producers * (1 << 17)
        size, grown = -1, time.perf_counter()
        while True:
            now = os.fstat(stage.source).st_size
            if now != size:
                size, grown = now, time.perf_counter()
                begin = max(0, size - tail)
                read = os.pread(stage.source, size - begin, begin)
                if read.count(last) >= self._producers and read.endswith(b"\n"):
                    break
            elif time.perf_counter() - grown > PATIENCE / 10:
                break
            time.sleep(STEP)
        return os.pread(stage.source, size, 0), grown


def throughputs(*, quick: bool) -> list[Throughput]:
    counts = (1, 16) if quick else (1, 4, 16)
    return [Throughput(count, output) for output in ("file", "pipe", "pty") for count in counts]
