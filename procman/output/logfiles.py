"""One log file per process, rotated by size."""

from __future__ import annotations

import os
import stat
import time
from typing import TYPE_CHECKING

from procman.errors import ProcmanError
from procman.output.block import Block, Joiner
from procman.output.escapes import plain
from procman.output.palette import Palette
from procman.output.prefix import Prefixes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LIMIT = 10 * 1024 * 1024
KEEP = 5
# O_NONBLOCK: a FIFO in the place of a log file must not hang the start.
_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK


class LogFiles:
    """Writes `web.1.log` and so on: no escapes, `2026-11-30T06:50:00+00:00 ` before each line, whole lines.

    A file that would grow beyond `limit` bytes becomes `web.1.log.1`, that one `.2`, up to `keep`; one
    process never has more than (keep + 1) * limit bytes. Files are the user's alone (0600).
    Errors: ProcmanError at the start; later `problem` says why writing has stopped (None: all is well).
    """

    def __init__(
        self,
        directory: str,
        names: Sequence[str],
        *,
        limit: int = LIMIT,
        keep: int = KEEP,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.problem: str | None = None
        self._directory = os.path.abspath(directory)
        self._limit = limit
        self._keep = keep
        self._clock = clock
        self._joiner = Joiner()
        self._stamps = Prefixes([], Palette([], enabled=False), timestamp="iso", template="{time} ", start=0)
        self._logs: dict[str, _Log] = {}
        try:
            os.makedirs(self._directory, mode=0o700, exist_ok=True)
            for name in names:
                self._log(name)
        except OSError as error:
            self.close()
            raise ProcmanError(
                f"can't write logs: {_reason(error, self._directory)}",
                hint="choose another folder with --log-dir",
            ) from error

    def write(self, block: Block) -> str | None:
        """Append a block; the message to show when that fails, once: nothing is written after it."""
        if self.problem is not None:
            return None
        whole = self._joiner.join(block)
        return self._append(whole) if whole else None

    def close(self) -> str | None:
        """Write the lines that never got their end, and let the files go."""
        message = None
        for block in self._joiner.close():
            if self.problem is None:
                message = self._append(block)
        for log in self._logs.values():
            log.close()
        self._logs.clear()
        return message

    def _append(self, block: Block) -> str | None:
        stamp = self._stamps.of(block.name, self._clock())
        text = stamp + plain(block.data).replace(b"\n", b"\n" + stamp)
        try:
            self._log(block.name).append(text[: len(text) - len(stamp)])
        except OSError as error:
            self.problem = f"log files are no longer written: {_reason(error, self._directory)}"
        return self.problem

    def _log(self, name: str) -> _Log:
        log = self._logs.get(name)
        if log is None:
            path = os.path.join(self._directory, f"{name}.log")
            log = self._logs[name] = _Log(path, self._limit, self._keep)
        return log


class _Log:
    """One file and its older ones."""

    def __init__(self, path: str, limit: int, keep: int) -> None:
        self._path = path
        self._limit = limit
        self._keep = keep
        self._open()

    def append(self, data: bytes) -> None:
        """Cut at lines where a file is full; only a line longer than a whole file is cut in itself."""
        start = 0
        while start < len(data):
            room = self._limit - self._size
            end = len(data)
            if end - start > room:
                end = data.rfind(b"\n", start, start + max(room, 0)) + 1
                if not end and self._size:
                    self._rotate()
                    continue
                end = end or start + self._limit
            start += self._write(data[start:end])

    def close(self) -> None:
        os.close(self._fd)

    def _open(self) -> None:
        fd = os.open(self._path, _FLAGS, 0o600)
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            os.close(fd)
            raise OSError(0, "not a regular file", self._path)
        self._fd = fd
        self._size = status.st_size

    def _write(self, data: bytes) -> int:
        try:
            written = os.write(self._fd, data)
        except OSError as error:
            raise OSError(error.errno, error.strerror, self._path) from error
        self._size += written
        return written

    def _rotate(self) -> None:
        for number in range(self._keep, 0, -1):
            source = f"{self._path}.{number - 1}" if number > 1 else self._path
            try:
                os.replace(source, f"{self._path}.{number}")
            except FileNotFoundError:
                continue
        if not self._keep:
            os.unlink(self._path)
        full = self._fd  # stays ours until the new one is open: a failure must not leave a stale number
        self._open()
        os.close(full)


def _reason(error: OSError, directory: str) -> str:
    return f"{error.filename or directory}: {(error.strerror or str(error)).lower()}"
