"""`start --status` on a real terminal, read back by a terminal emulator."""

from __future__ import annotations

import os
import re
from signal import SIGUSR1
from typing import TYPE_CHECKING

from tests.harness import child, eventually
from tests.output.screen import Screen

if TYPE_CHECKING:
    from tests.project import Project
    from tests.terminal import Terminal


class Window:
    """What the terminal shows, fed with all that procman has written to it."""

    def __init__(self, terminal: Terminal, rows: int, columns: int) -> None:
        self.terminal = terminal
        self.screen = Screen(rows, columns)
        self._fed = 0

    def look(self) -> Screen:
        data = self.terminal.stdout.data
        whole = data.rfind(b"\x1b8") + 2 if b"\x1b" in data[self._fed :] else len(data)
        self.screen.feed(data[self._fed : max(whole, self._fed)])
        self._fed = max(whole, self._fed)
        return self.screen

    def resize(self, rows: int, columns: int) -> None:
        self.look().resize(rows, columns)
        self.terminal.resize(rows, columns)


def test_the_states_stand_below_the_log_and_follow_the_window(project: Project) -> None:
    project.procfile(f"web: {child('listener')}\nworker: {child('listener')}\n")
    terminal = project.terminal("--status", "--no-prefix", size=(10, 60))
    window = Window(terminal, 10, 60)
    terminal.until("ready", times=2)
    states = re.compile(rf"web\.1 (up|starting) :{project.port} \d+% \d+M  worker\.1 up :\d+ \d+% \d+M")
    eventually(lambda: states.fullmatch(window.look().rows[-1]), describe=lambda: repr(window.screen.rows))
    pid = (
        terminal.pids("")[-1]
        if terminal.pids("")
        else int(re.findall(r"started with pid (\d+)", terminal.output)[-1])
    )
    for rows, columns in ((14, 70), (7, 60), (10, 30)):
        before = terminal.output.count("got SIGUSR1")
        window.resize(rows, columns)
        eventually(lambda: window.look().rows[-1].startswith("web.1 "))
        for _ in range(4):
            os.kill(pid, SIGUSR1)
            before += 1
            terminal.until("got SIGUSR1", times=before)
        eventually(lambda: window.look().rows[-1].startswith("web.1 "))
    log = [line for line in window.look().log if line]
    assert [line for line in log if line.startswith("web.1 up")] == []
    assert log.count("got SIGUSR1") == 12
    terminal.type(b"\x03")
    assert terminal.wait() == -2
    assert terminal.stdout.data.rstrip().endswith(b"\x1b7\x1b[r\x1b8\x1b[J")


def test_without_a_terminal_there_is_no_status(project: Project) -> None:
    project.procfile("web: echo hello\n")
    procman = project.start("--status")
    assert procman.wait() == 0
    assert "\x1b[r" not in procman.output
