"""A real terminal: procman, or a shell with job control, leads its session and can be typed at."""

from __future__ import annotations

import fcntl
import os
import signal
import struct
import subprocess
import termios
from contextlib import suppress
from typing import TYPE_CHECKING

from tests.ear import Ear, plain
from tests.harness import Procman

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

CTRL_C = b"\x03"
CTRL_Z = b"\x1a"
CTRL_BACKSLASH = b"\x1c"
CTRL_S = b"\x13"
CTRL_Q = b"\x11"


class Terminal(Procman):
    """A command line on a pseudo-terminal of its own, which is its controlling terminal.

    Whatever leads the session opens the slave first, and thereby gets it (sh does that here: no
    preexec_fn, which is unsafe beside threads).
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        cwd: Path,
        environ: Mapping[str, str],
        size: tuple[int, int] = (24, 80),
    ) -> None:
        self._file = None
        self._master, slave = os.openpty()
        self.resize(*size)
        name = os.ttyname(slave)
        self.process = subprocess.Popen(
            ["/bin/sh", "-c", 'exec <>"$0" >&0 2>&0; exec "$@"', name, *argv],
            cwd=cwd,
            env={"TERM": "xterm", **environ},
            start_new_session=True,
        )
        self._ears = []
        self.stdout: Ear = self._listen(self._master)
        # Closed only when the other side has it open, else the ear would hear the end at once.
        self._slave = slave

    @property
    def output(self) -> str:
        return plain(self.stdout.data)

    def type(self, keys: bytes | str) -> None:
        os.write(self._master, keys.encode() if isinstance(keys, str) else keys)

    def resize(self, rows: int, columns: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    @property
    def slave(self) -> int:
        """The terminal itself, as those who run on it have it."""
        return self._slave

    @property
    def foreground(self) -> int:
        """The group that the terminal's keys go to."""
        return os.tcgetpgrp(self._master)

    def hang_up(self) -> None:
        """Close the window: the kernel sends HUP to the session's leader and to the foreground group."""
        self._let_go()

    def wait(self, within: float = 10.0) -> int:
        try:
            status = self.process.wait(within)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGKILL)
            raise AssertionError(f"still running after {within:g} s:\n{self.output}") from None
        self.stdout.finish(0.2)
        return status

    def close(self) -> None:
        super().close()
        self._let_go()

    def _let_go(self) -> None:
        self.stdout.close()
        for fd in (self._master, self._slave):
            if fd >= 0:
                with suppress(OSError):
                    os.close(fd)
        self._master = self._slave = -1
