"""`procman start`: what comes up, in which order, with which port, and how all of it ends."""

from __future__ import annotations

import os
import re
import signal
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest

from tests.cli.refusal import refusal
from tests.harness import PROCMAN, eventually
from tests.terminal import CTRL_C

if TYPE_CHECKING:
    from tests.project import Project

STUBBORN = 'trap "" TERM; sleep 1000 & echo "ready $!"; while :; do sleep 1000; done'
"""A shell that ignores TERM, and whose children inherit that."""


def answer(port: int) -> bytes:
    """Give what a web server says on a port, nothing while there is none."""
    try:
        with closing(urlopen(f"http://127.0.0.1:{port}/", timeout=5)) as response:
            found: bytes = response.read()
            return found
    except OSError:
        return b""


def test_web_answers_on_its_port_worker_ticks_and_ctrl_c_leaves_nothing(project: Project) -> None:
    project.procfile(
        "web: python3 -m http.server $PORT --bind 127.0.0.1\nworker: while :; do echo tick; sleep 1; done\n"
    )
    terminal = project.terminal()
    project.write(project.mark, "")
    assert project.mark.encode() in eventually(lambda: answer(project.port))
    terminal.until(re.compile(r"^\d\d:\d\d:\d\d worker\.1 \| tick$", re.MULTILINE), times=2)
    terminal.type(CTRL_C)
    assert terminal.wait() == -signal.SIGINT
    assert not project.survivors()
    assert not answer(project.port)


def test_a_shell_shows_130_after_ctrl_c(project: Project) -> None:
    project.procfile("web: echo ready; exec sleep 1000\n")
    shell = project.shell("bash", "--norc", "-i")
    shell.type(f"{' '.join(project.command('start'))}\n")
    shell.until("| ready")
    shell.type(CTRL_C)
    shell.until("terminated by SIGTERM")
    shell.type("echo status=$?\n")
    shell.until("status=130")
    shell.type("exit\n")
    shell.wait()


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_all_and_procman_by_itself(project: Project, signum: signal.Signals) -> None:
    project.procfile("web: echo ready; exec sleep 1000\nworker: sleep 1000 & echo ready; wait\n")
    procman = project.start("-t", "60")
    procman.until("ready", times=2)
    assert procman.stop(signum) == -signum
    assert not project.survivors()
    assert procman.lines("system")[:2] == [
        f"{signum.name} received, starting shutdown",
        "sending SIGTERM to all processes",
    ]
    assert procman.lines("web.1")[-1] == "terminated by SIGTERM"


@pytest.mark.parametrize(
    ("command", "status", "words"),
    [
        ("exit 3", 3, "exited with code 3"),
        ("exit 255", 255, "exited with code 255"),
        ("kill -9 $$", 137, "terminated by SIGKILL"),
        ("kill -15 $$", 143, "terminated by SIGTERM"),
        ("no-such-command", 127, "exited with code 127 (command not found)"),
        ("exec /", 126, "exited with code 126 (found but not executable)"),
    ],
)
def test_the_first_crash_ends_all_in_under_a_second_with_its_status(
    project: Project, command: str, status: int, words: str
) -> None:
    project.procfile(f"web: echo last words; {command}\nother: exec sleep 1000\n")
    procman = project.start("-t", "60")
    assert procman.wait() == status
    assert not project.survivors()
    took = procman.heard_at("the others were stopped by procman") - procman.heard_at(
        re.compile(r"web.1 +\| last words")
    )
    assert took < 1.0
    summary = procman.lines("system")
    assert f"web.1 crashed first: {words}" in "\n".join(summary)
    assert "  last words" in summary
    assert summary[-1] == "the others were stopped by procman: other.1"


def test_one_that_ends_well_leaves_the_others_running(project: Project) -> None:
    project.procfile("a: true\nb: while [ ! -e go ]; do sleep 0.05; done; echo done; exit 0\n")
    procman = project.start()
    procman.until("a.1    | exited with code 0")
    project.write("go", "")
    assert procman.wait() == 0
    assert procman.lines("b.1")[1:] == ["done", "exited with code 0"]
    assert procman.lines("system") == []


@pytest.mark.parametrize(
    ("rule", "status", "last"),
    [("exit", 0, "terminated by SIGTERM"), ("never", 0, "exited with code 0")],
)
def test_the_rule_that_ends_all_can_be_chosen(project: Project, rule: str, status: int, last: str) -> None:
    project.procfile("a: exit 0\nb: for n in 1 2 3 4 5 6; do sleep 0.1; done; exit 0\n")
    procman = project.start("--stop-on", rule)
    assert procman.wait() == status
    assert procman.lines("b.1")[-1] == last


def test_never_waits_for_the_last_and_keeps_the_status_of_the_first_crash(project: Project) -> None:
    project.procfile("a: exit 3\nb: while [ ! -e go ]; do sleep 0.05; done; exit 4\n")
    procman = project.start("--stop-on", "never")
    procman.until("a.1    | exited with code 3")
    project.write("go", "")
    assert procman.wait() == 3
    assert procman.lines("b.1")[-1] == "exited with code 4"


