"""Hears what a program says, and when."""

from __future__ import annotations

import os
import re
import select
import time
from contextlib import suppress
from threading import Event, Thread
from typing import NamedTuple

_ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


def plain(data: bytes) -> str:
    """Give output as text without colours, carriage returns gone."""
    return _ESCAPE.sub("", data.decode("utf-8", "replace")).replace("\r\n", "\n")


class Heard(NamedTuple):
    """What was read at one moment, in monotonic seconds."""

    at: float
    data: bytes


class Ear:
    """Reads a descriptor to its end, in a thread, and knows when it heard what.

    A thread that sits in read(2) would keep a closed terminal open, so it sits in poll(2).
    """

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._heard: list[Heard] = []
        self._may_read = Event()
        self._may_read.set()
        self._reader, self._bell = os.pipe()
        self._thread = Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        poll = select.poll()
        poll.register(self._fd, select.POLLIN)
        poll.register(self._reader, select.POLLIN)
        with suppress(OSError):  # EIO at the end of a terminal
            while self._may_read.wait():
                ready = [fd for fd, _ in poll.poll()]
                if self._fd not in ready or not (data := os.read(self._fd, 65536)):
                    return
                self._heard.append(Heard(time.monotonic(), data))

    def pause(self) -> None:
        """Stop reading (one more piece may be heard), as a stalled terminal does."""
        self._may_read.clear()

    def resume(self) -> None:
        self._may_read.set()

    def finish(self, within: float = 1.0) -> None:
        """Hear the rest, but don't wait for those who hold the other end and say nothing."""
        self._may_read.set()
        self._thread.join(within)

    def close(self) -> None:
        """Hear no more: when this returns nobody reads the descriptor."""
        if self._bell >= 0:
            self._may_read.set()
            os.close(self._bell)
            self._bell = -1
            self._thread.join()
            os.close(self._reader)

    @property
    def data(self) -> bytes:
        return b"".join(heard.data for heard in self._heard)

    def heard_at(self, pattern: re.Pattern[str]) -> float:
        """Give the moment at which the pattern was complete."""
        data = b""
        for heard in self._heard:
            data += heard.data
            if pattern.search(plain(data)):
                return heard.at
        raise AssertionError(f"{pattern.pattern!r} was never heard in:\n{plain(data)}")
