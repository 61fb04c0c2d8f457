"""For tests that start processes themselves: nothing of them survives, and pytest is left as it was."""

from __future__ import annotations

import os
import signal
import sys
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from procman.runtime import census

if TYPE_CHECKING:
    from collections.abc import Iterator

LINUX = sys.platform.startswith("linux")


@pytest.fixture
def run() -> Iterator[str]:
    """Give the name of a run: whatever carries its mark, or descends from pytest, ends with the test."""
    run = uuid.uuid4().hex
    before = {row.pid for row in _rows() if row.ppid == os.getpid()}
    yield run
    _stop_being_a_subreaper()
    for _ in range(100):
        left = {row.pid for row in _rows() if row.ppid == os.getpid() or _is_of(run, row)} - before
        if not left:
            return
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            with suppress(ChildProcessError):
                os.waitpid(pid, 0)
    pytest.fail(f"could not be ended: {left}")


@pytest.fixture(params=["native", "portable"])
def portable(request: pytest.FixtureRequest) -> bool:
    """Have both ways of finding processes tested, on Linux."""
    if request.param == "native" and not LINUX:
        pytest.skip("/proc and the subreaper are Linux's")
    return bool(request.param == "portable")


def _rows() -> list[census.Row]:
    return census.linux_rows() if LINUX else census.portable_rows()


def _is_of(run: str, row: census.Row) -> bool:
    mark = census.linux_mark if LINUX else census.portable_mark
    return not row.zombie and census.marked_name(mark(row.pid), run) is not None


def _stop_being_a_subreaper() -> None:
    if LINUX:
        import ctypes

        ctypes.CDLL(None).prctl(36, 0, 0, 0, 0)
