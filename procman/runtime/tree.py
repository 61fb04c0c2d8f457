"""Everything that descends from a child: found, attributed to its instance, told of when it is gone.

Theory of operation. A process can leave its group and its session, but not its ancestry while its
parent lives. On Linux procman is a subreaper (prctl(2)): when a parent dies its children become
procman's own. So whatever lives on of a tree whose leader has gone hangs below a direct child of
procman that procman did not spawn: an orphan. The kernel lists the direct children in one file, so
"nothing is left" is one read, and every death of an orphan is told by SIGCHLD: no polling.

An orphan belongs to the instance whose leader's session or group it is in, else to the one named by
its mark (census.py), else to nobody (`system`): a daemon that emptied its environment. Children
that procman had before it started anything (a shell that exec'd into it) are nobody's business.

Elsewhere orphans go to init, so the tree is whoever carries the mark or sits in the session of one
of our leaders, and an awaited end is looked for again and again, 10 to 100 ms apart.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from procman.core.actions import SYSTEM
from procman.core.events import Emptied
from procman.runtime import census

if TYPE_CHECKING:
    from collections.abc import Iterable

    from procman.core.events import Event

PR_SET_CHILD_SUBREAPER = 36
PORTABLE_INTERVALS = (0.01, 0.1)


class Tree:
    """The descendants of all children of this run.

    leaders: every pid procman spawned whose tree may still be alive, with its instance's name.
    """

    def __init__(self, run: str, *, portable: bool, ignored: Iterable[int] = ()) -> None:
        self._run = run
        self._portable = portable
        self._self = os.getpid()
        self._leaders: dict[int, str] = {}
        self._running: set[int] = set()
        self._awaited: dict[str, None] = {}
        self._interval, self._longest = PORTABLE_INTERVALS
        self._alive: set[str] | None = None
        self._members: dict[str, list[census.Row]] | None = None
        self._look_at = 0.0
        self.deadline: float | None = None
        if not portable:
            _become_subreaper()
        self._ignored = {*ignored, *self._children()}

    def ignore(self, pid: int) -> None:
        """Take a child of procman's that serves procman itself (the guardian) out of the census."""
        self._ignored.add(pid)

    def add(self, name: str, pid: int) -> None:
        self._leaders[pid] = name
        self._running.add(pid)
        self._look_at = 0.0
        self.look_again()

    def leader_gone(self, pid: int) -> None:
        self._running.discard(pid)
        self._look_at = 0.0

    def await_empty(self, name: str, now: float) -> None:
        self._awaited[name] = None
        self._interval = PORTABLE_INTERVALS[0]
        self.deadline = now

    def abandon(self, name: str) -> list[int]:
        """Stop waiting for a tree; give the pids that are left of it."""
        self._awaited.pop(name, None)
        return [row.pid for row in self.members(name)]

    def read(self, now: float) -> list[Event]:
        """Tell which awaited trees are empty. Called after every reaping and when `deadline` has passed."""
        self.deadline = None
        if not self._awaited:
            return []
        self.look_again()
        alive = self._names_alive()
        gone = dict.fromkeys(name for name in self._awaited if name not in alive)
        if gone:  # one pass for all: a thousand may go at once
            self._awaited = {name: None for name in self._awaited if name not in gone}
            self._leaders = {pid: name for pid, name in self._leaders.items() if name not in gone}
        if self._awaited and self._portable:
            self.deadline = now + self._interval
            self._interval = min(self._longest, self._interval * 1.5)
        return [Emptied(name) for name in gone]

    def look_again(self) -> None:
        """Forget what was seen: a thousand actions of one turn share a look, the next turn has its own.

        Where a look is dear it is kept for as long as it took, or until a leader comes or goes: what a leader
        left behind may be younger than the look.
        """
        if time.monotonic() >= self._look_at:
            self._alive = None
            self._members = None

    def members(self, name: str) -> list[census.Row]:
        """Everything alive of one tree, its leader included, by one look at all processes."""
        if self._members is None:
            begun = time.monotonic()
            rows = {row.pid: row for row in self._rows() if not row.zombie}
            owners: dict[int, str | None] = {}
            self._members = {}
            for row in rows.values():
                if owner := self._owner(row, rows, owners):
                    self._members.setdefault(owner, []).append(row)
            if self._portable:
                ended = time.monotonic()
                self._look_at = ended + (ended - begun)
        return self._members.get(name, [])

    def may_live(self, name: str) -> bool:
        """Whether anything of the tree is alive, as cheaply as the platform can tell."""
        return name in self._names_alive()

    def in_leaders_group(self, name: str, row: census.Row) -> bool:
        return self._leaders.get(row.pgid) == name

    def _names_alive(self) -> set[str]:
        if self._alive is None:
            self._alive = {self._leaders[pid] for pid in self._running} | self._names_of_orphans()
        return self._alive

    def _names_of_orphans(self) -> set[str]:
        if self._portable:
            self.members("")
            return set(self._members or ())
        names = set()
        seen = self._running | self._ignored
        # Who dies after it was listed leaves children that come later: listed again until nobody is new.
        while new := set(self._children()) - seen:
            seen |= new
            for row in filter(None, map(census.linux_row, new)):
                # A zombie counts until it is reaped: its SIGCHLD is on the way.
                names.add(self._claimed(row) or SYSTEM)
        return names

    def _owner(
        self, row: census.Row, rows: dict[int, census.Row], owners: dict[int, str | None]
    ) -> str | None:
        """Give the instance a process belongs to: through its ancestors, its session, its group, its mark."""
        trail = []
        owner: str | None = None
        pid = row.pid
        while True:
            if pid in owners:
                owner = owners[pid]
                break
            trail.append(pid)
            if pid in self._running:  # not any leader of old: its number may be a stranger's by now
                owner = self._leaders[pid]
                break
            here = rows.get(pid)
            if here is None or pid in self._ignored or pid == self._self:
                break
            if self._portable and (owner := self._claimed(here)):
                break
            if here.ppid == self._self and not self._portable:
                owner = self._claimed(here) or SYSTEM
                break
            pid = here.ppid
        for pid in trail:
            owners[pid] = owner
        return owner

    def _claimed(self, row: census.Row) -> str | None:
        name = self._leaders.get(row.sid) or self._leaders.get(row.pgid)
        if name is None:
            mark = census.portable_mark(row.pid) if self._portable else census.linux_mark(row.pid)
            name = census.marked_name(mark, self._run)
        return name

    def _rows(self) -> list[census.Row]:
        return census.portable_rows() if self._portable else census.linux_rows()

    def _children(self) -> list[int]:
        """Give procman's direct children, whoever spawned them (Linux only; else none are known)."""
        if self._portable:
            return []
        try:
            with open(f"/proc/self/task/{self._self}/children", "rb", buffering=0) as file:
                return [int(pid) for pid in file.readall().split()]
        except OSError:  # a kernel without CONFIG_PROC_CHILDREN
            return [row.pid for row in census.linux_rows() if row.ppid == self._self]


def _become_subreaper() -> None:
    # ctypes proper builds its table of types, at a tenth of the whole start; its core can call as well.
    try:
        from _ctypes import call_function, dlopen, dlsym
    except ImportError:
        from ctypes import CDLL

        CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    else:
        libc = dlopen(None, 0)  # type: ignore[arg-type]  # typeshed knows paths only, dlopen(3) takes none
        call_function(dlsym(libc, "prctl"), (PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))
