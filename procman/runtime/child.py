"""The operating system's process behind an instance: its pid, its descriptors, what it says."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from procman.output.splitter import Splitter
from procman.output.widepipe import widen

if TYPE_CHECKING:
    from collections.abc import Callable

    from procman.output.block import Block
    from procman.runtime.spawn import Pipes

READ_SIZE = 65536
"""What a pipe holds."""
FULL = 4095
"""What Linux gives of a pseudo-terminal in one read, however much there is."""


class Stream:
    """One descriptor that a child writes to, cut into blocks of whole lines.

    listeners: told what is read, byte for byte.
    """

    def __init__(self, name: str, fd: int, stream: str, *, terminal: bool = False) -> None:
        self.name = name
        self.fd = fd
        self.terminal = terminal
        self.listeners: list[Callable[[bytes], None]] = []
        self.splitter = Splitter(name, stream)
        self.received = 0
        self.flooding = False
        self.wide = False

    def read(self, now: float, most: int = READ_SIZE) -> tuple[Block | None, bool]:
        """Read once: a block if lines became whole, and whether the end has been reached.

        most: bytes that may be read of one that was found full the last time.
        """
        try:
            data = os.read(self.fd, most if self.flooding else READ_SIZE)
            if self.terminal and len(data) >= FULL:
                data = self._read_on(data)
        except BlockingIOError:
            return None, False
        except OSError:  # EIO: nobody has the pseudo-terminal open any more
            return None, True
        self.received += len(data)
        self.flooding = len(data) >= READ_SIZE
        for listener in tuple(self.listeners):
            listener(data)
        return (self.splitter.feed(data, now) if data else None), not data

    def widen(self) -> None:
        """Have the pipe hold more than one usually does."""
        self.wide = True
        widen(self.fd)

    def _read_on(self, data: bytes) -> bytes:
        """Read while the reads come full: a block of 64 KiB costs half as much as its 4 KiB pieces."""
        pieces = [data]
        size = len(data)
        while len(pieces[-1]) >= FULL and size < READ_SIZE:
            try:
                pieces.append(os.read(self.fd, READ_SIZE - size))
            except OSError:  # nothing more, or the end: the next read says which
                break
            size += len(pieces[-1])
        return b"".join(pieces)

    def close(self) -> None:
        with suppress(OSError):
            os.close(self.fd)


class Child:
    def __init__(self, name: str, pipes: Pipes) -> None:
        self.name = name
        self.pid = pipes.pid
        self.master = pipes.out if pipes.terminal else -1
        self._in = pipes.in_
        self.streams = [Stream(name, pipes.out, "stdout", terminal=pipes.terminal)]
        if pipes.err >= 0:
            self.streams.append(Stream(name, pipes.err, "stderr"))

    def release(self) -> None:
        """Let go of its standard input; its streams are closed by whoever reads them to the end."""
        if self._in >= 0:
            os.close(self._in)
            self._in = -1
