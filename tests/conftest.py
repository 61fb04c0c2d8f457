"""Fixtures for all tests that start procman: `project`, and the guard against survivors."""

from __future__ import annotations

import os
import signal
import socket
import sys
from contextlib import closing, suppress
from itertools import cycle, islice
from typing import TYPE_CHECKING

import pytest

from tests.harness import eventually
from tests.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

# In a checkout nothing has been compiled beforehand: without bytecode each of hundreds of procmans compiles
# its modules anew (twice the CPU time of a start), and each worker all tests.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_FIRST = 10000 + _WORKER % 11 * 2000
_bases = cycle(range(_FIRST, _FIRST + 1000, 20))
"""A worker's tests run one after the other, and ten types' ports stay within its two thousand."""


@pytest.fixture(autouse=True, scope="session")
def _no_ignored_signals() -> None:
    """Start programs with default signals, also where the suite runs under nohup or in a background.

    What is ignored is inherited; what is caught is at its default again after exec(2).
    """
    for signum in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGTSTP):
        if signal.getsignal(signum) is signal.SIG_IGN:
            signal.signal(signum, lambda *_: None)


@pytest.fixture
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Project:
    # Where something dies or misbehaves, nothing is shared.
    return Project(tmp_path, free_base_port(), cold=request.node.get_closest_marker("fault") is not None)


@pytest.fixture(autouse=True)
def no_survivors(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test of which anything is alive two seconds after its end."""
    if "project" not in request.fixturenames:
        yield
        return
    project: Project = request.getfixturevalue("project")
    yield
    # A procman that the test left running is killed; what it started has to go with it.
    project.close()
    try:
        eventually(
            lambda: not project.survivors(),
            2.0,
            describe=lambda: f"survivors:\n{survivors_in_words(project.survivors())}",
        )
    finally:
        for pid in project.survivors():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def survivors_in_words(pids: Sequence[int]) -> str:
    import psutil

    found = []
    for pid in pids:
        with suppress(psutil.Error):
            found.append(f"  {pid} {psutil.Process(pid).status()} {' '.join(psutil.Process(pid).cmdline())}")
    return "\n".join(found)


def free_base_port() -> int:
    """Give a base whose first three types' ports are free, another one every time and in every worker."""
    for base in islice(_bases, 50):
        if all(_is_free(base + 100 * position) for position in range(3)):
            return base
    raise AssertionError("no free ports")


def _is_free(port: int) -> bool:
    with closing(socket.socket()) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
