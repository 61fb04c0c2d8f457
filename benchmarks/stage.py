"""One launch of one contender: its folder, its children's signals to us, its output, its end.

Theory of operation. Every child opens the FIFO `ready`, says its pid there and keeps it open, so that
"all are running" is a count and "all are gone" is an end of file: nothing is polled for. Children
that are to do something wait for the lock on `go`, so that no manager's start is in what is measured.
"""

from __future__ import annotations

import fcntl
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from benchmarks import machine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.contenders import Contender

PATIENCE = 20.0
"""Seconds after which a contender is given up."""


class Failed(Exception):  # noqa: N818 - a result like any other, and shown in the table
    """A contender could not do what was asked."""


class Stage:
    """A contender with its children.

    program: the arguments that start a child (child.c). output: "null", "file", "pipe" or "pty".
    source: where its output can be read. pids: the children that have said so.
    """

    def __init__(self, contender: Contender, program: Sequence[str], output: str = "null") -> None:
        self.directory = tempfile.mkdtemp(prefix="bench-")
        self._contender = contender
        self._program = program
        self._ready_path = os.path.join(self.directory, "ready")
        self._go_path = os.path.join(self.directory, "go")
        os.mkfifo(self._ready_path)
        self._ready = os.open(self._ready_path, os.O_RDONLY | os.O_NONBLOCK)
        self._lock = os.open(self._go_path, os.O_RDWR | os.O_CREAT)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self._rest = b""
        self.pids: set[int] = set()
        self.done = 0
        self._gone = False
        self.source, self._target = _open(output, self.directory)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end_all()
        for fd in (self._ready, self._lock, self.source, self._target):
            if fd >= 0:
                os.close(fd)
        shutil.rmtree(self.directory)

    @property
    def pid(self) -> int:
        return self._process.pid if self._process else 0

    def launch(self, mode: str, count: int, lines: int = 0) -> float:
        """Start children p0, p1 …; give the moment (time.perf_counter) of the manager's exec."""
        command = (*self._program, mode, self._ready_path, self._go_path)
        return self.launch_each([" ".join((*command, str(number), str(lines))) for number in range(count)])

    def launch_each(self, commands: Sequence[str]) -> float:
        argv = self._contender.launch(self._contender.program, commands, self.directory)
        begin = time.perf_counter()
        self._process = subprocess.Popen(
            argv,
            cwd=self.directory,
            stdin=subprocess.DEVNULL,
            stdout=self._target,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(self._target)
        self._target = -1
        return begin

    def command(self, mode: str) -> str:
        return " ".join((*self._program, mode, self._ready_path, self._go_path))

    def await_running(self, count: int) -> float:
        """Wait until so many children run; give the moment."""
        give_up_at = time.perf_counter() + PATIENCE
        while len(self.pids) < count:
            if not self._hear(give_up_at, f"{len(self.pids)} of {count} started"):
                raise Failed("ended at once")
        return time.perf_counter()

    def await_done(self, count: int) -> None:
        give_up_at = time.perf_counter() + PATIENCE
        while self.done < count:
            self._hear(give_up_at, "time-out")

    def go(self) -> float:
        """Let the children begin; give the moment."""
        begin = time.perf_counter()
        fcntl.flock(self._lock, fcntl.LOCK_UN)
        return begin

    def interrupt(self) -> float:
        """Ctrl-C: INT to the manager's whole group; give the moment."""
        begin = time.perf_counter()
        os.killpg(self.pid, signal.SIGINT)
        return begin

    def await_gone(self) -> float:
        """Wait until manager and children are gone; give the moment."""
        give_up_at = time.perf_counter() + PATIENCE
        while self._hear(give_up_at, "still alive"):
            pass
        if self._process is not None:
            try:
                self._process.wait(max(0.0, give_up_at - time.perf_counter()))
            except subprocess.TimeoutExpired:
                raise Failed("still alive") from None
        return time.perf_counter()

    def await_end(self, patience: float) -> None:
        """Wait until the children have ended by themselves, then stop a manager that stays."""
        give_up_at = time.perf_counter() + PATIENCE
        while self._hear(give_up_at, "still alive"):
            pass
        if self._process is not None:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(patience)
                return
            self.interrupt()
            self._process.wait(PATIENCE)

    def read(self, size: int, patience: float = PATIENCE) -> bytes:
        """Read what the manager has written, nothing after so many seconds of silence."""
        wait = select.poll()
        wait.register(self.source, select.POLLIN)
        return os.read(self.source, size) if wait.poll(patience * 1000) else b""

    def managing(self) -> list[int]:
        return machine.managing(self.pid, self.pids)

    def _hear(self, give_up_at: float, complaint: str) -> bool:
        """Take in what the children say; False at the end of the file, when none is left."""
        wait = select.poll()
        wait.register(self._ready, select.POLLIN)
        if not wait.poll(max(0.0, give_up_at - time.perf_counter()) * 1000):
            raise Failed(complaint)
        data = os.read(self._ready, 65536)
        *words, self._rest = (self._rest + data).split(b"\n")
        for word in words:
            if word.startswith(b"+"):
                self.pids.add(int(word[1:]))
            else:
                self.done += 1
        self._gone = not data
        return not self._gone

    def _end_all(self) -> None:
        """Leave nothing behind, whatever the manager did."""
        if self._process is None:
            return
        left = set() if self._gone else self.pids
        if self._process.poll() is None:
            left |= {*machine.descendants(self.pid)}
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()


def _open(output: str, directory: str) -> tuple[int, int]:
    """Give where the output is read and where the contender writes it."""
    match output:
        case "file":
            path = os.path.join(directory, "output")
            target = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            return os.open(path, os.O_RDONLY), target
        case "pipe":
            return os.pipe()
        case "pty":
            return os.openpty()
        case _:
            return -1, os.open(os.devnull, os.O_WRONLY)
