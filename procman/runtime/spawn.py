"""Starting a program: `posix_spawn(3)`, a session of its own, descriptors 0 to 2 and nothing else.

posix_spawn and not subprocess: half the time a start, no import, and `setsid` without preexec_fn
(which costs vfork and is unsafe beside threads). It has no working directory of its own, so procman
stands in the right one at that moment; one thread decides, so nobody sees it.
"""

from __future__ import annotations

import errno
import os
import resource
import signal
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from procman.quicktuple import NamedTuple
from procman.runtime.pty import open_pty

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

DEFAULTED = signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}

SPARE = 6
"""Descriptors that no child's pipes may take: without any procman could not even clean up."""


class Pipes(NamedTuple):
    """procman's ends: out and err are read (err is -1 where stderr joins stdout), in_ is held open."""

    pid: int
    in_: int
    out: int
    err: int
    terminal: bool


class Limits:
    """Room for many children's descriptors in procman; the children keep the limit procman was given."""

    def __init__(self) -> None:
        self._given = resource.getrlimit(resource.RLIMIT_NOFILE)
        self._raised = self._given
        soft, hard = self._given
        if soft != hard:
            # macOS refuses "unlimited" and more than OPEN_MAX.
            for wanted in (hard, 10240):
                with suppress(OSError, ValueError):
                    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
                    self._raised = (wanted, hard)
                    break

    @property
    def given(self) -> int:
        """The number of descriptors that the children are allowed."""
        return _finite(self._given[0])

    @property
    def beyond(self) -> int:
        """The first of the last few descriptors, with which procman can still look at /proc, or clean up."""
        return _finite(self._raised[0]) - SPARE

    @property
    def are_raised(self) -> bool:
        return self._raised != self._given

    @contextmanager
    def as_given(self) -> Iterator[None]:
        if not self.are_raised:
            yield
            return
        resource.setrlimit(resource.RLIMIT_NOFILE, self._given)
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, self._raised)


