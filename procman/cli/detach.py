"""`start -D`: the run goes on without a terminal, its parent waits until it is ready, or tells why it isn't.

The two are joined by a pipe: the run's standard error, and one NUL byte that says it can be reached.
When it ends early, what it had to say comes through the same pipe, and its status is the parent's.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn

import click

from procman.errors import ProcmanError
from procman.output.summary import crash_summary

if TYPE_CHECKING:
    from collections.abc import Callable

    from procman.core.supervisor import Supervisor
    from procman.output.recent import Recent

REACHABLE = b"\0"


def detach(root: str, *, wait: bool) -> Callable[[], None]:
    """Fork: return in the run, with what it calls once it can be reached; never return in the parent."""
    sys.stdout.flush()
    reader, writer = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writer)
        os._exit(_flushed(Parent(pid, reader, root).attend(wait=wait)))
    os.close(reader)
    os.setsid()
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    os.dup2(writer, 2)
    os.close(nowhere)
    os.close(writer)
    return _reached


def _reached() -> None:
    try:
        os.write(2, REACHABLE)
    except OSError:  # the parent was killed: nobody waits any more
        os.dup2(1, 2)


def last_words(supervisor: Supervisor, recent: Recent, *, is_kept: bool) -> None:
    """Say to whoever still waits why it has ended. is_kept: its log can be read afterwards."""
    lines = crash_summary(supervisor.cause, supervisor.taken_down, recent)
    if lines and is_kept:
        lines.append("all that was said: procman logs --last")
    with suppress(OSError):
        for line in lines:
            os.write(2, f"procman: {line}\n".encode("utf-8", "surrogateescape"))


class Parent:
    """The process that was typed. pid: the run's."""

    def __init__(self, pid: int, reader: int, root: str) -> None:
        self._pid = pid
        self._reader = reader
        self._root = root

    def attend(self, *, wait: bool) -> int:
        """Wait for the run; give the status to end with."""
        signal.signal(signal.SIGINT, self._interrupted)
        if not self._until_reachable():
            return self._failed()
        is_well = self._until_ready(wait=wait)
        if is_well is None:
            return self._failed()
        if not is_well:
            click.echo(f"procman: runs on with pid {self._pid}: procman ps | logs | quit", err=True)
            return 1
        click.echo(f"procman runs in the background with pid {self._pid}: procman ps | logs -f | quit")
        return 0

    def _until_reachable(self) -> bool:
        """Pass on what the run says until it can be reached; false when it has ended before."""
        while data := os.read(self._reader, 65536):
            before, found, after = data.partition(REACHABLE)
            _complain(before + after)
            if found:
                return True
        return False

    def _until_ready(self, *, wait: bool) -> bool | None:
        """Say whether all is as it was asked for; None when the run has ended, or is about to."""
        from procman.cli.remote import in_words
        from procman.control.client import GoneError, RefusedError, reach

        failed: list[str] = []
        try:
            with reach(self._root, os.environ) as client:
                try:
                    for reply in client.stream("wait") if wait else ():
                        if reply.get("late"):
                            click.echo(f"procman: {in_words(reply)}", err=True)
                        elif "error" in reply:
                            failed.append(in_words(reply))
                except RefusedError as refused:
                    if refused.code != "failed":
                        return None
                # What failed, or was the last to end well, may have been the end of all.
                if client.ask("info")["closing"]:
                    return None
        except GoneError:
            return None
        except ProcmanError:
            return None if self._has_ended() else True
        for text in failed:
            click.echo(f"procman: {text}", err=True)
        return not failed

    def _failed(self) -> int:
        """Pass on the run's last words, and its status."""
        while data := os.read(self._reader, 65536):
            _complain(data)
        _, status = os.waitpid(self._pid, 0)
        code = os.waitstatus_to_exitcode(status)
        if code == 0:
            click.echo("procman: all processes have ended", err=True)
        return code if code >= 0 else 128 - code

    def _has_ended(self) -> bool:
        return os.waitid(os.P_PID, self._pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def _interrupted(self, _signum: int, _frame: object) -> NoReturn:
        os.kill(self._pid, signal.SIGTERM)
        self._failed()
        os._exit(130)


def _complain(data: bytes) -> None:
    if data:
        os.write(2, data)


def _flushed(code: int) -> int:
    try:
        sys.stdout.flush()
    except OSError:
        return code or 1
    return code
