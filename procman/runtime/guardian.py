"""A companion that outlives procman by a moment and ends what procman could not.

Theory of operation. The guardian is forked before anything is started: a session of its own, all
signals ignored, standard descriptors on /dev/null, everything else closed but the read end of a
pipe whose write end only procman holds. procman writes `+pid` for every leader it spawns, `-pid`
when that tree is gone, `q` when all is done. End of file without `q` means that procman died
(SIGKILL, a crash, out of memory): then everything in the groups and sessions that are still on the
list, whatever carries this run's mark, and what descends from those, gets TERM, a moment later KILL,
until nothing is found. What emptied its environment, left its session and lost its parent before that
moment is beyond its sight (procman, alive, would find it: it is a subreaper).
PR_SET_PDEATHSIG would reach direct children only, and needs preexec_fn.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from procman.runtime import census

if TYPE_CHECKING:
    from collections.abc import Iterable

GRACE = 0.25
"""Seconds between TERM and KILL: all is to be gone within a second of procman's death."""
PATIENCE = 10.0
"""Seconds after which a process that does not die of KILL is given up."""
PAUSE = 0.01


class Guardian:
    """procman's side of the pipe."""

    def __init__(self, run: str, *, portable: bool) -> None:
        self._run = run
        self._portable = portable
        self._leaders: set[int] = set()
        self._headless: set[int] = set()
        self.pid = 0
        self._pipe = -1
        self._fork()

    def add(self, pid: int) -> None:
        self._leaders.add(pid)
        self._tell(f"+{pid}\n")

    def discard(self, pid: int) -> None:
        self._leaders.discard(pid)
        self._headless.discard(pid)
        self._tell(f"-{pid}\n")

    def leader_gone(self, pid: int) -> None:
        """Take note that a leader was reaped; its group may live on for a while."""
        if pid in self._leaders:
            self._headless.add(pid)

    def tidy(self) -> None:
        """Take off the list whose group is empty, before its number becomes a stranger's."""
        for pid in [pid for pid in self._headless if not _group_lives(pid)]:
            self.discard(pid)

    def replace(self) -> None:
        """Somebody ended the guardian: a new one takes the list over."""
        os.close(self._pipe)
        self._fork()
        self._tell("".join(f"+{pid}\n" for pid in self._leaders))

    def dismiss(self) -> None:
        """All is done: the guardian ends, and is not left behind."""
        self._tell("q\n")
        os.close(self._pipe)
        with suppress(ChildProcessError, ProcessLookupError):
            os.kill(self.pid, signal.SIGCONT)  # should somebody have stopped it, it could not end
            os.waitpid(self.pid, 0)

    def _tell(self, text: str) -> None:
        # A dead guardian is noticed by its SIGCHLD; here it must not stop the supervision.
        with suppress(BrokenPipeError):
            os.write(self._pipe, text.encode())

    def _fork(self) -> None:
        reader, writer = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            status = 1
            try:
                _guard(reader, self._run, portable=self._portable)
                status = 0
            finally:
                os._exit(status)
        os.close(reader)
        self._pipe = writer


def _group_lives(pgid: int) -> bool:
    try:
        os.killpg(pgid, 0)
    except OSError as error:
        return not isinstance(error, ProcessLookupError)  # one that is not ours is there all the same
    return True


def _guard(reader: int, run: str, *, portable: bool) -> None:
    _leave_the_terminal(reader)
    leaders: set[int] = set()
    rest = b""
    while data := os.read(0, 65536):
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            if line == b"q":
                return
            pid = int(line[1:])
            (leaders.add if line[:1] == b"+" else leaders.discard)(pid)
    _clean_up(leaders, run, portable=portable)


def _leave_the_terminal(reader: int) -> None:
    """Keep the pipe as descriptor 0 and nothing else of what procman has open."""
    os.setsid()
    signal.set_wakeup_fd(-1)
    for signum in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD}:
        with suppress(OSError, ValueError):
            signal.signal(signum, signal.SIG_IGN)
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(reader, 0)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.closerange(3, _highest_descriptor() + 1)
    os.chdir("/")


def _highest_descriptor() -> int:
    try:
        return max(int(name) for name in os.listdir("/dev/fd"))
    except (OSError, ValueError):
        return int(os.sysconf("SC_OPEN_MAX"))


def _clean_up(leaders: set[int], run: str, *, portable: bool) -> None:
    known: dict[int, census.Row] = {}
    kill_at = give_up_at = float("inf")
    # Looked for again in every round: something may have forked in between.
    while (found := _survivors(leaders, run, known, portable=portable)) and time.monotonic() < give_up_at:
        if not known:  # a first look can take longer than the grace, which is the children's
            kill_at = time.monotonic() + GRACE
            give_up_at = kill_at + PATIENCE
        if time.monotonic() >= kill_at:
            _send(found.keys(), signal.SIGKILL)
        else:
            _send(found.keys() - known.keys(), signal.SIGTERM)
            _send(found.keys() - known.keys(), signal.SIGCONT)
        known = found
        time.sleep(PAUSE)


def _survivors(
    leaders: set[int], run: str, known: dict[int, census.Row], *, portable: bool
) -> dict[int, census.Row]:
    """Give all that is in a leader's group or session, carries the mark, or descends from one that does.

    known: those of the round before; the parent that told whose they are may be gone by now.
    """
    rows = census.portable_rows() if portable else census.linux_rows()
    mark = census.portable_mark if portable else census.linux_mark
    alive = {row.pid: row for row in rows if not row.zombie and row.pid != os.getpid()}
    found = {
        row.pid: row
        for row in alive.values()
        if row.sid in leaders
        or row.pgid in leaders
        or _is_same(row, known.get(row.pid))
        or census.marked_name(mark(row.pid), run) is not None
    }
    size = -1
    while len(found) != size:
        size = len(found)
        found.update({row.pid: row for row in alive.values() if row.ppid in found})
    return found


def _is_same(row: census.Row, before: census.Row | None) -> bool:
    return before is not None and (row.pgid, row.sid) == (before.pgid, before.sid)


def _send(pids: Iterable[int], signum: int) -> None:
    for pid in pids:
        with suppress(OSError):
            os.kill(pid, signum)
