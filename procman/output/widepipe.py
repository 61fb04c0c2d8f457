"""Pipes that hold more than the usual 64 KiB, where what is passed on comes faster than it is taken."""

from __future__ import annotations

from contextlib import suppress

WIDE = 512 * 1024
"""Bytes: what a block costs beside them, the other side's wake-up included, is paid an eighth as often."""


def widen(fd: int) -> None:
    """Have a pipe hold so much, where the system can and the user may (pipe(7), pipe-user-pages-soft).

    It is somebody else's as well: one that holds more already stays as it is.
    """
    import fcntl

    if hasattr(fcntl, "F_SETPIPE_SZ"):
        with suppress(OSError):
            if fcntl.fcntl(fd, fcntl.F_GETPIPE_SZ) < WIDE:
                fcntl.fcntl(fd, fcntl.F_SETPIPE_SZ, WIDE)
