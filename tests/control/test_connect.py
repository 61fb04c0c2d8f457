"""A debugger in a web process, driven from another terminal: a real one, as is the process's own."""

from __future__ import annotations

import os
import re
import signal
import sys
import termios
import urllib.request
from functools import partial
from threading import Thread
from typing import TYPE_CHECKING

import psutil
import pytest

from tests.control.running import TICKER, ask, background, logs, ps, quitting
from tests.harness import CHILDREN, PROCMAN, child, eventually
from tests.terminal import CTRL_C

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.project import Project
    from tests.terminal import Terminal

CTRL_BRACKET = b"\x1d"
BREAKER = f"{sys.executable} {os.path.join(CHILDREN, 'breaker.py')}"


@pytest.fixture(autouse=True)
def ended(project: Project) -> Iterator[None]:
    yield from quitting(project)


class Fetch(Thread):
    """Gets a page of web.1 while the test goes on."""

    def __init__(self, port: int, path: str) -> None:
        super().__init__(daemon=True)
        self._url = f"http://127.0.0.1:{port}{path}"
        self.text = ""
        self.start()

    def run(self) -> None:
        with urllib.request.urlopen(self._url, timeout=30) as answer:  # noqa: S310 - our own server
            self.text = answer.read().decode()


def connect(project: Project, *args: str) -> Terminal:
    terminal = project.shell(*PROCMAN, "connect", *args)
    terminal.until("connected to")
    return terminal


def test_a_debugger_is_driven_from_another_terminal(project: Project) -> None:
    project.procfile(f"web: {BREAKER}\nworker: {child('listener')}\n")
    background(project)
    before = ps(project)
    page = Fetch(project.port, "/break")
    eventually(lambda: "web.1 waits for input: procman connect web.1" in logs(project))
    terminal = connect(project, "web")
    terminal.until("(Pdb) ")
    terminal.type("p answer\r")
    terminal.until(re.compile(r"^42", re.MULTILINE))
    terminal.type("answer = 43\r")
    terminal.type("c\r")
    eventually(lambda: page.text == "answer 43\n")
    terminal.type(CTRL_C)
    terminal.until("got SIGINT")
    terminal.type(CTRL_BRACKET)
    assert terminal.wait() == 0
    assert "[procman: left web.1, it goes on]" in terminal.output
    assert "got SIGINT" not in logs(project, "worker")
    after = ps(project)
    assert [row["pid"] for row in after.values()] == [row["pid"] for row in before.values()]


def attributes(terminal: Terminal) -> list[int | list[bytes | int]]:
    return termios.tcgetattr(terminal._master)


def test_the_terminal_is_as_before_after_leaving_an_end_and_a_signal(project: Project) -> None:
    project.procfile(
        "web: while read line; do echo got $line; test $line = end && exit; done\nworker: sleep 100\n"
    )
    background(project, "--no-port")
    before = None
    for keys, signum in ((CTRL_BRACKET, 0), (b"", signal.SIGTERM), (b"end\r", 0)):
        terminal = project.shell(
            "sh", "-c", 'stty -a >/dev/null; "$@"; echo left $?', "sh", *PROCMAN, "connect", "web"
        )
        terminal.until("connected to web.1")
        eventually(partial(is_raw, terminal))
        if signum:
            pid = next(p.pid for p in children_of(terminal.pid) if "connect" in p.cmdline())
            os.kill(pid, signum)
        else:
            terminal.type(keys)
        terminal.until(re.compile(r"left \d+"))
        before = before or attributes(terminal)
        assert attributes(terminal) == before
        assert not is_raw(terminal)
        terminal.wait()
    assert "exited with code 0" in terminal.output


def is_raw(terminal: Terminal) -> bool:
    return not termios.tcgetattr(terminal._master)[3] & termios.ICANON


def children_of(pid: int) -> list[psutil.Process]:
    return list(psutil.Process(pid).children())


def test_the_size_follows_the_window_and_is_given_back(project: Project) -> None:
    project.procfile("web: trap 'stty size' WINCH; echo trapped; while :; do sleep 0.05; done\n")
    background(project, "--no-port")
    eventually(lambda: "trapped" in logs(project, "web"))
    terminal = connect(project, "web")
    terminal.resize(33, 101)
    terminal.until("33 101")
    terminal.type(CTRL_BRACKET)
    assert terminal.wait() == 0
    eventually(lambda: logs(project, "web").rstrip().endswith("24 80"))


def test_two_see_the_same_and_the_second_types_when_the_first_has_left(project: Project) -> None:
    project.procfile("web: cat\nworker: sleep 100\n")
    background(project, "--no-port")
    first, second = connect(project, "web"), connect(project, "web")
    second.until("(somebody else types)")
    first.type("hello\r")
    first.until(re.compile(r"hello\n.*hello", re.DOTALL))
    second.until(re.compile(r"hello\n.*hello", re.DOTALL))
    first.type(CTRL_BRACKET)
    assert first.wait() == 0
    second.until("you type now")
    second.type("mine\r")
    second.until(re.compile(r"mine\n.*mine", re.DOTALL))
    second.type(CTRL_BRACKET)
    assert second.wait() == 0


def test_other_keys_leave_when_they_are_asked_for(project: Project) -> None:
    project.procfile("web: cat\nworker: sleep 100\n")
    background(project, "--no-port")
    terminal = connect(project, "web", "--detach-keys", "ctrl-p,ctrl-q")
    terminal.type(b"\x10x\r")
    terminal.until("x")
    terminal.type(b"\x10\x11")
    assert terminal.wait() == 0


def test_the_end_of_procman_is_the_end_of_the_connection(project: Project) -> None:
    project.procfile("web: cat\n")
    background(project, "--no-port")
    terminal = connect(project, "web")
    ask(project, "quit")
    assert terminal.wait() == 0
    assert "terminated by SIGTERM" in terminal.output or "procman has ended" in terminal.output


def test_without_a_terminal_there_is_nothing_to_connect(project: Project) -> None:
    project.procfile(f"web: {TICKER}\n")
    background(project, "--no-port", "--no-pty")
    assert project.run("connect", "web").returncode == 2
    terminal = project.shell(*PROCMAN, "connect", "web")
    assert terminal.wait() == 1
    assert "web.1 has no terminal" in terminal.output
