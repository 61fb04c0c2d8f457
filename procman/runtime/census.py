"""Who is alive: a look at the machine's processes, and whose they are.

On Linux from /proc (11 to 18 µs a process), elsewhere, and wherever PROCMAN_FORCE_PORTABLE is set,
through psutil. Every child carries PROCMAN_RUN=<run>/<name> in its environment; a procman inside
another one appends its own mark to the outer one's, so that each finds all that is below it.
"""

from __future__ import annotations

import os
import sys
import time

from procman.quicktuple import NamedTuple

MARK = "PROCMAN_RUN"
MOST_LOOKS, PAUSE = 100, 0.0002
"""How often, and after how many seconds again, a process is looked at that seems to be in the middle of
execve(2): that takes microseconds, but it may have lost its processor meanwhile."""


class Row(NamedTuple):
    pid: int
    ppid: int
    pgid: int
    sid: int
    zombie: bool


def is_portable(environ: dict[str, str] | os._Environ[str]) -> bool:
    """Whether to do without Linux's subreaper and /proc (PROCMAN_FORCE_PORTABLE: a seam for the tests)."""
    return not sys.platform.startswith("linux") or bool(environ.get("PROCMAN_FORCE_PORTABLE"))


def mark_of(outer: str, run: str, name: str) -> str:
    """Give the value of PROCMAN_RUN for a child; outer is the value procman itself was started with."""
    own = f"{run}/{name}"
    return f"{outer}:{own}" if outer else own


def marked_name(value: str, run: str) -> str | None:
    """Whose child this mark makes a process, if it is of this run at all."""
    for part in value.split(":"):
        head, slash, name = part.partition("/")
        if slash and head == run:
            return name
    return None


def linux_rows() -> list[Row]:
    rows = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            row = linux_row(int(entry))
            if row is not None:
                rows.append(row)
    return rows


def linux_row(pid: int) -> Row | None:
    """Read one process; None when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb", buffering=0) as file:
            text = file.read(1024)
    except OSError:
        return None
    # The command's name stands in parentheses and may hold blanks and parentheses itself: proc(5).
    fields = text[text.rfind(b")") + 2 :].split(b" ", 4)
    if len(fields) < 5:  # noqa: PLR2004 - state, ppid, pgrp, session and the rest
        return None
    state, ppid, pgid, sid = fields[:4]
    return Row(pid, int(ppid), int(pgid), int(sid), state in (b"Z", b"X"))


def linux_mark(pid: int) -> str:
    """Give the value of PROCMAN_RUN a process was started with, or "" (gone, or not ours to read)."""
    sign = f"{MARK}=".encode()
    for item in _linux_environ(pid).split(b"\0"):
        if item.startswith(sign):
            return item[len(sign) :].decode(errors="replace")
    return ""


def _linux_environ(pid: int) -> bytes:
    """Read a process's environment; one in the middle of execve(2) has none for a moment, nor arguments."""
    environ = _linux_file(pid, "environ")
    begun = 0
    for _ in range(MOST_LOOKS):
        # The arguments are there a moment before the environment: who has them twice has emptied it.
        if environ or begun > 1 or not _has_program(pid):
            break
        time.sleep(PAUSE)
        begun += bool(_linux_file(pid, "cmdline"))
        environ = _linux_file(pid, "environ")
    return environ


def _linux_file(pid: int, name: str) -> bytes:
    try:
        with open(f"/proc/{pid}/{name}", "rb", buffering=0) as file:
            return file.readall()
    except OSError:
        return b""


def _has_program(pid: int) -> bool:
    """Whether it is a process of a user at all: neither the kernel's threads nor zombies have a program."""
    try:
        return bool(os.readlink(f"/proc/{pid}/exe"))
    except OSError:
        return False


def portable_rows() -> list[Row]:
    import psutil

    rows = []
    for process in psutil.process_iter():
        try:
            with process.oneshot():
                pid = process.pid
                zombie = process.status() == psutil.STATUS_ZOMBIE
                rows.append(Row(pid, process.ppid(), os.getpgid(pid), os.getsid(pid), zombie))
        except (psutil.Error, OSError):
            continue
    return rows


def portable_mark(pid: int) -> str:
    import psutil

    try:
        return psutil.Process(pid).environ().get(MARK, "")
    except (psutil.Error, OSError):
        return ""
