from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procman.runtime import census
from procman.runtime.census import MARK, Row, is_portable, mark_of, marked_name
from tests.harness import eventually

if TYPE_CHECKING:
    from pathlib import Path

linux_only = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc is Linux's")

NAMES = st.from_regex(r"[A-Za-z0-9_-]{1,20}\.[1-9]", fullmatch=True)
RUNS = st.from_regex(r"[0-9a-f]{4,12}", fullmatch=True)


@given(outer=NAMES, inner=NAMES, runs=st.lists(RUNS, min_size=2, max_size=2, unique=True))
def test_a_procman_inside_another_is_found_by_both(outer: str, inner: str, runs: list[str]) -> None:
    mark = mark_of(mark_of("", runs[0], outer), runs[1], inner)
    assert marked_name(mark, runs[0]) == outer
    assert marked_name(mark, runs[1]) == inner


@pytest.mark.parametrize("mark", ["", "other/web.1", "run", "runner/web.1", "x/run/web.1", ":::"])
def test_a_mark_of_no_run_or_of_another_is_nobodys(mark: str) -> None:
    assert marked_name(mark, "run") is None


def test_linux_is_looked_at_through_proc_unless_the_tests_say_otherwise() -> None:
    assert is_portable({}) is not sys.platform.startswith("linux")
    assert is_portable({"PROCMAN_FORCE_PORTABLE": "1"})
    assert is_portable({"PROCMAN_FORCE_PORTABLE": ""}) is not sys.platform.startswith("linux")


@linux_only
def test_a_process_is_seen_with_its_parent_group_and_session() -> None:
    expected = Row(os.getpid(), os.getppid(), os.getpgid(0), os.getsid(0), zombie=False)
    assert census.linux_row(os.getpid()) == expected
    assert expected in census.linux_rows()


def test_the_portable_look_sees_the_same() -> None:
    expected = Row(os.getpid(), os.getppid(), os.getpgid(0), os.getsid(0), zombie=False)
    assert expected in census.portable_rows()


@linux_only
def test_a_program_may_be_called_anything(tmp_path: Path) -> None:
    program = tmp_path / ") S 1 (x"
    shutil.copy(shutil.which("sleep") or "/bin/sleep", program)
    with subprocess.Popen([program, "100"], start_new_session=True) as process:
        row = census.linux_row(process.pid)
        process.kill()
    assert row == Row(process.pid, os.getpid(), process.pid, process.pid, zombie=False)


def test_who_has_ended_and_is_not_reaped_is_a_zombie(portable: bool) -> None:
    with subprocess.Popen(["true"]) as process:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        rows = census.portable_rows() if portable else census.linux_rows()
        assert [row.zombie for row in rows if row.pid == process.pid] == [True]


def test_who_is_gone_is_neither_seen_nor_marked(portable: bool) -> None:
    with subprocess.Popen(["true"], env={MARK: "run/web.1"}) as process:
        process.wait()
    if portable:
        assert census.portable_mark(process.pid) == ""
    else:
        assert census.linux_row(process.pid) is None
        assert census.linux_mark(process.pid) == ""


@pytest.mark.parametrize(
    ("environ", "mark"),
    [
        ({MARK: "run/web.1", "A": "b"}, "run/web.1"),
        ({"A": f"{MARK}=run/web.1", f"X{MARK}": "run/web.1"}, ""),
        ({}, ""),
    ],
)
def test_a_mark_is_read_from_the_environment(environ: dict[str, str], mark: str, portable: bool) -> None:
    read = census.portable_mark if portable else census.linux_mark
    program = shutil.which("sleep") or "/bin/sleep"
    with subprocess.Popen([program, "100"], env={**environ, "LAST": "1"}) as process:
        # Until its exec is done, a process shows its parent's environment.
        eventually(lambda: len(_environ(process.pid)) == len(environ) + 1)
        found = read(process.pid)
        process.kill()
    assert found == mark


def _environ(pid: int) -> dict[str, str]:
    import psutil

    return psutil.Process(pid).environ()


@linux_only
def test_who_is_in_the_middle_of_an_exec_is_known_by_its_mark() -> None:
    """A shell that becomes itself again and again, looked at as often as it takes to meet it in between."""
    environ = {MARK: "run/web.1", "AGAIN": 'exec sh -c "$AGAIN"'}
    with subprocess.Popen(["sh", "-c", environ["AGAIN"]], env=environ) as process:
        eventually(lambda: census.linux_mark(process.pid) == "run/web.1")  # no copy of the parent any more
        marks = {census.linux_mark(process.pid) for _ in range(3000)}
        process.kill()
    assert marks == {"run/web.1"}
