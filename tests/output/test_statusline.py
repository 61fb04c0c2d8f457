"""The line at the bottom, on a terminal that does what it is told."""

from __future__ import annotations

import time

from hypothesis import given, settings
from hypothesis import strategies as st

from procman.output.block import Block
from procman.output.console import Console
from procman.output.palette import Palette
from procman.output.prefix import Prefixes
from procman.output.statusline import StatusLine
from tests.output.screen import Screen


class Stage:
    def __init__(self, rows: int = 8, columns: int = 40) -> None:
        self.size = (rows, columns)
        self.screen = Screen(rows, columns)
        prefixes = Prefixes([], Palette([], enabled=False), template="", start=time.time())
        self.line = StatusLine(Console(prefixes, terminal=True), lambda: self.size)
        self.written: list[str] = []

    def log(self, text: str) -> None:
        self.written.append(text)
        self.screen.feed(bytes(self.line.render(Block("web.1", text.encode() + b"\n"))))

    def resize(self, rows: int, columns: int, *, pulls: bool = False) -> None:
        self.size = (rows, columns)
        self.screen.resize(rows, columns, pulls=pulls)


def test_the_log_scrolls_above_and_the_status_stays() -> None:
    stage = Stage()
    stage.screen.feed(stage.line.show("web.1 up"))
    for number in range(30):
        stage.log(f"line {number}")
    assert stage.screen.rows[-1] == "web.1 up"
    assert stage.screen.log == stage.written


def test_what_was_on_the_screen_before_stays_there() -> None:
    stage = Stage()
    stage.screen.feed(b"".join(b"$ command %d\n" % number for number in range(12)))
    stage.log("first")
    stage.screen.feed(stage.line.show("status"))
    assert stage.screen.log == [*(f"$ command {number}" for number in range(12)), "first"]
    assert stage.screen.rows[-1] == "status"


def test_an_unfinished_line_goes_on_where_it_was() -> None:
    stage = Stage()
    stage.log("before")
    stage.screen.feed(bytes(stage.line.render(Block("web.1", b"(Pdb) "))))
    stage.screen.feed(stage.line.show("waits"))
    stage.resize(10, 40)
    stage.screen.feed(stage.line.show("waits"))
    stage.screen.feed(bytes(stage.line.render(Block("web.1", b"p x\n", continues=True))))
    assert stage.screen.log == ["before", "(Pdb) p x"]
    assert stage.screen.rows[-1] == "waits"


def test_a_status_wider_than_the_window_is_cut_off() -> None:
    stage = Stage(columns=20)
    stage.screen.feed(stage.line.show("x" * 50))
    assert stage.screen.rows[-1] == "x" * 18 + "…"
    assert stage.screen.log == []


def test_nothing_is_written_when_nothing_has_changed() -> None:
    stage = Stage()
    stage.screen.feed(stage.line.show("same"))
    assert stage.line.show("same") == b""


def test_a_window_too_low_has_no_status() -> None:
    stage = Stage(rows=3)
    stage.screen.feed(stage.line.show("web.1 up"))
    stage.log("a line")
    assert stage.screen.rows == ["a line", "", ""]


def test_at_the_end_the_terminal_is_whole_again_and_the_status_gone() -> None:
    stage = Stage()
    stage.log("only")
    stage.screen.feed(stage.line.show("status"))
    stage.screen.feed(stage.line.close())
    assert stage.screen.rows == ["only", *[""] * 7]
    assert stage.line.show("late") == b""
    stage.screen.feed(b"".join(b"shell %d\n" % number for number in range(10)))
    assert stage.screen.log[0] == "only"
    assert "shell 9" in stage.screen.rows[-2]


sizes = st.tuples(st.integers(1, 14), st.integers(30, 60))


@settings(max_examples=80, deadline=None)
@given(st.lists(st.one_of(st.integers(1, 6), sizes), max_size=20), st.booleans())
def test_however_the_window_changes_the_log_is_whole_and_the_status_below_it(
    script: list[int | tuple[int, int]],
    pulls: bool,
) -> None:
    stage = Stage()
    stage.screen.feed(stage.line.show("status"))
    for step in script:
        if isinstance(step, int):
            for _ in range(step):
                stage.log(f"line {len(stage.written)}")
        else:
            stage.resize(*step, pulls=pulls)
            stage.line.forget()  # as at every WINCH: the window may have changed and changed back
            stage.screen.feed(stage.line.show("status"))
    seen = [line for line in (*stage.screen.lines, *stage.screen.rows) if line and line != "status"]
    assert seen == stage.written
    assert stage.screen.lines.count("status") == 0
    assert stage.screen.rows.count("status") == (1 if stage.size[0] >= 4 else 0)
