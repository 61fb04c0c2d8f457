"""What the processes of a formation say, as values, and whoever waits for it."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from contextlib import suppress
from datetime import datetime
from itertools import islice
from typing import IO, TYPE_CHECKING

from procman.quicktuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_LINES = 10_000
MOST_CHARACTERS = 16 * 1024 * 1024


class Line(NamedTuple):
    """at: when procman read it, aware. process: `web.1`, or `system` for what procman says of them all.

    stream: `stdout`, or with `--mark-stderr` also `stderr`. text: without escapes and newline. event: None
    for what a process wrote, else what happened to it in a word (`started`, `ready`, `exited`, …).
    """

    at: datetime
    process: str
    stream: str
    text: str
    event: str | None = None

    def is_of(self, name: str | None) -> bool:
        """Whether it is of an instance (`web.1`), of any of a type (`web`), or None: of anybody."""
        return name is None or name in (self.process, self.process.rpartition(".")[0])


class Captured:
    """The latest lines, at most MOST_LINES and MOST_CHARACTERS: filled by one thread, read by any.

    over: there is nothing more to come.
    """

    def __init__(self) -> None:
        self.over = False
        self._lines: deque[Line] = deque()
        self._characters = 0
        self._dropped = 0
        self._changed = threading.Condition()

    def listen(self, stream: IO[bytes]) -> None:
        """Take in what `--format json` prints, to its end."""
        try:
            for raw in stream:
                with suppress(ValueError):  # the half line of a procman that was killed
                    self._take(line_of(raw))
        finally:
            with self._changed:
                self.over = True
                self._changed.notify_all()

    def lines(self) -> list[Line]:
        with self._changed:
            return list(self._lines)

    def clear(self) -> None:
        with self._changed:
            self._dropped += len(self._lines)
            self._characters = 0
            self._lines.clear()

    def first(self, matches: Callable[[Line], bool], within: float) -> Line | None:
        """Give the first line that matches, waiting for it; None when the time is over, or the stream."""
        deadline = time.monotonic() + within
        seen = 0
        while True:
            with self._changed:
                while not (fresh := self._since(seen)):
                    left = deadline - time.monotonic()
                    if self.over or left <= 0:
                        return None
                    self._changed.wait(left)
                seen = self._dropped + len(self._lines)
            # Not under the lock: a pattern may take its time, and the stream must not wait for it.
            for line in fresh:
                if matches(line):
                    return line

    def _since(self, seen: int) -> list[Line]:
        return list(islice(self._lines, max(0, seen - self._dropped), None))

    def _take(self, line: Line) -> None:
        with self._changed:
            self._lines.append(line)
            self._characters += len(line.text)
            while len(self._lines) > MOST_LINES or self._characters > MOST_CHARACTERS:
                if len(self._lines) == 1:  # the newest stays, however long it is
                    break
                self._characters -= len(self._lines.popleft().text)
                self._dropped += 1
            self._changed.notify_all()


def line_of(raw: bytes) -> Line:
    found = json.loads(raw)
    return Line(
        datetime.fromisoformat(found["time"]),
        found["process"],
        found["stream"],
        found["text"],
        found["event"],
    )
