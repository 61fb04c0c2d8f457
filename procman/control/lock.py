"""One procman a root: a lock that is held for life, so that a dead one is never in the way.

flock(2) and not a pid file: the kernel lets go of it with the last descriptor, however procman ends.
Whoever holds it owns the socket beside it and may take a dead one away. The file says who holds it,
for people; it goes at the end, and whoever opened it just before that finds out and tries again.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress

FLAGS = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK

MOST_TIDIED = 500


class HeldError(Exception):
    """Another procman has it. pid: 0 where it has not said so yet."""

    def __init__(self, pid: int) -> None:
        super().__init__(pid)
        self.pid = pid


class Lock:
    def __init__(self, path: str) -> None:
        self._path = path
        self._fd = -1

    def take(self) -> None:
        """Take it; raises HeldError when another has it, OSError where no lock can be had."""
        while True:
            fd = os.open(self._path, FLAGS, 0o600)
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pid = _read(fd)
                os.close(fd)
                raise HeldError(pid) from None
            except OSError:
                os.close(fd)
                raise
            if self._is_still(fd):
                break
            os.close(fd)
        self._fd = fd
        self.sign()

    def sign(self) -> None:
        """Write down whose it is: again after a fork, since it is the child's then."""
        os.ftruncate(self._fd, 0)
        os.pwrite(self._fd, f"{os.getpid()}\n".encode(), 0)

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


def tidy(folder: str) -> None:
    """Take away what procmans left that were killed: everything whose lock nobody holds."""
    with suppress(OSError):
        for name in os.listdir(folder)[:MOST_TIDIED]:
            base, dot, ending = name.rpartition(".")
            if dot and ending == "lock":
                lock = Lock(os.path.join(folder, name))
                with suppress(HeldError, OSError):
                    lock.take()
                    with suppress(FileNotFoundError):
                        os.unlink(os.path.join(folder, f"{base}.sock"))
                    lock.release()


def _read(fd: int) -> int:
    text = os.pread(fd, 20, 0).decode("ascii", "replace").strip()
    return int(text) if text.isascii() and text.isdecimal() else 0
