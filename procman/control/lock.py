"""One procman a root: a lock that is held for life, so that a dead one is never in the way.

flock(2) and not a pid file: the kernel lets go of it with the last descriptor, however procman ends.
Whoever holds it owns the socket beside it and may take a dead one away. The file says who holds it,
for people; it goes at the end, and whoever opened it just before that finds out and tries again.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from typing import NamedTuple

FLAGS = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


class Holder(NamedTuple):
    """Who has the lock. run: the mark that its children carry. pid 0: it has not said so yet."""

    pid: int = 0
    run: str = ""


class Lock:
    def __init__(self, path: str) -> None:
        self._path = path
        self._fd = -1

    def take(self, run: str) -> Holder | None:
        """Take it, or tell who has it; raises OSError where no lock can be had."""
        while True:
            fd = os.open(self._path, FLAGS, 0o600)
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = _read(fd)
                os.close(fd)
                return holder
            except OSError:
                os.close(fd)
                raise
            if self._is_still(fd):
                break
            os.close(fd)
        self._fd = fd
        self.sign(run)
        return None

    def sign(self, run: str) -> None:
        """Write down whose it is: again after a fork, since it is the child's then."""
        os.ftruncate(self._fd, 0)
        os.pwrite(self._fd, f"{os.getpid()} {run}\n".encode(), 0)

    def release(self) -> None:
        if self._fd >= 0:
            with suppress(OSError):
                os.unlink(self._path)
            os.close(self._fd)
            self._fd = -1

    def _is_still(self, fd: int) -> bool:
        """Whether the file that was locked is the one that others would open."""
        try:
            return os.path.samestat(os.fstat(fd), os.stat(self._path, follow_symlinks=False))
        except OSError:
            return False


def _read(fd: int) -> Holder:
    pid, _, run = os.pread(fd, 200, 0).decode("ascii", "replace").strip().partition(" ")
    return Holder(int(pid), run) if pid.isascii() and pid.isdecimal() else Holder()
