"""The `procman start` behind a formation: a process of its own, that nobody can forget to end.

Theory of operation. procman runs in a session of its own: Ctrl-C and Ctrl-Z of a test run are the test
runner's, which ends procman when it unwinds. Its standard input is a lifeline (procman/runtime/lifeline.py)
whose other end only this process holds; to let it go is how procman is ended, and the kernel does it where
this process is killed. A pipe is kept open by a copy of its holder, so whoever forks lets go of it in the
child. Its socket is in a folder of its own, so that it is beside whatever else runs in the same root.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from shutil import rmtree
from typing import IO, TYPE_CHECKING, cast

from procman.control.address import LONGEST_SOCKET, Address
from procman.control.client import connect
from procman.embed.captured import Captured

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from procman.control.client import Client

PROCMAN = (sys.executable, "-P", "-m", "procman")
"""-P: what lies in the current folder is the app's, and none of procman's modules."""
OURS = {"PROCMAN_LIFELINE": "1", "PROCMAN_DETACH": "0"}
"""A project whose `start` goes on in the background by itself is not to do so here."""
LOOK_AGAIN = 0.01
SOCKET_NAME = len("/0123456789abcdef.sock")
PIECE = 65536
LAST_WORDS = 5.0
"""Seconds between the end of a procman and that of what it says, whichever comes first."""

_lifelines: set[int] = set()


def _let_go() -> None:
    while _lifelines:
        with suppress(OSError):
            os.close(_lifelines.pop())


os.register_at_fork(after_in_child=_let_go)


class Running:
    """words: of the command line. keep: descriptors that procman is to hold as long as it lives.

    complaints: what it wrote on its standard error, known at its end.
    """

    def __init__(self, words: Sequence[str], environ: Mapping[str, str], *, keep: Sequence[int] = ()) -> None:
        self.captured = Captured()
        self.complaints = ""
        self._owner = os.getpid()
        self._folder = _folder()
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `end`
        theirs, self._lifeline = os.pipe()
        _lifelines.add(self._lifeline)
        try:
            self._process = subprocess.Popen(
                [*PROCMAN, *words],
                env={**environ, **OURS, "PROCMAN_SOCKETS": self._folder},
                stdin=theirs,
                stdout=subprocess.PIPE,
                stderr=self._stderr,
                pass_fds=keep,
                start_new_session=True,
            )
        except BaseException:
            self._put_away()
            self._stderr.close()
            os.rmdir(self._folder)
            raise
        finally:
            os.close(theirs)
        self._stdout = cast("IO[bytes]", self._process.stdout)
        self._ear = threading.Thread(target=self.captured.listen, args=[self._stdout], daemon=True)
        self._ear.start()

    @property
    def status(self) -> int | None:
        """How it ended, as sh(1) has it: 128+n for a signal; None while it runs."""
        code = self._process.poll()
        return code if code is None or code >= 0 else 128 - code

    def reach(self, until: float) -> Client | None:
        """Connect to its socket, which is there once all has been started; None when that won't be."""
        while True:
            client = self._connect()
            if client is not None:
                return client
            if time.monotonic() > until or self.ends_within(LOOK_AGAIN):
                return None

    def end(self, patience: float) -> None:
        """Let it go, and return when it has ended: by itself in so many seconds, or by SIGKILL."""
        if self._owner != os.getpid():  # a fork of the process that has it
            return
        self._put_away()
        if not self.ends_within(patience):
            self._process.kill()  # its guardian ends what it leaves behind
            self._process.wait()
        self._ear.join(LAST_WORDS)
        if not self._ear.is_alive():
            self._stdout.close()
        if not self._stderr.closed:
            self.complaints = os.pread(self._stderr.fileno(), PIECE, 0).decode("utf-8", "replace")
            self._stderr.close()
        rmtree(self._folder, ignore_errors=True)

    def _connect(self) -> Client | None:
        with suppress(FileNotFoundError):  # procman takes the folder away when it ends
            for name in os.listdir(self._folder):
                if name.endswith(".sock"):
                    return connect(Address("", os.path.join(self._folder, name), ""))
        return None

    def ends_within(self, seconds: float) -> bool:
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _put_away(self) -> None:
        if self._lifeline in _lifelines:
            _lifelines.discard(self._lifeline)
            os.close(self._lifeline)


def _folder() -> str:
    """Make a folder for the socket, whose path has to be short."""
    folder = tempfile.mkdtemp(prefix="procman-")
    if len(os.fsencode(folder)) + SOCKET_NAME <= LONGEST_SOCKET:
        return folder
    os.rmdir(folder)
    return tempfile.mkdtemp(prefix="procman-", dir="/tmp")
