"""procman inside procman, and as the first process of a container."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from signal import SIGINT, SIGKILL, SIGTERM
from typing import TYPE_CHECKING

import pytest

from tests.faults.conftest import promised
from tests.harness import child, children_of, eventually, is_alive

if TYPE_CHECKING:
    from tests.faults.conftest import Manner
    from tests.harness import Procman
    from tests.project import Project

pytestmark = pytest.mark.fault


@pytest.fixture(scope="module")
def unshare() -> list[str]:
    """Give the words that make a command the first process of a world of its own."""
    if not shutil.which("unshare"):
        pytest.skip("no unshare(1) here")
    for user in ([], ["--user", "--map-root-user"]):
        words = ["unshare", *user, "--pid", "--fork", "--mount-proc", "--kill-child"]
        if subprocess.run([*words, "true"], capture_output=True, check=False).returncode == 0:
            return words
    pytest.skip("no process namespace may be made here")


def nested(project: Project, command: str, *, inner: str = "", **options: object) -> Procman:
    """Run a procman whose child is a procman that runs a command."""
    project.write("Inner", f"web: {command}\n")
    project.procfile(f"outer: exec $procman start -f Inner -p {project.port + 50} {inner}\n")
    return project.start(**options)  # type: ignore[arg-type] # handed through as they are


@pytest.mark.parametrize("signum", [SIGINT, SIGTERM])
def test_the_inner_ends_gently_with_the_outer(project: Project, road: Manner, signum: int) -> None:
    procman = nested(project, child("listener"), env=road.env)
    procman.until("ready")
    procman.signal(signum)
    assert procman.wait() == -signum
    assert not project.survivors()
    assert re.search(r"outer\.1 \| .*web\.1  \| cleaned up\n", procman.output)


@pytest.mark.parametrize("tree", ["stubborn", "daemoniser", "forker"])
def test_nothing_of_the_inner_survives_the_outer(project: Project, tree: str) -> None:
    procman = nested(project, child(tree), inner="-t 0.3")
    procman.until("ready")
    assert procman.stop() == -SIGINT
    assert not project.survivors()


@pytest.mark.parametrize("tree", ["stubborn", "daemoniser", "forker"])
def test_nothing_of_the_inner_survives_a_sigkill_of_the_outer(project: Project, tree: str) -> None:
    procman = nested(project, child(tree))
    procman.until("ready")
    procman.signal(SIGKILL)
    eventually(lambda: not project.survivors(), promised(1.0))


def test_a_sigkill_of_the_inner_is_a_crash_to_the_outer(project: Project) -> None:
    procman = nested(project, child("daemoniser"))
    procman.until("ready")
    os.kill(procman.pids("outer.1")[0], SIGKILL)
    assert procman.wait() == 128 + SIGKILL
    assert not project.survivors()


def test_the_crash_of_the_inners_child_goes_all_the_way_out(project: Project) -> None:
    procman = nested(project, "exit 42")
    assert procman.wait() == 42


def test_the_inner_obeys_options_of_its_own(project: Project) -> None:
    # Variables that were meant for the outer stay with it.
    procman = nested(project, "echo here; exit 0", env={"PROCMAN_TIMEOUT": "3"})
    assert procman.wait() == 0
    assert re.search(r"outer\.1 \| .*web\.1  \| here\n", procman.output)


def as_first(project: Project, unshare: list[str], *args: str) -> Procman:
    return project.start(*args, wrapper=unshare)


def first_of(procman: Procman) -> int:
    """Give procman's pid as it is outside of its namespace."""
    (pid,) = eventually(lambda: children_of(procman.pid))
    return pid


def test_as_first_process_it_says_so(project: Project, unshare: list[str]) -> None:
    project.procfile("web: echo parent $PPID\n")
    procman = as_first(project, unshare)
    assert procman.wait() == 0
    assert "parent 1" in procman.output


def test_as_first_process_it_reaps_orphans_and_takes_them_for_nobody(
    project: Project, unshare: list[str]
) -> None:
    project.procfile(f"web: {child('orphaner', 30)}\nworker: {child('listener')}\n")
    procman = as_first(project, unshare)
    procman.until("ready", times=2)
    pid = first_of(procman)
    eventually(lambda: len(children_of(pid)) == 3)  # web.1, worker.1, the guardian, and no zombie
    assert "exited" not in procman.output
    os.kill(pid, SIGTERM)
    assert procman.wait() == 128 + SIGTERM


@pytest.mark.parametrize("signum", [SIGINT, SIGTERM])
def test_as_first_process_it_lets_children_clean_up_and_ends_with_the_number(
    project: Project, unshare: list[str], signum: int
) -> None:
    project.procfile(f"web: {child('listener')}\n")
    procman = as_first(project, unshare)
    procman.until("ready")
    os.kill(first_of(procman), signum)
    assert procman.wait() == 128 + signum
    assert "cleaned up" in procman.lines("web.1")


def test_as_first_process_it_ends_with_the_status_of_a_crash(project: Project, unshare: list[str]) -> None:
    project.procfile(f"web: exit 7\nworker: {child('forker')}\n")
    procman = as_first(project, unshare, "-t", "0.3")
    assert procman.wait() == 7
    assert not project.survivors()


def test_as_first_process_a_daemon_is_no_reason_to_stay(project: Project, unshare: list[str]) -> None:
    project.procfile(f"web: {child('daemoniser', 0)}\n")
    procman = as_first(project, unshare, "-t", "0.3")
    assert procman.wait() == 0
    assert not project.survivors()


def test_below_another_subreaper_orphans_are_still_procmans(project: Project) -> None:
    # As under systemd --user, or a terminal that is one.
    reaper = (
        "import ctypes, os, sys\n"
        "ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)\n"
        "pid = os.spawnv(os.P_NOWAIT, sys.argv[1], sys.argv[1:])\n"
        "sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) % 256)\n"
    )
    if not os.path.exists("/proc/self/status"):
        pytest.skip("subreapers are Linux's")
    project.procfile(f"web: {child('daemoniser', 0)}\nworker: exit 5\n")
    argv = project.command("start", "-t", "0.3")
    procman = project.launch(argv[0], "-c", reaper, *argv)
    assert procman.wait() == 5
    daemon = re.search(r"daemon has pid (\d+)", procman.output)
    assert daemon is None or not is_alive(int(daemon[1]))
    assert not project.survivors()