def test_who_ignores_term_is_killed_in_time_with_its_grandchild(project: Project) -> None:
    project.procfile(f"web: {STUBBORN}\n")
    procman = project.start("-t", "1")
    procman.until("ready")
    assert procman.stop() == -signal.SIGINT
    assert not project.survivors()
    took = procman.heard_at("sending SIGKILL") - procman.heard_at("sending SIGTERM")
    assert took == pytest.approx(1.0, abs=0.5)
    assert procman.lines("web.1")[-1] == "terminated by SIGKILL"


def test_who_ignores_term_does_not_change_the_status_of_the_crash(project: Project) -> None:
    project.procfile(f"web: {STUBBORN}\nb: while [ ! -e go ]; do sleep 0.05; done; exit 3\n")
    procman = project.start("-t", "0.2")
    procman.until("web.1  | ready")
    project.write("go", "")
    assert procman.wait() == 3
    assert not project.survivors()


def test_a_second_ctrl_c_kills_at_once(project: Project) -> None:
    project.procfile(f"web: {STUBBORN}\n")
    procman = project.start("-t", "600")
    procman.until("ready")
    procman.signal(signal.SIGINT)
    procman.until("sending SIGTERM")

    def ended_by_another() -> bool:
        if procman.process.poll() is None:
            procman.signal(signal.SIGINT)
        return procman.process.poll() is not None

    eventually(ended_by_another, every=0.1)
    assert procman.wait() == -signal.SIGINT
    assert "sending SIGKILL to all processes" in procman.lines("system")
    assert not project.survivors()


def test_usr1_is_passed_on(project: Project) -> None:
    project.procfile('web: trap "echo got it; exit 0" USR1; echo ready; while :; do sleep 0.02; done\n')
    procman = project.start()
    procman.until("ready")
    assert procman.stop(signal.SIGUSR1) == 0
    assert "got it" in procman.lines("web.1")
    assert procman.lines("system") == ["SIGUSR1 received, forwarding it to children"]


def test_a_hundred_processes_start_and_stop(project: Project) -> None:
    project.procfile("p: echo up; exec sleep 1000\n")
    procman = project.start("-c", "p=100", "-t", "60")
    procman.until(" | up", times=100)
    assert len(set(procman.pids())) == 100
    assert procman.stop() == -signal.SIGINT
    assert not project.survivors()
    assert procman.output.count("terminated by SIGTERM") == 100


@pytest.mark.parametrize("to_file", [False, True])
def test_every_line_of_eight_floods_arrives_whole_once_and_in_order(
    project: Project, *, to_file: bool
) -> None:
    project.procfile('p: seq -f "$PS line %06.0f of many" 20000\n')
    stdout = str(project.root / "output") if to_file else "pipe"
    procman = project.start("-c", "p=8", "--no-timestamp", stdout=stdout)
    assert procman.wait(30) == 0
    lines = procman.output.split("\n")
    for number in range(1, 9):
        prefix = f"p.{number}    | p.{number} "
        found = [line.removeprefix(prefix) for line in lines if line.startswith(prefix)]
        assert found == [f"line {count:06} of many" for count in range(1, 20001)]
    assert len(lines) == 8 * 20002 + 1


def test_nothing_of_procman_is_inherited(project: Project) -> None:
    project.procfile("a: exec ls -l /proc/self/fd\nb: exec grep -E 'Sig(Blk|Ign)' /proc/self/status\n")
    done = project.run("start", "--no-prefix")
    assert re.findall(r" (\d+) -> ", done.stdout) == ["0", "1", "2", "3"]  # ls itself opens the fourth
    blocked, ignored = (int(mask, 16) for mask in re.findall(r"Sig(?:Blk|Ign):\s(\w+)", done.stdout))
    # glibc's posix_spawn(3) leaves 32 and 33, which are its own, ignored; nobody else can use them.
    assert (blocked, ignored & ~0x180000000) == (0, 0)


def test_a_child_s_input_neither_ends_nor_gives_anything(project: Project) -> None:
    project.procfile(
        'a: read line; echo "ended with $?"\nb: while [ ! -e go ]; do sleep 0.05; done; exit 3\n'
    )
    procman = project.start()
    procman.until("b.1    | started")
    project.write("go", "")
    assert procman.wait() == 3
    assert "ended with" not in procman.output


def test_the_command_is_the_shell_s_business(project: Project) -> None:
    project.procfile("a: A=1; echo \"$A ${B:-2} $PORTAL.\" '$PORT' $(echo 3) # not shown\n")
    assert "a.1    | 1 2 . $PORT 3\n" in project.run("start").stdout


def test_too_long_a_command_is_refused_before_anything_starts(project: Project) -> None:
    project.procfile(f"a: echo up\nb: echo {'x' * 140_000}\n")
    assert "the command of b has 140005 bytes" in refusal(project.run("start"), 1)


def test_without_a_port_option_the_first_type_gets_5000(project: Project) -> None:
    project.procfile("a: echo $PORT\nb: echo $PORT\n")
    procman = project.launch(*PROCMAN, "start")
    assert procman.wait() == 0
    assert (procman.lines("a.1")[1], procman.lines("b.1")[1]) == ("5000", "5100")
    assert os.environ.get("PORT") is None
