from __future__ import annotations

import fcntl
import os
import sys
from typing import TYPE_CHECKING

import pytest

from procman.output.block import Block
from procman.output.splitter import PATIENCE
from procman.output.widepipe import WIDE
from procman.runtime.child import READ_SIZE, Child
from procman.runtime.intake import DRAINED, MOST_WIDE, Intake
from procman.runtime.spawn import Pipes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from procman.runtime.feed import Sink

linux_only = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="only Linux's pipes can be made larger"
)


class Page:
    """A sink that remembers."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []

    def write(self, block: Block) -> None:
        self.blocks.append(block)

    def read(self, name: str = "web.1") -> bytes:
        return b"".join(block.data for block in self.blocks if block.name == name)


class Desk:
    """An intake with its sink, and children that are pipes to be written to."""

    def __init__(self, *, terminal: bool = False) -> None:
        self.page = Page()
        self.prompts: list[str] = []
        self.sinks: list[Sink] = [self.page]
        self.intake = Intake(self.sinks, on_prompt=lambda name, _: self.prompts.append(name))
        self._terminal = terminal
        self._writers: dict[int, int] = {}

    def child(self, name: str = "web.1") -> tuple[Child, int]:
        reader, writer = os.pipe()
        os.set_blocking(reader, False)
        child = Child(name, Pipes(1, -1, reader, -1, terminal=self._terminal))
        self.intake.add(child)
        self._writers[writer] = reader
        return child, writer

    def turn(self, now: float, most: int = READ_SIZE) -> int:
        """Read all that is ready, as the engine does; give how many streams that were."""
        ready = self.intake.everything.select(0)
        for key, _ in ready:
            self.intake.read(key.data, now, most)
        return len(ready)

    def end(self, writer: int) -> None:
        os.close(writer)
        del self._writers[writer]

    def close(self) -> None:
        for writer in list(self._writers):
            self.end(writer)
        while self.turn(0.0):
            pass
        self.intake.everything.close()
        self.intake.own.close()


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    yield desk
    desk.close()


def test_lines_reach_the_sinks_as_they_come(desk: Desk) -> None:
    _, writer = desk.child()
    os.write(writer, b"one\ntwo\n")
    desk.turn(1.0)
    assert desk.page.blocks == [Block("web.1", b"one\ntwo\n")]


def test_the_first_sink_shows_before_the_others_hear_of_it(desk: Desk) -> None:
    others = Page()
    desk.sinks.append(others)
    child, writer = desk.child()
    os.write(writer, b"one\n")
    desk.turn(1.0)
    assert (desk.page.read(), others.read()) == (b"one\n", b"")
    desk.intake.pass_on()
    desk.intake.pass_on()
    assert others.read() == b"one\n"
    os.write(writer, b"two\nthree")
    desk.intake.drain(child.name, 1.0)
    assert others.read() == b"one\ntwo\nthree\n"


@linux_only
def test_a_pipe_that_was_found_full_holds_more_from_then_on(desk: Desk) -> None:
    child, writer = desk.child()
    os.write(writer, b"a line\n")
    desk.turn(1.0, most=WIDE)
    os.write(writer, b"x" * (READ_SIZE - 1) + b"\n")
    desk.turn(1.0)
    assert fcntl.fcntl(writer, fcntl.F_GETPIPE_SZ) == READ_SIZE, "only where large pieces are wanted"
    os.write(writer, b"x" * (READ_SIZE - 1) + b"\n")
    desk.turn(1.0, most=WIDE)
    assert fcntl.fcntl(writer, fcntl.F_GETPIPE_SZ) == WIDE
    os.write(writer, b"y" * (2 * READ_SIZE - 1) + b"\n")
    assert desk.intake.read(child.streams[0], 1.0, most=2 * READ_SIZE) == 2 * READ_SIZE


@linux_only
def test_only_some_pipes_are_made_wider(desk: Desk) -> None:
    writers = [desk.child(f"web.{number}")[1] for number in range(MOST_WIDE + 2)]

    def widths() -> list[int]:
        for writer in writers:
            os.write(writer, b"x" * (READ_SIZE - 1) + b"\n")
        desk.turn(1.0, most=WIDE)
        return [fcntl.fcntl(writer, fcntl.F_GETPIPE_SZ) for writer in writers]

    assert widths().count(WIDE) == MOST_WIDE
    first = writers.pop(0)
    desk.end(first)
    desk.turn(1.0)
    assert widths().count(WIDE) == MOST_WIDE


def test_an_unfinished_line_is_shown_after_a_moment_of_silence(desk: Desk) -> None:
    _, writer = desk.child()
    os.write(writer, b"password: ")
    desk.turn(1.0)
    assert (desk.page.blocks, desk.intake.deadline) == ([], 1.0 + PATIENCE)
    desk.intake.expire(1.0 + PATIENCE - 0.01)
    assert desk.page.blocks == []
    desk.intake.expire(1.0 + PATIENCE)
    assert desk.page.read() == b"password: "
    assert desk.intake.deadline is None


def test_a_line_that_gets_its_end_in_time_is_shown_once(desk: Desk) -> None:
    _, writer = desk.child()
    os.write(writer, b"half")
    desk.turn(1.0)
    os.write(writer, b" and half\n")
    desk.turn(1.1)
    assert desk.intake.deadline is None
    desk.intake.expire(9.0)
    assert desk.page.blocks == [Block("web.1", b"half and half\n")]


def test_a_line_whose_end_only_waits_to_be_read_is_shown_whole(desk: Desk) -> None:
    _, writer = desk.child()
    os.write(writer, b"half")
    desk.turn(1.0)
    os.write(writer, b" and half\n")
    desk.intake.expire(9.0)
    assert desk.page.blocks == [Block("web.1", b"half and half\n")]


def test_the_deadline_is_that_of_the_line_that_has_waited_longest(desk: Desk) -> None:
    _, first = desk.child()
    _, second = desk.child("worker.1")
    os.write(first, b"a")
    desk.turn(1.0)
    os.write(second, b"b")
    desk.turn(1.1)
    assert desk.intake.deadline == 1.0 + PATIENCE
    os.write(first, b"c")  # speaks again: its patience begins again
    desk.turn(1.2)
    assert desk.intake.deadline == 1.1 + PATIENCE
    desk.intake.expire(1.1 + PATIENCE)
    assert (desk.page.read(), desk.page.read("worker.1")) == (b"", b"b")
    assert desk.intake.deadline == 1.2 + PATIENCE


def test_only_a_terminals_unfinished_line_may_be_a_prompt() -> None:
    for terminal in (False, True):
        desk = Desk(terminal=terminal)
        _, writer = desk.child()
        os.write(writer, b"login: ")
        desk.turn(1.0)
        desk.intake.expire(2.0)
        assert desk.prompts == (["web.1"] if terminal else [])
        desk.close()


def test_at_an_exit_all_that_was_said_is_shown_and_an_unfinished_line_gets_its_end(desk: Desk) -> None:
    _, writer = desk.child()
    lines = b"".join(b"line %d\n" % number for number in range(5000))
    os.write(writer, lines + b"the end")
    desk.intake.drain("web.1", 1.0)
    assert desk.page.read() == lines + b"the end\n"


def test_an_heir_that_holds_the_pipe_is_read_on_after_the_exit(desk: Desk) -> None:
    _, writer = desk.child()
    os.write(writer, b"mine\n")
    desk.intake.drain("web.1", 1.0)
    assert desk.intake.open == 1
    os.write(writer, b"the heir's\n")
    desk.turn(2.0)
    assert desk.page.read() == b"mine\nthe heir's\n"


def test_after_a_restart_both_the_heirs_and_the_new_childs_words_are_shown(desk: Desk) -> None:
    _, old = desk.child()
    _, new = desk.child()
    os.write(old, b"old\n")
    os.write(new, b"new\n")
    desk.intake.drain("web.1", 1.0)
    assert sorted(desk.page.read().split()) == [b"new", b"old"]


@linux_only
def test_a_flood_of_heirs_does_not_hold_up_the_exit(desk: Desk) -> None:
    _, writer = desk.child()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 1024 * 1024)
    os.write(writer, b"flood\n" * 150_000)
    desk.intake.drain("web.1", 1.0)
    assert DRAINED <= len(desk.page.read()) < 2 * DRAINED


def test_at_its_end_a_stream_is_closed_and_forgotten(desk: Desk) -> None:
    child, writer = desk.child()
    os.write(writer, b"no newline")
    desk.turn(1.0)
    desk.end(writer)
    desk.turn(1.1)
    assert desk.page.read() == b"no newline\n"
    assert (desk.intake.open, desk.intake.deadline) == (0, None)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(child.streams[0].fd)


def test_of_an_unknown_process_there_is_nothing_to_show(desk: Desk) -> None:
    desk.intake.drain("ghost.1", 1.0)
    assert desk.page.blocks == []


def test_while_the_output_is_congested_only_procmans_own_descriptors_are_watched(desk: Desk) -> None:
    _, writer = desk.child()
    reader, bell = os.pipe()
    desk.intake.watch(reader, "bell")
    os.write(writer, b"x\n")
    os.write(bell, b"!")
    assert [key.data for key, _ in desk.intake.own.select(0)] == ["bell"]
    assert len(desk.intake.everything.select(0)) == 2
    desk.intake.unwatch(reader)
    assert desk.intake.own.select(0) == []
    for fd in (reader, bell):
        os.close(fd)


def test_who_taps_a_process_hears_it_until_untapped(desk: Desk) -> None:
    _, writer = desk.child()
    heard: list[bytes] = []
    listener = heard.append
    desk.intake.tap("web.1", listener)
    os.write(writer, b"raw \x1b[31m")
    desk.turn(1.0)
    desk.intake.untap("web.1", listener)
    desk.intake.untap("web.1", listener)
    os.write(writer, b"unheard")
    desk.turn(1.1)
    assert heard == [b"raw \x1b[31m"]
