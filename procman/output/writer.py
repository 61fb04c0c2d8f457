"""procman's own standard output, written without ever waiting for its reader.

Theory of operation. A reader that stops (Ctrl-S, a pager, a stalled ssh) must not stop supervision,
but O_NONBLOCK belongs to the open file description, which the shell and every sibling share. On
Linux a terminal or a pipe is therefore opened a second time through /proc/self/fd: a description of
procman's own, non-blocking, driven by the selector. A regular file never stalls and is written as
it is (a second opening would start at its beginning). What can't be reopened (a socket, another
user's terminal, macOS) gets a thread that writes, behind the same queue. A pipe that was full once is
made to hold more: its reader and procman then wake each other an eighth as often.

The queue is bounded by its users: beyond `HIGH` bytes `congested` is true and nobody reads from
the children until it has fallen below `LOW`, so that the pipes fill up and the children wait.
"""

from __future__ import annotations

import errno
import os
import stat
from collections import deque
from contextlib import suppress
from itertools import islice
from selectors import EVENT_READ, EVENT_WRITE

from procman.output.widepipe import WIDE, widen

HIGH = 256 * 1024
LOW = 64 * 1024
"""More was measured to be slower: what waits in the queue no longer is in the processor's cache."""
PORTION = 64
"""Blocks that go out in one system call."""
PIECES = WIDE // 4
"""Bytes that a wide pipe is best given at a time: in four pieces both sides always have something to do."""
PIECE = 64 * 1024
"""Bytes that the thread writes at a time, so that a slow reader is seen to read."""


class Writer:
    """Blocks in order to a descriptor that never makes us wait.

    steady: a regular file: it takes everything at once, or fails. pipe: tells when its reader goes away.
    lost: why nothing can be written any more ("" while all is well).
    takes: bytes that are best handed over at a time, 0 for as they come.
    written: bytes that have gone out, to see whether the reader still reads.
    """

    def __init__(self, fd: int, *, steady: bool = False, pipe: bool = False) -> None:
        self._fd = fd
        self.steady = steady
        self._pipe = pipe
        self._wide = False
        self.takes = WIDE if steady else 0
        self._queue: deque[bytes | memoryview] = deque()
        self._pending = 0
        self._congested = False
        self.written = 0
        self.lost = ""

    wakes = EVENT_WRITE
    """What to wait for at `fileno` while something is pending."""

    @property
    def events(self) -> int:
        """What to wait for now; a pipe is never readable here, but reports an error when its reader goes."""
        if self._pending:
            return self.wakes
        return EVENT_READ if self._pipe and not self.lost else 0

    def fileno(self) -> int:
        """Give the descriptor whose readiness lets `flush` go on."""
        return self._fd

    @property
    def pending(self) -> int:
        return self._pending

    @property
    def congested(self) -> bool:
        if self._congested:
            self._congested = self._pending > LOW
        else:
            self._congested = self._pending > HIGH
        return self._congested

    def put(self, data: bytes | memoryview) -> None:
        if data and not self.lost:
            self._queue.append(data)
            self._pending += len(data)

    def flush(self) -> None:
        """Write what the reader takes now; what it doesn't take stays."""
        while self._queue:
            portion = list(islice(self._queue, PORTION))
            try:
                count = os.writev(self._fd, portion)
            except BlockingIOError:
                self._was_full()
                return
            except OSError as error:
                self._lose(error.strerror or str(error))
                return
            self.written += count
            self._pending -= count
            if not self._drop(count, portion) and not self.steady:
                self._was_full()
                return

    def reader_gone(self) -> None:
        """Take in that the descriptor woke us with nothing pending."""
        if self._pipe:
            self._lose(os.strerror(errno.EPIPE))

    def close(self) -> None:
        """Give up what is left."""
        self._queue.clear()
        self._pending = 0

    def _drop(self, count: int, portion: list[bytes | memoryview]) -> bool:
        """Take what was written off the queue; False when that was not all of the portion."""
        for data in portion:
            size = len(data)
            if count < size:
                self._queue[0] = memoryview(data)[count:]
                return False
            self._queue.popleft()
            count -= size
        return True

    def _was_full(self) -> None:
        if self._pipe and not self._wide:
            self._wide = True
            self.takes = PIECES
            widen(self._fd)

    def _lose(self, why: str) -> None:
        self.lost = why
        self.close()


class ThreadedWriter(Writer):
    """The same for a descriptor that may block: a thread waits in its place."""

    def __init__(self, fd: int) -> None:
        from threading import Condition, Thread

        super().__init__(fd)
        self._target = fd
        self._reader, self._bell = os.pipe()
        os.set_blocking(self._reader, False)
        os.set_blocking(self._bell, False)
        self._changed = Condition()
        self._closed = False
        Thread(target=self._write, daemon=True, name="procman-writer").start()

    wakes = EVENT_READ

    def fileno(self) -> int:
        return self._reader

    def put(self, data: bytes | memoryview) -> None:
        with self._changed:
            super().put(data)

    def flush(self) -> None:
        """Let the thread go on; its news (room, a lost reader) arrive at `fileno`."""
        try:
            while os.read(self._reader, 4096):
                pass
        except BlockingIOError:
            pass
        if self._queue:
            with self._changed:
                self._changed.notify()

    def close(self) -> None:
        with self._changed:
            super().close()
            self._closed = True
            self._changed.notify()

    def _write(self) -> None:
        while True:
            with self._changed:
                while not self._queue and not self._closed:
                    self._changed.wait()
                if self._closed:
                    return
                data = memoryview(self._take())
            while data:
                try:
                    count = os.write(self._target, data[:PIECE])
                except OSError as error:
                    with self._changed:
                        self.lost = error.strerror or str(error)
                        self._queue.clear()
                        self._pending = 0
                    self._ring()
                    return
                data = data[count:]
                with self._changed:
                    self.written += count
                    self._pending = max(0, self._pending - count)
            self._ring()

    def _take(self) -> bytes | memoryview:
        portion = [self._queue.popleft()]
        size = len(portion[0])
        while self._queue and size + len(self._queue[0]) <= PIECE:
            portion.append(self._queue.popleft())
            size += len(portion[-1])
        return b"".join(portion) if len(portion) > 1 else portion[0]

    def _ring(self) -> None:
        with suppress(BlockingIOError):  # it rings already
            os.write(self._bell, b"!")


def open_writer(fd: int) -> Writer:
    """Choose the way that suits what stands behind the descriptor."""
    mode = os.fstat(fd).st_mode
    if stat.S_ISREG(mode):
        return Writer(fd, steady=True)
    if stat.S_ISCHR(mode) or stat.S_ISFIFO(mode):
        flags = os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
        try:
            return Writer(os.open(f"/proc/self/fd/{fd}", flags), pipe=stat.S_ISFIFO(mode))
        except OSError:
            pass
    return ThreadedWriter(fd)
