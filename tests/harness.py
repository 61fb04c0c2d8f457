"""procman as its users run it: a process of its own, on pipes, on a file or on a terminal.

`eventually` is the only thing in the suite that waits, and it waits for conditions, never for time to pass.
Every process that a test starts carries TEST_MARK in its environment, by which its survivors are found.
(The name doesn't begin with PROCMAN_: those variables are procman's own and stay behind.)
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from contextlib import suppress
from signal import SIGINT
from threading import Event
from typing import TYPE_CHECKING, TypeVar

import pytest

from tests.ear import Ear, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from typing import IO

    Found = TypeVar("Found")

MARK = "TEST_MARK"
PROCMAN = (sys.executable, "-m", "procman")
CHILDREN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "children")
WITHIN = 20.0
"""Seconds that anything may take: many times what it does, so that a busy machine is no failure."""

_UNWANTED = {
    "PORT",
    "PS",
    "PROC_TYPE",
    "PROCFILE",
    "NO_COLOR",
    "FORCE_COLOR",
    "COLUMNS",
    "LINES",
    "TEST_COLD",
}
_LINE = re.compile(r"^\d\d:\d\d:\d\d ([\w.-]+) *[|!] ?(.*)$")


def eventually(
    fn: Callable[[], Found],
    within: float = WITHIN,
    *,
    every: float = 0.01,
    describe: Callable[[], str] | None = None,
) -> Found:
    """Give fn's first truthy result; fail, with what describe says, when there is none in time."""
    nothing_comes = Event()
    deadline = time.monotonic() + within
    while not (found := fn()):
        if time.monotonic() > deadline:
            seen = f"\n{describe()}" if describe else f" (last result: {found!r})"
            pytest.fail(f"not within {within:g} s: {getattr(fn, '__qualname__', fn)}{seen}")
        nothing_comes.wait(every)
    return found


def child(name: str, *args: object) -> str:
    """Give the command line of a program in tests/children (quick to start: no site, no environment)."""
    return " ".join([sys.executable, "-S", "-E", os.path.join(CHILDREN, f"{name}.py"), *map(str, args)])


def clean_environ(mark: str, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Give the environment tests run in: nothing that would change what procman does, and the mark."""
    kept = {k: v for k, v in os.environ.items() if k not in _UNWANTED and not k.startswith("PROCMAN")}
    return {**kept, MARK: mark, **(extra or {})}


def survivors(mark: str, root: str = "") -> list[int]:
    """Give all live processes with this mark in their environment, or that stand below root."""
    if os.path.isdir("/proc/self"):
        # A zombie has neither environment nor folder.
        candidates = [int(name) for name in os.listdir("/proc") if name.isdigit()]
        return [pid for pid in candidates if pid != os.getpid() and _is_marked(pid, mark, root)]
    return _survivors_elsewhere(mark, root)


def _is_marked(pid: int, mark: str, root: str) -> bool:
    with suppress(OSError):
        if root and f"{os.readlink(f'/proc/{pid}/cwd')}/".startswith(f"{root}/"):
            return True
        with open(f"/proc/{pid}/environ", "rb", buffering=0) as file:
            return f"{MARK}={mark}".encode() in file.readall().split(b"\0")
    return False


def _survivors_elsewhere(mark: str, root: str) -> list[int]:
    import psutil

    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            below = bool(root) and f"{process.cwd()}/".startswith(f"{root}/")
            alive = process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE
            if alive and (below or process.environ().get(MARK) == mark):
                found.append(process.pid)
    return found


def is_alive(pid: int) -> bool:
    """Whether a process exists and is no zombie."""
    import psutil

    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def command_line(pid: int) -> str:
    import psutil

    try:
        return " ".join(psutil.Process(pid).cmdline())
    except psutil.Error:
        return ""


def children_of(pid: int, word: str = "") -> list[int]:
    """Give all children of a process, zombies too, whose command line has this word."""
    import psutil

    return [child.pid for child in psutil.Process(pid).children() if word in command_line(child.pid)]


class Procman:
    """A command line that runs (procman's, or one with procman in it), in a session of its own.

    stdout: "pipe", or the path of a file. stdin: /dev/null unless given.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        cwd: Path,
        environ: Mapping[str, str],
        stdout: str | Path = "pipe",
        stdin: int | IO[bytes] = subprocess.DEVNULL,
    ) -> None:
        self._file = None if stdout == "pipe" else stdout
        with open(stdout, "ab") if self._file else open(os.devnull, "rb") as file:
            self.process = subprocess.Popen(
                argv,
                cwd=cwd,
                env=environ,
                stdin=stdin,
                stdout=file if self._file else subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        self._ears: list[Ear] = []
        self.stdout = None if self.process.stdout is None else self._listen(self.process.stdout.fileno())
        assert self.process.stderr is not None
        self.stderr = self._listen(self.process.stderr.fileno())

    def _listen(self, fd: int) -> Ear:
        self._ears.append(Ear(fd))
        return self._ears[-1]

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def output(self) -> str:
        """What was heard so far, colours removed; standard error after standard output."""
        text = plain(self.stdout.data if self.stdout else b"")
        if self._file:
            with open(self._file, "rb") as file:
                text = plain(file.read())
        return text + plain(self.stderr.data)

    def lines(self, name: str) -> list[str]:
        """Give what was shown for one process (`web.1`, `system`), prefixes removed."""
        found = [_LINE.match(line) for line in self.output.split("\n")]
        return [match[2] for match in found if match and match[1] == name]

    def pids(self, name: str = "") -> list[int]:
        """Give the announced pids, in order, of one process or of all."""
        started = re.compile(rf"{re.escape(name) or '[^ ]+'} *\| started with pid (\d+)$", re.MULTILINE)
        return [int(pid) for pid in started.findall(self.output)]

    def until(self, pattern: str | re.Pattern[str], within: float = WITHIN, *, times: int = 1) -> str:
        """Wait until a text or a regular expression has been shown (so many times); give the last match."""
        regex = re.compile(re.escape(pattern)) if isinstance(pattern, str) else pattern

        def shown() -> str:
            matches = [match[0] for match in regex.finditer(self.output)]
            return matches[-1] if len(matches) >= times else ""

        def describe() -> str:
            return f"{regex.pattern!r} not shown, status {self.process.poll()}, in:\n{self.output}"

        return eventually(shown, within, describe=describe)

    def heard_at(self, pattern: str | re.Pattern[str]) -> float:
        """Give the monotonic moment at which something was shown on standard output (not in a file)."""
        regex = re.compile(re.escape(pattern)) if isinstance(pattern, str) else pattern
        assert self.stdout is not None
        return self.stdout.heard_at(regex)

    def signal(self, signum: int) -> None:
        os.kill(self.pid, signum)

    def signal_group(self, signum: int) -> None:
        os.killpg(self.pid, signum)

    def wait(self, within: float = WITHIN) -> int:
        """Give the status as subprocess does: -n for a signal. All output has been heard then."""
        try:
            status = self.process.wait(within)
        except subprocess.TimeoutExpired:
            pytest.fail(f"still running after {within:g} s:\n{self.output}")
        for ear in self._ears:
            ear.finish()
        return status

    def stop(self, signum: int = SIGINT, within: float = WITHIN) -> int:
        self.signal(signum)
        return self.wait(within)

    def close(self) -> None:
        """Let go of everything; whoever still runs is the fixture's business."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(WITHIN)
        for ear in self._ears:
            ear.close()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
