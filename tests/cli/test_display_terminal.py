"""What a child finds for a terminal, and what of its output reaches procman's own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.terminal import CTRL_C

if TYPE_CHECKING:
    from tests.harness import Procman
    from tests.project import Project


def raw(procman: Procman) -> bytes:
    assert procman.stdout is not None
    return procman.stdout.data


@pytest.mark.parametrize(
    ("args", "environ", "coloured"),
    [
        ([], {}, True),
        ([], {"NO_COLOR": "1"}, False),
        ([], {"TERM": "dumb"}, False),
        (["--color", "never"], {}, False),
    ],
)
def test_colour_on_a_terminal_unless_refused(
    project: Project, args: list[str], environ: dict[str, str], *, coloured: bool
) -> None:
    project.procfile("web: echo hello\n")
    terminal = project.terminal(*args, env=environ)
    assert terminal.wait() == 0
    assert (b"\x1b[36m" in raw(terminal)) == coloured


ISATTY = 'web: for n in 0 1 2; do test -t $n && echo "$n tty" || echo "$n none"; done\n'


@pytest.mark.parametrize(
    ("args", "expected"),
    [([], "tty"), (["--no-pty"], "none")],
)
def test_on_a_terminal_a_child_has_one_of_its_own(project: Project, args: list[str], expected: str) -> None:
    project.procfile(ISATTY)
    terminal = project.terminal(*args)
    assert terminal.wait() == 0
    assert terminal.lines("web.1")[1:-1] == [f"{number} {expected}" for number in range(3)]


@pytest.mark.parametrize(
    ("args", "expected"),
    [([], "none"), (["--pty"], "tty")],
)
def test_on_a_pipe_a_child_has_none(project: Project, args: list[str], expected: str) -> None:
    project.procfile(ISATTY)
    procman = project.start(*args)
    assert procman.wait() == 0
    assert procman.lines("web.1")[1:-1] == [f"{number} {expected}" for number in range(3)]


def test_a_program_colours_on_a_terminal_and_not_on_a_pipe(project: Project) -> None:
    project.procfile("web: ls -d --color=auto /\n")
    coloured = project.terminal()
    assert coloured.wait() == 0
    assert re.search(rb"\x1b\[01;34m/\x1b\[0m", raw(coloured))
    plain = project.start()
    assert plain.wait() == 0
    assert b"\x1b" not in raw(plain)


def test_a_child_knows_the_window_s_width(project: Project) -> None:
    project.procfile('web: stty size; until [ "$(stty size)" = "40 120" ]; do sleep 0.05; done\n')
    terminal = project.terminal(size=(30, 100))
    terminal.until("30 100")
    terminal.resize(40, 120)
    assert terminal.wait() == 0


def test_a_prompt_is_shown_before_its_line_ends(project: Project) -> None:
    project.procfile("web: printf 'name? '; exec sleep 1000\n")
    terminal = project.terminal()
    terminal.until("| name? ")
    terminal.type(CTRL_C)
    assert terminal.wait() == -2
    procman = project.start()
    procman.until("| name? ")
    assert procman.stop() == -2
    assert procman.lines("web.1")[1:] == ["name? ", "terminated by SIGTERM"]


def test_a_progress_bar_stays_on_one_line(project: Project) -> None:
    wait = "while [ ! -e seen$n ]; do sleep 0.05; done"
    project.procfile(f"web: for n in 1 2 3; do printf '\\r%d%% done' $n; {wait}; done; echo\n")
    terminal = project.terminal("--no-timestamp")
    for number in (1, 2, 3):
        terminal.until(f"{number}% done")
        project.write(f"seen{number}", "")
    assert terminal.wait() == 0
    (bar,) = (line for line in raw(terminal).split(b"\n") if b"% done" in line)
    assert re.search(rb"1% done\r\x1b\[36mweb.1  \| \x1b\[0m2% done\x1b\[K\r.*3% done\x1b\[K\r$", bar)


def test_what_a_child_sends_clears_nothing_and_colours_no_prefix(project: Project) -> None:
    project.procfile(
        "web: printf '\\033[2J\\033[H\\033[31mred'; exit 0\n"
        "api: printf 'a\\r\\nb\\000c\\n\\nd\\033]0;title\\007\\033[1A\\n\\377\\n'\n"
    )
    for start in (project.terminal, project.start):
        started = start("--no-timestamp")
        assert started.wait() == 0
        data = raw(started).replace(b"\r\n", b"\n")
        assert not re.search(rb"\x1b\[(2J|H|1A)|title|\x07", data)
        assert b"\x1b[31mred\x1b[0m\n" in data
        lines = [
            line.partition(b"| ")[2].removeprefix(b"\x1b[0m") for line in data.split(b"\n") if b"api" in line
        ]
        assert lines[1:-1] == [b"a", b"b\0c", b"", b"d", b"\xff"]


def test_a_reader_that_has_seen_enough_ends_all(project: Project) -> None:
    project.procfile("web: while :; do echo tick; sleep 0.05; done\nother: exec sleep 1000\n")
    line = '"$@" | head -1; echo "${PIPESTATUS[*]}"'
    launched = project.launch("bash", "-c", line, "bash", *project.command("start"))
    assert launched.wait() == 0
    assert re.fullmatch(r"\S+ web\.1 +\| started with pid \d+\n0 0\n", launched.output)
    assert not project.survivors()
