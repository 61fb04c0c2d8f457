"""A child that writes faster than anybody reads, and one that ends right after its last line."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING

from benchmarks import integrity, machine
from benchmarks.measure import Finding
from benchmarks.results import Row
from benchmarks.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.contenders import Contender

ENDLESS = 900_000_000
LINES = 20_000


class Stalled:
    """Nobody reads for some seconds while a child floods: memory grown, and whether Ctrl-C still works."""

    name = "stalled"
    rows = (
        Row("stalled-memory", "memory grown while nobody reads", "MiB"),
        Row("stalled-stop", "Ctrl-C while nobody reads, to all gone", "ms"),
    )

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def can(self, contender: Contender) -> bool:
        return contender.supervises and bool(contender.program)

    def once(self, contender: Contender, program: Sequence[str]) -> list[Finding]:
        with Stage(contender, program, "pipe") as stage:
            stage.launch("produce", 1, ENDLESS)
            stage.await_running(1)
            time.sleep(0.5)
            managing = stage.managing()
            idle = machine.memory(managing)
            stage.go()
            time.sleep(self._seconds)
            grown = machine.memory(managing) - idle
            stopped = -stage.interrupt() + stage.await_gone()
        return [Finding("stalled-memory", grown), Finding("stalled-stop", stopped * 1000)]


class Burst:
    """A child that writes many lines and exits at once may lose the last ones."""

    name = "burst"
    rows = (Row("burst", f"lines lost of {LINES:,} at a quick exit", "lines"),)

    def can(self, contender: Contender) -> bool:
        return contender.supervises and bool(contender.program)

    def once(self, contender: Contender, program: Sequence[str]) -> list[Finding]:
        chunks: list[bytes] = []
        with Stage(contender, program, "pipe") as stage:
            stage.launch("burst", 1, LINES)
            stage.await_running(1)
            reading = threading.Thread(target=_read, args=(stage.source, chunks), daemon=True)
            reading.start()
            stage.go()
            stage.await_end(1.0)
            reading.join(1.0)
        verdict = integrity.check(b"".join(chunks), 1, LINES)
        return [Finding("burst", verdict.missing, f"{verdict.torn} torn" if verdict.torn else "")]


def _read(fd: int, chunks: list[bytes]) -> None:
    while chunk := os.read(fd, 1 << 18):
        chunks.append(chunk)
