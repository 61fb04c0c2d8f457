"""Output under stress: readers that go away or stall, full disks, closed descriptors."""

from __future__ import annotations

import os
import re
import socket
import time
from contextlib import closing
from signal import SIGINT, SIGTERM, SIGUSR1
from typing import TYPE_CHECKING

import pytest

from tests.faults.conftest import promised
from tests.harness import child, eventually

if TYPE_CHECKING:
    from tests.faults.conftest import Manner
    from tests.harness import Procman
    from tests.project import Project

pytestmark = pytest.mark.fault


def test_a_reader_that_takes_one_line_ends_all(project: Project, streams: Manner) -> None:
    project.procfile(f"web: {child('flooder')}\nworker: {child('forker')}\n")
    shell = f"$procman start -p {project.port} -t 0.3 {' '.join(streams.args)} | head -1"
    piped = project.launch("bash", "-c", f'{shell}; echo "statuses ${{PIPESTATUS[@]}}" >&2')
    assert piped.wait() == 0
    assert not project.survivors()
    assert "statuses 0 0" in piped.output
    assert len(piped.pids()) == 1


def test_a_reader_that_goes_away_lets_children_clean_up(project: Project) -> None:
    done = project.root / "done"
    project.procfile(
        f"web: {child('flooder')}\nworker: trap 'echo cleaned > {done}; exit' TERM; sleep 1000 & wait\n"
    )
    piped = project.launch("sh", "-c", f"$procman start -p {project.port} | head -c 100000 | tail -1")
    assert piped.wait() == 0
    eventually(lambda: not project.survivors())
    assert done.read_text() == "cleaned\n"


def test_a_reader_that_goes_away_while_nothing_is_said_is_noticed_with_the_next_line(
    project: Project,
) -> None:
    project.procfile(f"web: {child('listener')}\n")
    shell = f"exec $procman start -p {project.port} --no-pty > fifo"
    os.mkfifo(project.root / "fifo")
    procman = project.launch("sh", "-c", shell)
    reader = os.open(project.root / "fifo", os.O_RDONLY)
    heard = b""
    while b"ready" not in heard:
        heard += os.read(reader, 4096)
    os.close(reader)
    assert procman.process.poll() is None
    procman.signal(SIGUSR1)
    assert procman.wait() in (0, 141)
    assert not project.survivors()


def test_a_stalled_reader_does_not_stall_ctrl_c(project: Project, streams: Manner) -> None:
    procman = stalled(project, *streams.args)
    begun = time.monotonic()
    procman.signal(SIGINT)
    assert procman.process.wait(10) == -SIGINT
    assert time.monotonic() - begun < promised(3)  # a second of patience for the reader, and some
    assert not project.survivors()


def test_a_stalled_reader_does_not_stall_the_killing_of_the_stubborn(project: Project) -> None:
    project.procfile(f"web: {child('flooder')}\nworker: {child('stubborn')}\n")
    procman = project.start("-t", "0.5")
    stall(procman)
    procman.signal(SIGTERM)
    assert procman.process.wait(10) == -SIGTERM
    assert not project.survivors()


def test_a_stalled_reader_does_not_hide_a_crash(project: Project) -> None:
    project.procfile(f"web: {child('flooder')}\nworker: {child('holder', 3)}\n")
    procman = project.start("-t", "0.5")
    procman.until("worker.1 | ready")
    pid = procman.pids("worker.1")[0]
    stall(procman)
    os.kill(pid, SIGUSR1)
    assert procman.process.wait(10) == 3
    assert not project.survivors()


def test_a_reader_that_goes_on_after_a_pause_has_missed_nothing(project: Project, streams: Manner) -> None:
    project.procfile(f"web: {child('flooder', 60_000)}\n")
    procman = project.start(*streams.args)
    procman.until("of a flood")
    assert procman.stdout is not None
    procman.stdout.pause()
    eventually(lambda: is_still(procman))
    procman.stdout.resume()
    assert procman.wait(20) == 0
    assert procman.lines("web.1")[1:-1] == [f"line {number} of a flood" for number in range(60_000)]


def test_a_full_disk_under_standard_output_ends_all(project: Project) -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full here")
    project.procfile(f"web: {child('listener')}\n")
    procman = project.start(stdout="/dev/full")
    procman.process.wait(10)
    assert not project.survivors()


def test_a_file_takes_everything_in_order(project: Project) -> None:
    project.procfile(f"web: {child('flooder', 20_000)}\n")
    procman = project.start("-c", "web=3", stdout=project.root / "out")
    assert procman.wait(20) == 0
    for name in ("web.1", "web.2", "web.3"):
        assert procman.lines(name)[1:-1] == [f"line {number} of a flood" for number in range(20_000)]


