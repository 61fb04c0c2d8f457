"""Life on a terminal: its keys, its closing, its size."""

from __future__ import annotations

import os
import termios
from signal import SIGHUP, SIGINT, SIGQUIT
from typing import TYPE_CHECKING

import pytest

from tests.harness import child, eventually, is_alive
from tests.terminal import CTRL_BACKSLASH, CTRL_C, CTRL_Q, CTRL_S

if TYPE_CHECKING:
    from tests.project import Project

pytestmark = pytest.mark.fault


@pytest.mark.parametrize("pty", ["--pty", "--no-pty"])
def test_ctrl_c_reaches_procman_alone_and_stops_children_gently(project: Project, pty: str) -> None:
    project.procfile(f"web: {child('listener')}\n")
    terminal = project.terminal(pty)
    terminal.until("ready")
    terminal.type(CTRL_C)
    assert terminal.wait() == -SIGINT
    assert "got SIGINT" not in terminal.output
    assert terminal.lines("web.1")[-2:] == ["cleaned up", "exited with code 0"]
    assert not project.survivors()


@pytest.mark.parametrize("pty", ["--pty", "--no-pty"])
def test_ctrl_backslash_stops_gently_too(project: Project, pty: str) -> None:
    project.procfile(f"web: ulimit -c 0; {child('listener')}\n")
    terminal = project.terminal(pty)
    terminal.until("ready")
    terminal.type(CTRL_BACKSLASH)
    assert terminal.wait() == -SIGQUIT
    assert "got SIGQUIT" not in terminal.output
    assert "cleaned up" in terminal.output


@pytest.mark.parametrize("pty", ["--pty", "--no-pty"])
def test_a_closed_window_ends_everything(project: Project, pty: str) -> None:
    done = project.root / "done"
    project.procfile(
        f"web: {child('forker')}\nworker: trap 'echo cleaned > {done}; exit' TERM; sleep 1000 & wait\n"
        f"talker: {child('flooder')}\n"
    )
    terminal = project.terminal(pty, "-t", "0.5", "-q", "talker")
    terminal.until("ready")
    terminal.until("talker.1 | started")
    terminal.hang_up()
    assert terminal.wait() == -SIGHUP
    assert not project.survivors()
    assert done.read_text() == "cleaned\n"


def test_a_closed_window_ends_everything_though_all_of_it_talks(project: Project) -> None:
    project.procfile(f"web: {child('flooder')}\n")
    terminal = project.terminal("-c", "web=3", "-t", "0.5")
    terminal.until("web.3  | line")
    terminal.hang_up()
    terminal.wait()
    assert not project.survivors()


def test_a_window_that_changes_is_passed_on(project: Project) -> None:
    project.procfile(f"web: stty size; {child('listener')}\nworker: {child('listener')}\n")
    terminal = project.terminal("--pty", size=(30, 100))
    terminal.until("ready", times=2)
    assert terminal.lines("web.1")[1] == "30 100"
    terminal.resize(40, 120)
    terminal.until("got SIGWINCH", times=2)
    tty = os.readlink(f"/proc/{terminal.pids('worker.1')[0]}/fd/0")
    with open(tty, "rb", buffering=0) as their:
        assert termios.tcgetwinsize(their) == (40, 120)
    terminal.type(CTRL_C)
    assert terminal.wait() == -SIGINT


def test_children_on_pipes_are_told_of_a_window_that_changes(project: Project) -> None:
    project.procfile(f"web: {child('listener')}\n")
    terminal = project.terminal("--no-pty")
    terminal.until("ready")
    terminal.resize(40, 120)
    terminal.until("got SIGWINCH")
    terminal.type(CTRL_C)
    assert terminal.wait() == -SIGINT


def test_the_terminal_is_left_as_it_was_found(project: Project) -> None:
    project.procfile("web: printf '\\033[31mred'; stty raw -echo; echo ready; exit 1\n")
    project.write("around", f"stty -a > before; $procman start -p {project.port}; stty -a > after\n")
    terminal = project.shell("sh", "around")
    assert terminal.wait() == 0
    assert (project.root / "before").read_text() == (project.root / "after").read_text()
    assert os.get_blocking(terminal.slave)


def test_a_child_that_reads_takes_no_key_from_the_user(project: Project) -> None:
    project.procfile(f"web: read line; echo stole $line\nworker: {child('listener')}\n")
    terminal = project.terminal("--pty")
    terminal.until("ready")
    terminal.type("some keys\n")
    terminal.type(CTRL_C)
    assert terminal.wait() == -SIGINT
    assert "stole" not in terminal.output


def test_a_held_screen_does_not_stop_the_supervision(project: Project) -> None:
    project.procfile(f"web: {child('flooder')}\nworker: {child('holder', 3)}\n")
    terminal = project.terminal("-t", "0.5", "--no-pty")
    terminal.until("worker.1 | ready")
    (worker,) = terminal.pids("worker.1")
    terminal.type(CTRL_S)
    os.kill(worker, 10)
    eventually(lambda: not is_alive(worker))
    eventually(lambda: len(project.survivors()) <= 1)
    terminal.type(CTRL_Q)
    assert terminal.wait() == 3
    assert not project.survivors()


@pytest.mark.parametrize("stdin", ["<&-", "< /dev/null", "< /dev/zero"])
def test_any_standard_input_will_do(project: Project, stdin: str) -> None:
    project.procfile(f"web: {child('listener')}\n")
    procman = project.launch("sh", "-c", f"exec $procman start -p {project.port} {stdin}")
    procman.until("ready")
    assert procman.stop() == -SIGINT