class Spawner:
    """Starts shells in one root directory, on pipes or on pseudo-terminals."""

    def __init__(self, root: str, limits: Limits, *, mark_stderr: bool = False) -> None:
        self._root = root
        self._limits = limits
        self._mark_stderr = mark_stderr
        self._stands = [os.open(os.devnull, os.O_RDWR) for _ in range(4 if limits.are_raised else 0)]

    def on_pipes(self, command: str, environ: Mapping[str, str], cwd: str | None) -> Pipes:
        opened: list[int] = []
        try:
            for _ in range(3 if self._mark_stderr else 2):
                opened += os.pipe()
            self._leave_some(opened)
            theirs_in, ours_in, ours_out, theirs_out = opened[:4]
            ours_err, theirs_err = opened[4:] or (-1, theirs_out)
            with self._allowed(theirs_in, theirs_out, theirs_err) as theirs:
                actions = [(os.POSIX_SPAWN_DUP2, fd, target) for target, fd in enumerate(theirs)]
                pid = self._spawn(command, environ, cwd, actions)
        except BaseException:
            _close(opened)
            raise
        _close({theirs_in, theirs_out, theirs_err})
        for fd in (ours_out, ours_err):
            if fd >= 0:
                os.set_blocking(fd, False)
        return Pipes(pid, ours_in, ours_out, ours_err, terminal=False)

    def on_terminal(
        self, command: str, environ: Mapping[str, str], cwd: str | None, size: tuple[int, int]
    ) -> Pipes:
        master, slave, path = open_pty(size)
        opened = [master, slave]
        try:
            theirs_err, ours_err = 0, -1
            if self._mark_stderr:
                ours_err, theirs_err = os.pipe()
                opened += (ours_err, theirs_err)
            self._leave_some(opened)
            with self._allowed(theirs_err) as (err, *_):
                actions = [
                    (os.POSIX_SPAWN_OPEN, 0, path, os.O_RDWR, 0),
                    (os.POSIX_SPAWN_DUP2, 0, 1),
                    (os.POSIX_SPAWN_DUP2, err, 2),
                ]
                pid = self._spawn(command, environ, cwd, actions)
        except BaseException:
            _close(opened)
            raise
        os.set_blocking(master, False)
        if ours_err >= 0:
            os.close(theirs_err)
            os.set_blocking(ours_err, False)
        # The slave stays open too: a child that closes its own would end the terminal, and be hung up on.
        return Pipes(pid, slave, master, ours_err, terminal=True)

    def silently(self, command: str, environ: Mapping[str, str], cwd: str | None) -> int:
        """Start a command that nobody listens to and nobody answers; give its pid."""
        actions = [
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDWR, 0),
            (os.POSIX_SPAWN_DUP2, 0, 1),
            (os.POSIX_SPAWN_DUP2, 0, 2),
        ]
        return self._spawn(command, environ, cwd, actions)

    def _leave_some(self, opened: Sequence[int]) -> None:
        """Refuse as the system does, a little earlier: numbers are given out from the lowest up."""
        if max(opened) >= self._limits.beyond:
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    @contextmanager
    def _allowed(self, *fds: int) -> Iterator[Sequence[int]]:
        """Give descriptors under numbers that a child is allowed: posix_spawn(3) refuses the others.

        procman's own limit is the higher one; what is beyond the children's stands on a low number meanwhile.
        """
        if max(fds) < self._limits.given:
            yield fds
            return
        nowhere, *stands = self._stands
        try:
            for stand, fd in zip(stands, fds, strict=False):
                os.dup2(fd, stand, inheritable=False)
            yield stands
        finally:
            for stand in stands:
                os.dup2(nowhere, stand, inheritable=False)

    def _spawn(
        self, command: str, environ: Mapping[str, str], cwd: str | None, actions: Sequence[tuple[object, ...]]
    ) -> int:
        argv = [b"sh", b"-c", command.encode("utf-8", "surrogateescape")]
        here = self._root if cwd is None else os.path.join(self._root, cwd)
        with self._limits.as_given(), standing_in(here, back=self._root):
            return os.posix_spawn(
                "/bin/sh",
                argv,
                environ,
                file_actions=actions,
                setsid=True,
                setsigmask=(),
                setsigdef=DEFAULTED,
            )


@contextmanager
def standing_in(directory: str, *, back: str) -> Iterator[None]:
    if directory == back:
        yield
        return
    os.chdir(directory)
    try:
        yield
    finally:
        os.chdir(back)


def _finite(limit: int) -> int:
    return sys.maxsize if limit == resource.RLIM_INFINITY else limit


def _close(fds: Sequence[int] | set[int]) -> None:
    for fd in set(fds):
        with suppress(OSError):
            os.close(fd)


def close_on_exec_above_two() -> None:
    """Keep what procman inherited from its own parent out of the children."""
    for name in os.listdir("/dev/fd"):
        with suppress(OSError, ValueError):
            fd = int(name)
            if fd > 2:  # noqa: PLR2004 - standard error is the last one that is passed on
                os.set_inheritable(fd, False)


def open_missing_descriptors() -> None:
    """Put /dev/null where procman was started with a closed 0, 1 or 2, before anything else lands there."""
    while True:
        fd = os.open(os.devnull, os.O_RDWR)
        if fd > 2:  # noqa: PLR2004
            os.close(fd)
            return
        os.set_inheritable(fd, True)


def why_not(error: OSError | ValueError, cwd: str | None) -> str:
    """Say why nothing was spawned, and what to do about it."""
    if not isinstance(error, OSError):
        return str(error)
    match error.errno:
        case errno.EMFILE | errno.ENFILE:
            return "too many open files (`ulimit -n` raises the limit, two descriptors a process are needed)"
        case errno.EAGAIN:
            return "no more processes allowed (`ulimit -u` shows the limit)"
        case errno.E2BIG:
            return "command and environment are longer together than the system takes"
        case errno.ENOENT | errno.ENOTDIR if cwd is not None:
            return f"no such folder: {cwd}"
        case _:
            return error.strerror or str(error)