def test_a_closed_standard_output_is_no_reason_to_fail(project: Project) -> None:
    project.procfile("web: echo said > said; exit 3\n")
    procman = project.launch("sh", "-c", f"exec $procman start -p {project.port} >&- 2>&-")
    assert procman.wait() == 3
    assert (project.root / "said").read_text() == "said\n"


def test_a_socket_is_written_to_like_a_pipe(project: Project) -> None:
    project.procfile(f"web: {child('flooder', 5000)}\n")
    ours, theirs = socket.socketpair()
    with closing(ours), closing(theirs):
        shell = f"exec $procman start -p {project.port} >&0"
        procman = project.launch("sh", "-c", shell, stdin=theirs.fileno())
        theirs.close()
        heard = b""
        while data := ours.recv(65536):
            heard += data
        assert procman.wait() == 0
    assert len(re.findall(rb"web\.1 +\| line \d+ of a flood\n", heard)) == 5000


def test_a_stalled_socket_does_not_stall_ctrl_c(project: Project) -> None:
    project.procfile(f"web: {child('flooder')}\n")
    ours, theirs = socket.socketpair()
    with closing(ours), closing(theirs):
        procman = project.launch(
            "sh", "-c", f"exec $procman start -p {project.port} >&0", stdin=theirs.fileno()
        )
        ours.recv(16)
        eventually(lambda: len(project.survivors()) >= 3)
        procman.signal(SIGINT)
        assert procman.process.wait(10) == -SIGINT
        assert not project.survivors()


def test_blocking_is_left_as_it_was_for_all_who_share_the_pipe(project: Project) -> None:
    project.procfile("web: echo ready; sleep 1000\n")
    reader, writer = os.pipe()
    with open(reader, "rb") as heard, open(writer, "wb") as shared:
        procman = project.launch(
            "sh", "-c", f"exec $procman start -p {project.port} 1>&0", stdin=shared.fileno()
        )
        while b"ready" not in heard.readline():
            pass
        assert os.get_blocking(shared.fileno())
        assert procman.stop() == -SIGINT
        assert os.get_blocking(shared.fileno())


def test_a_line_without_end_is_shown_while_its_child_is_silent(project: Project, streams: Manner) -> None:
    project.procfile(f"web: {child('partial')}\n")
    procman = project.start(*streams.args)
    procman.until("web.1  | no end of line")
    assert procman.process.poll() is None
    assert procman.stop() == -SIGINT


def test_what_children_say_while_they_stop_is_shown(project: Project, manner: Manner) -> None:
    project.procfile(f"web: {child('listener')}\n")
    procman = project.start("-c", "web=20", *manner.args, env=manner.env)
    procman.until("ready", times=20)
    assert procman.stop() == -SIGINT
    assert procman.output.count("| cleaned up\n") == 20


def test_a_grandchild_may_still_speak_after_its_parents_end(project: Project) -> None:
    project.procfile("web: (read line < go; echo spoke later) & echo ready\nworker: sleep 1000\n")
    os.mkfifo(project.root / "go")
    procman = project.start("--no-pty")
    procman.until("web.1    | exited with code 0")
    (project.root / "go").write_text("go\n")
    procman.until("web.1    | spoke later")
    assert procman.stop() == -SIGINT


def test_eight_floods_are_shown_whole_and_once(project: Project, streams: Manner) -> None:
    project.procfile(f"web: {child('flooder', 5000)}\n")
    procman = project.start("-c", "web=8", *streams.args)
    assert procman.wait(30) == 0
    expected = [f"line {number} of a flood" for number in range(5000)]
    for number in range(1, 9):
        assert procman.lines(f"web.{number}")[1:-1] == expected


def stall(procman: Procman) -> None:
    """Stop reading, and wait until everybody waits for that."""
    procman.until("of a flood")
    assert procman.stdout is not None
    procman.stdout.pause()
    eventually(lambda: is_still(procman))


def stalled(project: Project, *args: str) -> Procman:
    project.procfile(f"web: {child('flooder')}\nworker: {child('listener')}\n")
    procman = project.start(*args)
    procman.until("worker.1 | ready")
    stall(procman)
    return procman


def is_still(procman: Procman) -> bool:
    """Whether procman and the flooder sleep, twice in a row: one waits for the reader, one for procman."""
    import psutil

    pids = [procman.pid, procman.pids("web.1")[0]]

    def sleeping() -> bool:
        return all(psutil.Process(pid).status() == psutil.STATUS_SLEEPING for pid in pids)

    before = [psutil.Process(pid).cpu_times()[:2] for pid in pids]
    return (
        sleeping()
        and eventually(sleeping, every=0.1)
        and before == [psutil.Process(pid).cpu_times()[:2] for pid in pids]
    )
