"""procman as a job of a shell: suspended and resumed, in the background, under nohup."""

from __future__ import annotations

import os
import re
from signal import SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGTSTP
from typing import TYPE_CHECKING

import pytest

from tests.harness import child, eventually, is_alive
from tests.terminal import CTRL_C, CTRL_Z

if TYPE_CHECKING:
    from tests.project import Project
    from tests.terminal import Terminal

pytestmark = pytest.mark.fault


def test_a_closed_window_ends_what_the_shell_had_suspended(project: Project) -> None:
    terminal = in_shell(project, f"web: {child('stubborn')}\n", "-t 0.5")
    suspend(terminal)
    terminal.hang_up()
    eventually(lambda: not project.survivors())


def test_nohup_keeps_procman_after_a_hang_up(project: Project) -> None:
    project.procfile(f"web: {child('listener')}\n")
    procman = project.start("--no-pty", wrapper=("nohup",))
    procman.until("ready")
    procman.signal(SIGHUP)
    procman.signal(SIGTERM)
    # Both have arrived: the one that was ignored has left no trace.
    assert procman.wait() == -SIGTERM
    assert "SIGHUP" not in procman.output


def test_nohup_is_procmans_and_not_its_childrens(project: Project) -> None:
    project.procfile("web: kill -HUP $$; sleep 1000\n")
    procman = project.start(wrapper=("nohup",))
    assert procman.wait() == 128 + SIGHUP


def test_ctrl_z_suspends_the_children_and_fg_resumes_them(project: Project) -> None:
    terminal = in_shell(project, f"web: {child('listener')}\nworker: {child('forker', 2, 1)}\n")
    (web,) = terminal.pids("web.1")
    suspend(terminal)
    eventually(lambda: state(web) == "stopped")
    assert state(terminal.pids("worker.1")[0]) == "stopped"
    terminal.type("fg\n")
    terminal.until("got SIGCONT")
    eventually(lambda: state(web) != "stopped")
    resume_and_stop(terminal)


def test_ctrl_z_works_a_second_time(project: Project) -> None:
    terminal = in_shell(project, f"web: {child('listener')}\n")
    for time in (1, 2):
        suspend(terminal, times=time)
        terminal.type("fg\n")
        terminal.until("got SIGCONT", times=time)
    resume_and_stop(terminal)


def test_a_suspended_procman_can_go_on_in_the_background(project: Project) -> None:
    terminal = in_shell(project, f"web: {child('listener')}\n")
    suspend(terminal)
    terminal.type("bg\n")
    terminal.until("got SIGCONT")
    terminal.type("kill %1\n")
    terminal.until("exited with code 0")
    terminal.type("\nexit\n")
    terminal.wait()
    assert not project.survivors()


def test_a_stop_signal_that_finds_nobody_to_resume_does_not_stop(project: Project) -> None:
    # Leader of an orphaned group: the kernel drops the stop, and all is to go on.
    project.procfile(f"web: {child('listener')}\n")
    procman = project.start()
    procman.until("ready")
    procman.signal(SIGTSTP)
    procman.until("got SIGCONT")
    assert state(procman.pids("web.1")[0]) != "stopped"
    assert procman.stop() == -SIGINT


def test_a_suspended_procman_is_woken_by_cont_and_obeys_then(project: Project) -> None:
    terminal = in_shell(project, f"web: {child('listener')}\n")
    suspend(terminal)
    pid = manager(terminal)
    os.kill(pid, SIGTERM)
    os.kill(pid, SIGCONT)
    terminal.until("cleaned up")
    eventually(lambda: not is_alive(pid))


def test_a_start_in_the_background_leaves_the_keys_to_the_shell(project: Project) -> None:
    project.procfile(f"web: {child('listener')}\n")
    terminal = project.shell("bash", "--norc", "-i")
    terminal.type(f"$procman start -p {project.port} &\n")
    terminal.until("web.1  | ready")
    terminal.type("echo the shell $((20 + 3)) reads\n")
    terminal.until("the shell 23 reads")
    terminal.type(CTRL_C)
    terminal.until("prompt> ", times=4)
    terminal.type("echo still $((40 + 4))\n")
    terminal.until("still 44")
    assert "SIGINT received" not in terminal.output
    terminal.type("kill %1; wait\n")
    terminal.until("exited with code 0")
    terminal.type("exit\n")
    terminal.wait()


@pytest.mark.parametrize("pty", ["--pty", "--no-pty"])
def test_a_start_in_the_background_of_a_script_is_stopped_by_term(project: Project, pty: str) -> None:
    # Such a shell has INT and QUIT ignored for its background.
    project.procfile(f"web: {child('listener')}\n")
    script = project.launch(
        "sh", "-c", f"$procman start -p {project.port} {pty} & echo pid $! >&2; wait $!; echo status $?"
    )
    script.until("ready")
    pid = int(script.until(re.compile(r"pid \d+$", re.MULTILINE)).split()[-1])
    os.kill(pid, SIGTERM)
    assert script.wait() == 0
    assert "status 143" in script.output
    assert "cleaned up" in script.output


def test_job_control_of_a_child_works_on_its_own_terminal(project: Project) -> None:
    project.procfile(
        "web: bash -c 'set -m; sleep 1000 & kill -STOP %1; jobs; fg & wait; echo ready'; sleep 1000\n"
    )
    terminal = project.terminal("--pty", "-t", "0.5")
    terminal.until("ready")
    terminal.type(CTRL_C)
    assert terminal.wait() == -SIGINT
    assert not project.survivors()


def in_shell(project: Project, procfile: str, options: str = "") -> Terminal:
    """Start procman in an interactive shell with job control."""
    project.procfile(procfile)
    terminal = project.shell("bash", "--norc", "-i")
    terminal.type(f"$procman start -p {project.port} {options}\n")
    terminal.until("ready", times=len(procfile.splitlines()))
    return terminal


def manager(terminal: Terminal) -> int:
    import psutil

    (pid,) = (process.pid for process in psutil.Process(terminal.pid).children())
    return pid


def suspend(terminal: Terminal, *, times: int = 1) -> None:
    terminal.type(CTRL_Z)
    terminal.until(re.compile(r"\[1\]\+ +Stopped"), times=times)
    assert state(manager(terminal)) == "stopped"


def resume_and_stop(terminal: Terminal) -> None:
    terminal.type(CTRL_C)
    terminal.until("cleaned up")
    eventually(lambda: terminal.foreground == terminal.pid)
    terminal.type("echo status $?\n")
    terminal.until("status 130")
    terminal.type("exit\n")
    terminal.wait()


def state(pid: int) -> str:
    import psutil

    return str(psutil.Process(pid).status())
